"""Batches over the table: stored once however often they are sent, and acknowledged only as far as stored."""

import base64
import json
import random
import uuid
from typing import Any

import pytest

from logstead.config import WriteTableConfig
from logstead.recovery.message import ParkedEntry, ParkedGroup, decode_message
from logstead.recovery.retry_queue import RetryQueue
from logstead.storage.pack import make_pack
from logstead.storage.pack_codec import ZLIB
from logstead.storage.write_table import WriteTable
from tests.unit.fakes import FakeDynamoDB, client_error
from tests.unit.recovery.fake_sqs import FakeSQS
from tests.unit.service import Reply, Service, make_event

THROTTLED = client_error("ThrottlingException", "PutItem")
TIMES = ("2026-02-09T21:50:20.5Z", "2026-02-09T21:50:20.5Z", "2026-02-09T21:58:00Z", "2025-12-31T00:00:00Z")


def rows(count: int = 6, *, ids: bool = False, times: bool = False) -> list[dict[str, Any]]:
    """Return entries; with times they share some and lie in several minutes."""
    made: list[dict[str, Any]] = [{"severity": "info", "message": f"m{number}"} for number in range(count)]
    for number, row in enumerate(made):
        if ids:
            row["id"] = str(uuid.UUID(int=1_000 + number))
        if times:
            row["dateTime"] = TIMES[number % len(TIMES)]
    return made


def post(app: Service, batch: list[dict[str, Any]], key: str | None = None, caller: str = "") -> Reply:
    """POST a batch, maybe under a key and as a caller."""
    headers = {"content-type": "application/json"} | ({} if key is None else {"idempotency-key": key})
    event = make_event("POST", body=json.dumps(batch), headers=headers)
    event["requestContext"]["authorizer"] = {"iam": {"userArn": caller}}
    return app.post_event(event)


def messages(app: Service) -> list[str]:
    """Return the messages of all entries, read page by page."""
    found: list[str] = []
    query = [("limit", "5")]
    for _ in range(100):
        page = app.get(query=query).json()
        assert "notShown" not in page
        found += [one["message"] for one in page["logs"]]
        if "nextCursor" not in page:
            return sorted(found)
        query = [("limit", "5"), ("cursor", page["nextCursor"])]
    raise AssertionError("a walk without end")


def kinds(dynamodb: FakeDynamoDB) -> list[str]:
    """Return what kinds of items a table has; the ids of a keyed batch's packs tell when it first came."""
    return sorted(log_id.partition("#")[0] for log_id in dynamodb.items)


SENT = sorted(row["message"] for row in rows())
SHAPES = pytest.mark.parametrize(
    ("batch", "key"),
    (
        (rows(), "key"),
        (rows(times=True), "key"),
        (rows(ids=True), "key"),
        (rows(ids=True, times=True), "key"),
        (rows(ids=True, times=True), None),
    ),
    ids=("keyed", "keyed with times", "keyed with ids", "keyed with both", "ids and times"),
)


@SHAPES
def test_a_batch_sent_again_stores_nothing_new_and_gets_the_same_answer(
    app: Service, batch: list[dict[str, Any]], key: str | None
) -> None:
    """By its key, or by ids and times: the items stand as they were, filled-in times included."""
    first = post(app, batch, key)
    before = json.dumps(app.dynamodb.items, default=repr)
    assert first.status == 200
    for _ in range(3):
        assert post(app, batch, key).body == first.body
    assert json.dumps(app.dynamodb.items, default=repr) == before
    assert messages(app) == SENT
    assert app.printed == []


@SHAPES
@pytest.mark.parametrize("after_effect", (False, True), ids=("request lost", "reply lost"))
def test_a_batch_that_fails_at_any_write_is_whole_after_a_retry(
    batch: list[dict[str, Any]], key: str | None, *, after_effect: bool
) -> None:
    """Each put in turn fails, before or after its effect: 503, then the retry; all is there, once."""
    whole = Service()
    post(whole, batch, key)
    writes = len(whole.dynamodb.calls)
    assert writes >= 2
    for failing in range(writes):
        app = Service(dynamodb := FailingAt(failing, after_effect=after_effect))
        first = post(app, batch, key)
        assert first.status == 503
        assert first.headers["retry-after"]
        assert set(messages(app)) <= set(SENT)
        assert post(app, batch, key).status == 200
        assert messages(app) == SENT
        assert kinds(dynamodb) == kinds(whole.dynamodb)


class FailingAt(FakeDynamoDB):
    """A table of which one put fails, counted from 0."""

    def __init__(self, failing: int, *, after_effect: bool) -> None:
        super().__init__()
        self._failing = failing
        self._after_effect = after_effect
        self._puts = 0

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        """Put one item, or fail."""
        self._puts += 1
        if self._puts - 1 == self._failing:
            self.fail("put_item", THROTTLED, after_effect=self._after_effect)
        return super().put_item(**arguments)


