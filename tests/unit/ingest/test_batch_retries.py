"""Batches through the whole ingest function: known again, kept apart, and shown once."""

import gzip
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from logstead import limits
from logstead.storage.pack import make_pack
from logstead.storage.pack_codec import WRITE_CODEC, ZLIB, ZSTD
from logstead.storage.pack_decode import PackBody
from tests.unit.fakes import FakeDynamoDB
from tests.unit.ingest.conftest import NOW, Clock
from tests.unit.ingest.test_loki import NS, as_json
from tests.unit.ingest.test_loki import PATH as LOKI
from tests.unit.service import Reply, Service, make_event

if TYPE_CHECKING:
    from logstead.entry import LogEntry

KEYED: Final = {"idempotency-key": "nightly-7"}
ROWS: Final = [{"severity": "info", "message": f"line {n}"} for n in range(3)]
AT: Final = "2026-02-09T11:00:00.000000+00:00"
LOW_ID: Final = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"
"""Below `PACK#` as text; `HIGH_ID` is above."""
HIGH_ID: Final = "fb5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"
IDS: Final = [LOW_ID[:-1] + digit for digit in "0123456789"]


def row(entry_id: str, message: str = "m", date_time: str = AT) -> dict[str, Any]:
    """Return an entry that has an id and a time of its own."""
    return {"id": entry_id, "dateTime": date_time, "severity": "info", "message": message}


def post(app: Service, rows: list[dict[str, Any]], **headers: str) -> Reply:
    """POST a JSON array."""
    return app.post(json.dumps(rows), headers=headers)


def shown(app: Service) -> list[dict[str, Any]]:
    """Return all entries, newest first."""
    page = app.get("/", query=[("limit", "1000")]).json()
    assert "nextCursor" not in page
    logs: list[dict[str, Any]] = page["logs"]
    return logs


def messages(app: Service) -> list[str]:
    """Return the messages of all entries, in order."""
    return sorted(entry["message"] for entry in shown(app))


@pytest.mark.parametrize(
    ("first", "later"),
    (
        pytest.param(NOW, timedelta(0), id="at once"),
        pytest.param(NOW.replace(second=59), timedelta(seconds=2), id="after a minute mark"),
        pytest.param(NOW.replace(hour=23, minute=59, second=59), timedelta(seconds=2), id="after midnight"),
        pytest.param(NOW, timedelta(days=limits.IDEMPOTENCY_KEY_DAYS - 1), id="weeks later"),
    ),
)
def test_a_keyed_batch_sent_again_stores_nothing_new_and_gets_the_same_answer(
    clock: Clock, app: Service, first: datetime, later: timedelta
) -> None:
    """None of its entries has a time or an id, and the clock has moved on."""
    clock.at = first
    answered = post(app, ROWS, **KEYED)
    items, entries = dict(app.dynamodb.items), shown(app)
    clock.at = first + later
    again = post(app, ROWS, **KEYED)
    assert (again.status, again.json()) == (answered.status, answered.json()) == (200, accepted(3))
    packed = gzip.compress(json.dumps(ROWS).encode())
    coded = {"content-encoding": "gzip", "content-type": "application/x-ndjson"}
    assert app.post(packed, headers=KEYED | coded).json() == answered.json()
    assert (app.dynamodb.items, shown(app)) == (items, entries)
    assert len(entries) == len(ROWS)


def test_what_was_too_far_ahead_under_a_key_is_so_for_its_retries(clock: Clock, app: Service) -> None:
    """The same batch gets the same answer, and no entry of it moves to another pack."""
    rows = [*ROWS, {**ROWS[0], "dateTime": (NOW + timedelta(minutes=20)).isoformat()}]
    agents = [{"timestamp": (NOW + timedelta(minutes=20)).isoformat(), "message": "an agent's"}]
    answered = [post(app, rows, **KEYED).json(), post(app, ROWS + agents, **{"idempotency-key": "2"}).json()]
    assert [(one["accepted"], one["refused"]) for one in answered] == [(3, 1), (4, 0)]
    entries = shown(app)
    clock.at = NOW + timedelta(hours=1)
    again = [post(app, rows, **KEYED).json(), post(app, ROWS + agents, **{"idempotency-key": "2"}).json()]
    assert again == answered
    assert shown(app) == entries


