"""The newest entries against a sorted list: ties, shards, pages, gaps, expiry, and a full reply."""

import random
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead import limits
from logstead.entry import LogEntry, date_time_text
from logstead.read.page import enveloped_bytes
from logstead.storage.item import entry_as_item
from logstead.storage.key import shard_of
from tests.unit.fakes import FakeDynamoDB
from tests.unit.service import Reply, Service, make_event

NOW = datetime(2026, 2, 9, 21, 50, 20, 846154, UTC)


def entry(second: float, entry_id: str | None = None, message: str = "m") -> LogEntry:
    """Return an entry of `second` seconds before `NOW`."""
    moment = date_time_text(NOW - timedelta(seconds=second))
    return LogEntry(entry_id or str(uuid.uuid4()), moment, "info", message)


def seed(
    dynamodb: FakeDynamoDB, entries: Iterable[LogEntry], shards: int = 1, expires_at: int | None = None
) -> None:
    """Put entries into the table without the service."""
    for one in entries:
        dynamodb.items[one.id] = entry_as_item(one, shard_of(one.id, shards), expires_at)


def model(entries: Iterable[LogEntry], limit: int) -> list[str]:
    """Return the ids that a read must show: a list, sorted and cut."""
    ordered = sorted(entries, key=lambda one: (one.date_time, one.id), reverse=True)
    return [one.id for one in ordered[:limit]]


def read(app: Service, limit: int, **more: str) -> Reply:
    """GET the newest entries."""
    return app.get("/", query=[("limit", str(limit)), *more.items()])


def shown(reply: Reply) -> list[str]:
    """Return the ids that a reply shows."""
    ids = [one["id"] for one in reply.json()["logs"]]
    assert reply.json()["count"] == len(ids)
    return ids


# Threads are costly to start, so services are made once for each number of shards.
APPS = {shards: Service(shards=shards) for shards in (1, 2, 5)}


def app_over(entries: list[LogEntry], shards: int, page_bytes: int, salt: str) -> Service:
    """Return a service whose table holds exactly these entries."""
    app = APPS[shards]
    app.dynamodb.__init__(page_bytes_max=page_bytes, tie_salt=salt)  # type: ignore[misc]  # as if new
    seed(app.dynamodb, entries, shards)
    return app


SHARDS = st.sampled_from(sorted(APPS))
SALTS = st.text(max_size=2)
ENTRIES = st.lists(
    st.builds(entry, st.integers(0, 4), st.uuids().map(str), st.sampled_from(["m", "x" * 300])),
    max_size=40,
    unique_by=lambda one: one.id,
)


@given(ENTRIES, st.integers(0, 9), st.integers(1, 12), SHARDS, st.integers(1, 2_000), SALTS)
def test_a_read_shows_the_newest_in_total_order_whatever_ties_shards_and_pages(  # noqa: PLR0913, PLR0917
    entries: list[LogEntry], expired: int, limit: int, shards: int, page_bytes: int, salt: str
) -> None:
    """The reply is the sorted list's head, though the index scatters equal times and pages are small."""
    app = app_over(entries, shards, page_bytes, salt)
    seed(app.dynamodb, entries[:expired], shards, expires_at=int(time.time()))
    live = entries[expired:]
    reply = read(app, limit)
    assert shown(reply) == model(live, limit)
    assert "truncated" not in reply.json()


@given(ENTRIES, st.integers(1, 12), SHARDS, st.integers(200, 6_000), SALTS)
def test_a_read_that_is_too_large_shows_an_unbroken_head_and_says_so(
    entries: list[LogEntry], limit: int, shards: int, reply_bytes: int, salt: str
) -> None:
    """A full reply ends early with `truncated`; what it shows is the list's head, and its cursor goes on."""
    app = app_over(entries, shards, 1_000, salt)
    whole, by_id = model(entries, limit), {one.id: one for one in entries}
    fitting = 0
    while fitting < len(whole) and (
        fitting == 0 or sum(enveloped_bytes(by_id[one]) for one in whole[: fitting + 1]) <= reply_bytes
    ):
        fitting += 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "RESPONSE_BYTES_MAX", reply_bytes)
        reply = read(app, limit)
    assert shown(reply) == whole[:fitting]
    assert reply.json().get("truncated", False) is (fitting < len(whole))
    if fitting < len(whole):
        assert shown(read(app, 1, cursor=reply.json()["nextCursor"])) == [whole[fitting]]