@SHAPES
@pytest.mark.parametrize("after_effect", (False, True), ids=("request lost", "reply lost"))
def test_a_part_that_can_not_be_written_is_parked_and_replayed_into_place(
    batch: list[dict[str, Any]], key: str | None, *, after_effect: bool
) -> None:
    """Each put but the claim fails in turn: 202, and the replay makes of it what a clean write makes."""
    whole = Service()
    post(whole, batch, key)
    for failing in range(0 if key is None else 1, len(whole.dynamodb.calls)):
        sqs = FakeSQS()
        app = Service(FailingAt(failing, after_effect=after_effect), retry_queue=RetryQueue("retry", sqs))
        assert post(app, batch, key).status == 202
        assert post(app, batch, key).status == 200, "the client may send it again before the replay"
        for body in sqs.sent["retry"] * 2:
            replay(app.dynamodb, body)
        assert messages(app) == SENT
        assert kinds(app.dynamodb) == kinds(whole.dynamodb)


def replay(dynamodb: FakeDynamoDB, body: str) -> None:
    """Write what a message parks."""
    table = WriteTable(dynamodb, WriteTableConfig("LogTable"))
    parked = decode_message(body)
    assert not isinstance(parked, ParkedGroup)
    if isinstance(parked, ParkedEntry):
        table.put_entry(parked.entry, parked.received_at, 0)
    else:
        standing = table.put_pack_body(parked.pack, 0) if parked.pack.body else parked.pack
        table.put_pack_header(standing.header, 0)


def test_another_body_under_a_key_is_422_and_nothing_is_written(app: Service) -> None:
    """Before any other write; the first batch stands."""
    post(app, rows(), "key")
    before = dict(app.dynamodb.items)
    for other in (rows(5), rows(7), rows(times=True), list(reversed(rows()))):
        reply = post(app, other, "key")
        assert (reply.status, reply.problem()) == (422, "idempotency-key-reused")
    assert app.dynamodb.items == before
    assert app.printed == []


def test_one_key_of_two_callers_stores_both(app: Service) -> None:
    """A key is its caller's own."""
    assert post(app, rows(), "key", "arn:aws:iam::000000000000:user/one").status == 200
    assert post(app, rows(5), "key", "arn:aws:iam::000000000000:user/two").status == 200
    assert len(messages(app)) == 11


@pytest.mark.parametrize("key", ("", " ", "a b", "caf\u00e9", "x" * 256, "a\nb", "\x7f"))
def test_a_key_that_can_not_be_one_is_a_problem_of_the_header(app: Service, key: str) -> None:
    """Visible ASCII, not too long; for a single entry and for a batch."""
    for reply in (post(app, rows(), key), app.post(rows(1)[0], headers={"idempotency-key": key})):
        assert (reply.status, reply.fields()) == (400, ["Idempotency-Key"])
    assert app.dynamodb.calls == []


def test_a_single_entry_under_a_key_is_stored_once(app: Service) -> None:
    """Without an id of its own it gets one from the key: a retry is 200, other content 422."""
    headers = {"idempotency-key": "key"}
    first = app.post({"severity": "info", "message": "m"}, headers=headers)
    again = app.post({"severity": "info", "message": "m"}, headers=headers)
    other = app.post({"severity": "info", "message": "n"}, headers=headers)
    assert [first.status, again.status] == [201, 200]
    assert first.json() == again.json()
    assert (other.status, other.problem()) == (422, "idempotency-key-reused")
    assert messages(app) == ["m"]


def test_bad_entries_are_refused_by_index_and_the_others_stored(app: Service) -> None:
    """Each with all its fields; the retry gets the same answer."""
    batch: list[Any] = rows(4, ids=True, times=True)
    batch[1] = {"severity": "x", "message": "", "id": 5, "dateTime": TIMES[0]}
    batch[3] = "no object"
    first = post(app, batch)
    body = first.json()
    assert (body["accepted"], body["refused"]) == (2, 2)
    assert [one["index"] for one in body["errors"]] == [1, 3]
    assert {one["field"] for one in body["errors"][0]["errors"]} == {"severity", "message", "id"}
    assert post(app, batch).body == first.body
    assert messages(app) == ["m0", "m2"]


@pytest.mark.parametrize("batch", ([], [{}], [1, 2], [{"severity": "info"}]), ids=str)
def test_a_batch_without_a_good_entry_is_400_and_costs_no_write(app: Service, batch: list[Any]) -> None:
    """Nothing is stored, and nothing of it is acknowledged."""
    reply = post(app, batch)
    assert reply.status in (200, 400)
    assert (reply.status == 200) is (batch == [])
    assert app.dynamodb.calls == []


def test_an_entry_with_an_id_but_no_time_conflicts_like_a_single_one(app: Service) -> None:
    """It is stored singly; its id taken by other content refuses it alone."""
    batch = rows(3, ids=True)
    app.post({**batch[1], "message": "other"})
    body = post(app, batch).json()
    assert (body["accepted"], [one["index"] for one in body["errors"]]) == (2, [1])
    assert messages(app) == ["m0", "m2", "other"]