def test_a_batch_of_both_kinds_is_known_by_ids_and_times(app: Service) -> None:
    """An agent's row never has an id: its time is enough."""
    rows = [row(LOW_ID), {"timestamp": AT, "message": "agent's"}]
    for _ in range(2):
        assert post(app, rows).json() == accepted(2)
    assert messages(app) == ["agent's", "m"]


def accepted(count: int) -> dict[str, object]:
    """Return the reply to a batch of which all is taken."""
    return {"accepted": count, "refused": 0, "errors": []}


def test_senders_of_one_keyed_batch_at_once_store_it_once() -> None:
    """Each meets another instance of the function."""
    table = FakeDynamoDB()
    senders = 8
    instances = [Service(table) for _ in range(senders)]
    barrier = threading.Barrier(senders)

    def send(app: Service) -> Reply:
        barrier.wait()
        return post(app, ROWS, **KEYED)

    with ThreadPoolExecutor(senders) as executor:
        replies = list(executor.map(send, instances))
    assert [reply.json() for reply in replies] == [accepted(len(ROWS))] * senders
    assert len(table.items) == 3
    assert messages(instances[0]) == [str(one["message"]) for one in ROWS]


@pytest.mark.parametrize("has_header", (True, False))
def test_code_with_another_codec_finds_a_keyed_batch_of_older_code(app: Service, has_header: bool) -> None:  # noqa: FBT001
    """The standing body is left as it is, and a header that never came is copied from it."""
    answered = post(app, ROWS, **KEYED).json()
    entries = shown(app)
    (pack,) = (name[5:] for name in app.dynamodb.items if name.startswith("PACK#"))
    kept: list[LogEntry | None] = [*PackBody(pack, _body(app, pack)).entries()]
    older = make_pack(pack, kept, None, ZLIB if WRITE_CODEC == ZSTD else ZSTD)
    assert older is not None
    app.dynamodb.items["BODY#" + pack] = older.header.body_item(older.body)
    app.dynamodb.items["PACK#" + pack] = standing = older.header.header_item("LOG")
    if not has_header:
        del app.dynamodb.items["PACK#" + pack]
    assert post(app, ROWS, **KEYED).json() == answered
    assert app.dynamodb.items["PACK#" + pack] == standing
    assert _body(app, pack) == older.body
    assert len(app.dynamodb.items) == 3
    assert shown(app) == entries


def _body(app: Service, pack: str) -> bytes:
    body = app.dynamodb.items["BODY#" + pack]["Body"]["B"]
    assert isinstance(body, bytes)
    return body


def test_one_key_used_by_two_callers_stores_both(app: Service) -> None:
    """A caller is an IAM principal: a role in its next session is the same one."""
    role = "arn:aws:sts::000000000000:assumed-role/shop/"
    arns = ["arn:aws:iam::000000000000:user/a", "arn:aws:iam::000000000000:user/b", role + "1", role + "2"]
    for count, arn in zip((3, 6, 9, 9), arns, strict=True):
        event = make_event("POST", body=json.dumps(ROWS), headers=KEYED)
        event["requestContext"]["authorizer"] = {"iam": {"userArn": arn}}
        assert app.post_event(event).status == 200
        assert len(shown(app)) == count


def test_batches_alike_but_for_a_label_are_both_stored(app: Service) -> None:
    """And either of them sent again is known."""
    for pod in ("a", "b", "a", "b"):
        body = as_json([({"pod": pod}, [(NS + n, f"line {n}", {}) for n in range(2)])])
        reply = app.post(body, path=LOKI, headers={"content-type": "application/json"})
        assert reply.status == 204
    found = sorted((entry["attributes"]["pod"], entry["message"]) for entry in shown(app))
    assert found == [("a", "line 0"), ("a", "line 1"), ("b", "line 0"), ("b", "line 1")]


def test_a_batch_without_ids_or_a_key_is_not_known_again(app: Service) -> None:
    """Nothing tells a retry from a second batch like it."""
    for _ in range(2):
        assert post(app, [{**one, "dateTime": AT} for one in ROWS]).status == 200
    assert len(shown(app)) == 2 * len(ROWS)


