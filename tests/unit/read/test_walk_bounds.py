"""What a page costs, in requests and bytes: bounded, and the same however deep in the walk it stands."""

import itertools
from typing import Any

import pytest

from logstead import limits
from tests.unit.fakes import FakeDynamoDB, item_bytes
from tests.unit.read.table import Table, at, entry_of, places_of, random_entries, uuid_of, walk
from tests.unit.service import Service

MINUTES = [f"2026-02-09T21:{minute:02d}" for minute in range(40, 50)]


class MeteredDynamoDB(FakeDynamoDB):
    """Counts what is read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.read_bytes = 0

    def spent(self) -> dict[str, int]:
        """Return the requests and bytes since the last time it was asked."""
        operations = self.operations()
        spent = {
            "queries": operations.count("query"),
            "gets": operations.count("batch_get_item"),
            "bytes": self.read_bytes,
        }
        self.calls.clear()
        self.read_bytes = 0
        return spent

    def _query(self, arguments: dict[str, Any]) -> dict[str, Any]:
        reply = super()._query(arguments)
        self.read_bytes += sum(map(item_bytes, reply["Items"]))
        return reply

    def _batch_get(self, arguments: dict[str, Any]) -> dict[str, Any]:
        reply = super()._batch_get(arguments)
        self.read_bytes += sum(map(item_bytes, reply["Responses"]["LogTable"]))
        return reply


def make_table(shards: int) -> tuple[Table, MeteredDynamoDB, Service]:
    """Return an empty table that counts what is read."""
    dynamodb = MeteredDynamoDB()
    table = Table(shards, dynamodb)
    return table, dynamodb, table.service()


def index_bytes(dynamodb: FakeDynamoDB) -> int:
    """Return the size of all that is in the index."""
    return sum(item_bytes(item) for item in dynamodb.items.values() if "LogType" in item)


def page_costs(app: Service, dynamodb: MeteredDynamoDB, order: str, entries: int) -> list[dict[str, int]]:
    """Return what pages 1, 2 and the last of a walk cost, each of 100; it gets to the last by an export."""
    query, costs, cursor = [("order", order)], [], None
    dynamodb.spent()
    for skipped in (0, 0, entries - 250):
        if skipped:
            reply = app.get("/export", query=[*query, ("limit", str(skipped))])
            query[1:] = [("cursor", reply.headers["logstead-next-cursor"])]
            dynamodb.spent()
        reply = app.get(query=query)
        assert len(places_of(reply)) == (50 if skipped else 100)
        costs.append(dynamodb.spent())
        cursor = reply.json().get("nextCursor")
        query[1:] = [("cursor", str(cursor))]
    assert cursor is None
    return costs


@pytest.mark.parametrize(("order", "shards", "queries"), (("newest", 4, 32), ("oldest", 1, 8)))
def test_ten_thousand_entries_at_one_microsecond_are_read_once_a_page(
    order: str, shards: int, queries: int
) -> None:
    """A page reads the group of equal times at its edge: 8 growing queries a shard, and no item twice."""
    table, dynamodb, app = make_table(shards)
    for entry in random_entries(10_000, seed=1):
        table.put(entry_of(at(5), entry.id))
    for cost in page_costs(app, dynamodb, order, 10_000):
        assert cost["queries"] <= queries
        assert cost["gets"] == 0
        assert cost["bytes"] <= index_bytes(dynamodb)


@pytest.mark.parametrize("order", ("newest", "oldest"))
@pytest.mark.parametrize("shards", (1, 4))
def test_one_entry_a_day_costs_one_query_a_shard_a_page(order: str, shards: int) -> None:
    """Gaps cost nothing: no day, hour or bucket is looked through."""
    table, dynamodb, app = make_table(shards)
    for day in range(365):
        table.put(entry_of(at(0, f"2025-{1 + day // 31:02d}-{1 + day % 31:02d}T12:00"), uuid_of(day << 90)))
    entry_bytes = index_bytes(dynamodb) // 365
    for cost in page_costs(app, dynamodb, order, 365):
        assert cost["queries"] == shards
        assert cost["bytes"] <= entry_bytes * (101 if shards == 1 else shards * 62)


@pytest.mark.parametrize("order", ("newest", "oldest"))
def test_two_hundred_overlapping_senders_cost_one_minutes_packs_a_page(order: str) -> None:
    """Each sends a pack a minute; a page opens those of the minute at its edge, 16 a request, not all."""
    table, dynamodb, app = make_table(4)
    for sender in range(200):
        for minute in MINUTES[:3]:
            times = range(sender, 60_000_000, 4_000_000)
            table.put_pack([entry_of(at(time, minute), message=f"from {sender}") for time in times])
    bodies = sum(item_bytes(item) for item in dynamodb.items.values() if "Body" in item)
    for cost in page_costs(app, dynamodb, order, 9_000):
        assert cost["queries"] <= 16
        assert cost["gets"] <= 24
        assert cost["bytes"] <= (bodies + index_bytes(dynamodb)) // 3 * 2


@pytest.mark.parametrize("order", ("newest", "oldest"))
@pytest.mark.parametrize("form", ("single", "packed"))
def test_page_one_thousand_costs_what_page_one_does(order: str, form: str) -> None:
    """Ten thousand entries in ten minutes, ten a page: the page at their end reads no more than the first."""
    table, dynamodb, app = make_table(2)
    entries = sorted(random_entries(10_000, 2, MINUTES), key=lambda one: one.date_time)
    for number in range(0, 10_000, 50):
        if form == "single":
            for entry in entries[number : number + 50]:
                table.put(entry)
        else:
            by_minute = itertools.groupby(entries[number : number + 50], key=lambda one: one.date_time[:16])
            for _, part in by_minute:
                table.put_pack(list(part))
    query = [("order", order), ("limit", "10")]
    app.get(query=query)
    first = dynamodb.spent()
    cursor = app.get("/export", query=[("order", order), ("limit", "9990")]).headers["logstead-next-cursor"]
    dynamodb.spent()
    reply = app.get(query=[*query, ("cursor", cursor)])
    assert places_of(reply) == table.places(newest_first=order == "newest")[9_990:]
    last = dynamodb.spent()
    assert last["queries"] <= first["queries"] + 4
    assert last["gets"] <= first["gets"] + 1
    # A page begins where the minute's packs do: at most that minute's items more, headers or entries.
    assert last["bytes"] <= first["bytes"] + index_bytes(dynamodb) // len(MINUTES) + 20_000


def test_a_rare_match_in_many_packs_opens_them_many_at_once() -> None:
    """A thousand packs that a header can't rule out: 16 bodies a request, 64 at once, after a small start."""
    table, dynamodb, app = make_table(2)
    for number in range(1_000):
        attributes = '{"n":1}' if number == 17 else '{"n":2}'
        times = [number * 60_000, number * 60_000 + 1]
        table.put_pack([entry_of(at(time), attributes=attributes) for time in times])
    assert len(places_of(app.get(query=[("attributes.n", "1")]))) == 2
    spent = dynamodb.spent()
    assert spent["gets"] <= 1_000 // limits.BODIES_A_REQUEST_MAX + 12
    assert spent["queries"] <= 2 * 5