@pytest.mark.parametrize("ids", (True, False))
def test_two_batches_alike_but_for_a_byte_are_both_stored(app: Service, *, ids: bool) -> None:
    """Only the same bytes are the same batch; with ids and times the pack's id comes of them."""
    batch = rows(3, ids=ids, times=True)
    post(app, batch)
    headers = len(app.dynamodb.items)
    changed = {**batch[2], "message": "changed"} | ({"id": str(uuid.UUID(int=5))} if ids else {})
    assert post(app, [*batch[:2], changed]).json()["accepted"] == 3
    assert len(app.dynamodb.items) == 2 * headers
    shown = ["changed", "m0", "m1", "m2"] if ids else ["changed", "m0", "m0", "m1", "m1", "m2"]
    assert messages(app) == shown, "entries that agree in time and id are shown once"


def test_a_retry_under_a_key_takes_its_times_from_the_first_attempt(app: Service) -> None:
    """However much later it comes: other times would be other packs, and so the entries twice."""
    app.dynamodb.fail("put_item", THROTTLED, after_effect=True)  # the claim stands, its reply was lost
    assert post(app, rows(), "key").status == 503
    (claim,) = app.dynamodb.items.values()
    claim["ReceivedAt"] = {"S": "2026-02-09T21:50:59.999999+00:00"}
    assert post(app, rows(), "key").status == 200
    shown = app.get().json()["logs"]
    assert {one["dateTime"] for one in shown} == {"2026-02-09T21:50:59.999999+00:00"}
    assert len(shown) == 6


@pytest.mark.parametrize(
    "again", (rows(), [dict(row, message="new") for row in rows()]), ids=("same", "other")
)
def test_a_key_that_is_forgotten_stores_its_next_batch_anew(
    app: Service, again: list[dict[str, Any]]
) -> None:
    """Its old packs still stand; the new batch is not taken for them, as that would lose it."""
    post(app, rows(), "key")
    for log_id, item in app.dynamodb.items.items():
        if log_id.startswith("BATCH#"):
            item["ExpiresAt"] = {"N": "1"}
    assert post(app, again, "key").json()["accepted"] == len(again)
    assert messages(app) == sorted([*SENT, *(row["message"] for row in again)])


def test_what_is_stored_twice_and_does_not_compress_fits_in_its_packs(app: Service) -> None:
    """A structured record's message repeats its attributes, bytes that are no text are kept in base64.

    Packs cut by what was sent alone would pass what an item may hold, and a batch refused for that comes
    again for ever.
    """
    chance = random.Random(1)
    blobs = [base64.b64encode(chance.randbytes(80_000)).decode() for _ in range(6)]
    time = "2026-02-09T21:50:20Z"
    records = [{"timestamp": time, "blob": blob} for blob in blobs]
    log_records = [
        {"body": {"kvlistValue": {"values": [{"key": "blob", "value": {"stringValue": blob}}]}}}
        for blob in blobs
    ]
    bodies = {
        "/": json.dumps(records),
        "/es/_bulk": "".join(f'{{"index":{{}}}}\n{json.dumps(record)}\n' for record in records),
        "/v1/logs": json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": log_records}]}]}),
        "/firehose": json.dumps({"requestId": "1", "timestamp": 1, "records": [{"data": b} for b in blobs]}),
    }
    for path, body in bodies.items():
        reply = app.post_event(
            make_event("POST", path, body=body, headers={"content-type": "application/json"})
        )
        assert reply.status == 200, (path, reply.body)
    assert len(messages(app)) == len(blobs) * len(bodies)


def test_a_batch_that_says_an_entry_twice_is_taken_again_by_another_codec(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry that both rows are is stored, so the retry refuses neither."""
    batch = rows(2, ids=True, times=True) * 2
    first = post(app, batch)
    monkeypatch.setattr(make_pack, "__defaults__", (ZLIB,))
    assert post(app, batch).body == first.body
    assert messages(app) == ["m0", "m1"]


@pytest.mark.parametrize("count", (1, 2, 500))
@pytest.mark.parametrize("between", ("", "\n"), ids=("json_stream", "json_lines"))
def test_an_agent_s_objects_are_taken_however_many_a_chunk_has(
    app: Service, count: int, between: str
) -> None:
    """Fluent Bit sends them one after another as `application/json`, and drops a chunk that is refused."""
    sent = between.join(json.dumps({"date": 1770638400.5, "log": f"m{n}"}) for n in range(count))
    reply = app.post_event(make_event("POST", body=sent, headers={"content-type": "application/json"}))
    assert (reply.status, reply.json()["accepted"]) == (200, count)
    assert messages(app) == sorted(f"m{number}" for number in range(count))


def test_a_long_entry_alone_is_too_large_and_one_of_an_agent_is_not(app: Service) -> None:
    """The limit is for single entries; one by the API's rules that breaks them is told so."""
    long = "x" * 20_000
    own = make_event("POST", body=json.dumps({"severity": "info", "message": long}))
    assert app.post_event(own).problem() == "body-too-large"
    assert app.post_event(make_event("POST", body=json.dumps({"message": "m"}))).problem() == "invalid-entry"
    assert app.post_event(make_event("POST", body=json.dumps({"date": 1, "log": long}))).status == 200
    assert messages(app) == [long]