@pytest.mark.parametrize("entry_id", (LOW_ID, HIGH_ID))
@pytest.mark.parametrize("single_first", (True, False))
def test_an_id_single_and_in_a_batch_is_shown_once_as_it_was_stored_alone(
    app: Service,
    entry_id: str,
    single_first: bool,  # noqa: FBT001
) -> None:
    """Whichever came first, and with other content too: a 409 is promised between single entries only."""
    sends = [
        lambda: app.post(row(entry_id, "alone")).status == 201,
        lambda: post(app, [row(entry_id, "packed")]).json() == accepted(1),
    ]
    for send in sends if single_first else reversed(sends):
        assert send()
    for order in ("newest", "oldest"):
        page = app.get("/", query=[("order", order), ("limit", "1")]).json()
        assert [entry["message"] for entry in page["logs"]] == ["alone"]
        assert "nextCursor" not in page
    assert app.get(f"/{entry_id}", query=[("dateTime", AT)]).json()["message"] == "alone"
    assert app.post(row(entry_id, "alone")).status == 200


def test_an_id_twice_in_a_batch_with_other_content_is_refused_by_index(app: Service) -> None:
    """Only one of them could be shown. What says the same is a repeat, and another time another entry."""
    later = AT.replace("11:00", "11:05")
    rows = [row(LOW_ID, "one"), row(LOW_ID, "other"), row(LOW_ID, "one"), row(LOW_ID, "other", later)]
    for _ in range(2):
        answer = post(app, rows).json()
        assert (answer["accepted"], [one["index"] for one in answer["errors"]]) == (3, [1])
        assert "taken by another entry" in answer["errors"][0]["errors"][0]["problem"]
        assert messages(app) == ["one", "other"]


def test_the_lines_of_a_batch_without_times_stand_as_they_were_sent(app: Service) -> None:
    """All have the time of receipt, and fill several packs."""
    lines = [{"severity": "info", "message": f"{n:04d} " + "x" * 2_000} for n in range(600)]
    assert post(app, lines).json() == accepted(len(lines))
    assert sum(name.startswith("PACK#") for name in app.dynamodb.items) > 2
    export = app.get("/export", query=[("order", "oldest")]).body.decode().splitlines()
    assert [json.loads(line)["message"] for line in export] == [line["message"] for line in lines]


def test_an_id_in_two_batches_with_other_content_is_shown_as_the_lower_pack_has_it(app: Service) -> None:
    """At one time; at another time it is another entry."""
    for message in ("one", "other"):
        assert post(app, [row(LOW_ID, message), row(HIGH_ID)]).json() == accepted(2)
    lower = min(name for name in app.dynamodb.items if name.startswith("PACK#"))[5:]
    expected = next(one for one in PackBody(lower, _body(app, lower)).entries() if one.id == LOW_ID)
    assert messages(app) == sorted(["m", expected.message])
    assert post(app, [row(LOW_ID, "later", AT.replace("11:00", "11:05"))]).status == 200
    assert messages(app) == sorted(["later", "m", expected.message])


def test_entries_regrouped_on_a_retry_are_shown_once(app: Service) -> None:
    """In other batches, in another order, alone, and twice in one batch."""
    rows = [row(entry_id, f"line {n}") for n, entry_id in enumerate(IDS)]
    for group in (rows, rows[:4], rows[3:7], rows[::-1], rows[5:] + rows[5:]):
        assert post(app, group).json()["refused"] == 0
    for one in rows[:2]:
        assert app.post(one).status == 201
    assert [entry["id"] for entry in shown(app)] == sorted(IDS, reverse=True)
    assert messages(app) == [one["message"] for one in rows]


def test_entries_refused_when_a_batch_first_came_are_reported_by_its_retry(
    clock: Clock, app: Service
) -> None:
    """One was too far ahead: its pack stands without it, and the retry claims no more than that."""
    ahead = (NOW + timedelta(minutes=20)).replace(second=0)
    within = [row(IDS[n], date_time=(ahead - timedelta(minutes=5 * n)).isoformat()) for n in range(2)]
    rows = [*within, row(IDS[2], date_time=(ahead + timedelta(seconds=1)).isoformat())]
    clock.at = ahead - timedelta(minutes=15, seconds=-0.5)
    first = post(app, rows).json()
    assert (first["accepted"], [one["index"] for one in first["errors"]]) == (2, [2])
    clock.at = ahead
    again = post(app, rows).json()
    assert (again["accepted"], [one["index"] for one in again["errors"]]) == (2, [2])
    assert "when this batch first came" in again["errors"][0]["errors"][0]["problem"]
    assert len(shown(app)) == 2
    assert post(app, [rows[2]]).json() == accepted(1)
    assert sorted(entry["id"] for entry in shown(app)) == IDS[:3]