def test_a_header_that_rules_a_match_out_costs_no_body() -> None:
    """Time, severity and source are looked up in the headers: one pack of 300 is opened."""
    table, dynamodb, app = make_table(1)
    for number in range(300):
        severity = "error" if number == 17 else "info"
        table.put_pack([entry_of(at(number), severity=severity, source=f"s{number}")])
    for query in (("severity", "error"), ("source", "s17")):
        assert len(places_of(app.get(query=[query]))) == 1
        assert dynamodb.spent()["gets"] == 1
    window = [("since", at(17)), ("until", at(18))]
    assert len(places_of(app.get(query=window))) == 1
    assert dynamodb.spent()["gets"] == 1


def test_many_shards_are_asked_for_their_share_first() -> None:
    """A page of 1,000 over 64 shards reads a few times what it shows, not 64 times."""
    table, dynamodb, app = make_table(64)
    for entry in random_entries(5_000, seed=3):
        table.put(entry)
    assert places_of(app.get(query=[("limit", "1000")])) == table.places()[:1_000]
    spent = dynamodb.spent()
    assert spent["queries"] == 64
    assert spent["bytes"] <= index_bytes(dynamodb) // 5_000 * 1_000 * 3


def test_no_query_asks_for_more_than_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one alone, nor those of all shards side by side."""
    monkeypatch.setattr(limits, "INDEX_PAGE_ITEMS_MAX", 50)
    monkeypatch.setattr(limits, "INDEX_ITEMS_AT_ONCE_MAX", 64)
    for shards, most in ((1, 50), (4, 16)):
        table, dynamodb, app = make_table(shards)
        for entry in random_entries(500, seed=4):
            table.put(entry)
        assert walk(app, ("limit", "200")) == table.places()
        assert max(call["Limit"] for _, call in dynamodb.calls) == most