@given(ENTRIES, st.integers(1, 12), SHARDS, SALTS)
def test_the_pages_of_a_walk_are_the_whole_list(
    entries: list[LogEntry], limit: int, shards: int, salt: str
) -> None:
    """Following `nextCursor` to the end shows every entry exactly once, in order."""
    app = app_over(entries, shards, 1_000, salt)
    reply = read(app, limit)
    pages = [shown(reply)]
    while (cursor := reply.json().get("nextCursor")) is not None:
        assert len(pages) <= len(entries), "a walk without end"
        reply = read(app, limit, cursor=cursor)
        pages.append(shown(reply))
    assert [one for page in pages for one in page] == model(entries, len(entries))


@pytest.mark.parametrize("shards", (1, 4))
@pytest.mark.parametrize("gap_s", (0.001, 86_400, 86_400 * 300))
def test_the_newest_hundred_cost_one_query_a_shard_whatever_the_size_and_the_gaps(
    shards: int, gap_s: float
) -> None:
    """A hundred entries or a thousand, close together or 300 idle days apart: one query a shard."""
    app = Service(shards=shards)
    seed(app.dynamodb, (entry(gap_s * n) for n in range(1_000) if gap_s * n < 6e10), shards)
    assert read(app, 100).json()["count"] == 100
    assert app.dynamodb.operations() == ["query"] * shards


@pytest.mark.parametrize(("ties", "limit", "queries"), ((3_000, 1, 12), (3_000, 1_000, 3)), ids=str)
def test_entries_of_one_time_cost_a_bounded_number_of_queries(ties: int, limit: int, queries: int) -> None:
    """However many share the time at the edge, pages grow, and the newest by id are shown."""
    app = Service(FakeDynamoDB(page_bytes_max=10**9))
    entries = [entry(5) for _ in range(ties)]
    seed(app.dynamodb, entries)
    assert shown(read(app, limit)) == model(entries, limit)
    assert len(app.dynamodb.calls) <= queries
    assert all(call["Limit"] <= limits.INDEX_PAGE_ITEMS_MAX for _, call in app.dynamodb.calls)


def test_a_group_of_equal_times_that_ends_at_the_edge_costs_no_further_query(app: Service) -> None:
    """The one item asked for beyond the limit shows that the group is complete."""
    entries = [entry(1) for _ in range(10)] + [entry(2) for _ in range(10)]
    seed(app.dynamodb, entries)
    assert shown(read(app, 10)) == model(entries, 10)
    assert len(app.dynamodb.calls) == 1


def test_a_stretch_of_expired_entries_is_passed_over(app: Service) -> None:
    """TTL deletes late: what has expired is not shown, and what lies behind it is."""
    now_s = int(time.time())
    seed(app.dynamodb, (entry(1) for _ in range(5_000)), expires_at=now_s)
    live = [entry(2) for _ in range(3)]
    seed(app.dynamodb, live, expires_at=now_s + 3_600)
    assert shown(read(app, 2)) == model(live, 2)
    assert len(app.dynamodb.calls) < 15


def test_a_reply_never_passes_what_lambda_can_carry(app: Service) -> None:
    """Messages that escape to seven times their size: the reply ends below 6 MB and says so."""
    seed(app.dynamodb, (entry(number, message="\u0001" * 9_000) for number in range(200)))
    event = make_event(query=[("limit", "1000")])
    value = app.get_event(event).json()
    assert value["truncated"] is True
    assert 50 < value["count"] == len(value["logs"]) < 200
    body = app.read(event, None)["body"]
    assert isinstance(body, str)
    assert 5_000_000 < len(body) * 7 / 6 < 6_000_000  # \u0001 in JSON is \\u0001 in the envelope


def test_raising_the_shards_of_a_live_stage_keeps_every_entry_readable() -> None:
    """What was written to fewer shards is read with more, and a repeated id is still one entry."""
    dynamodb = FakeDynamoDB()
    numbers = random.Random(3)
    ids = [str(uuid.UUID(int=numbers.getrandbits(128))) for _ in range(60)]
    for shards, part in ((1, ids[:20]), (3, ids[10:40]), (8, ids[30:])):
        app = Service(dynamodb, shards=shards)
        for one in part:
            assert app.post({"id": one, "severity": "info", "message": "m"}).status in (200, 201)
    assert sorted(shown(read(Service(dynamodb, shards=8), 100))) == sorted(ids)
