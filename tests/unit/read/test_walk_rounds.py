"""How a page works: side by side, a bounded number of rows at once, decoding no more than it can show."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from logstead import limits
from logstead.entry import LogEntry
from logstead.read.order import Order, Position
from logstead.read.page import PageReader
from logstead.read.query import Filter, ReadQuery, Resume
from logstead.read.walk import Walk, Walked
from logstead.storage.bodies import BodyReader
from logstead.storage.key import shard_name
from logstead.storage.pack_decode import PackBody
from logstead.storage.read_table import ReadTable
from tests.unit.read.table import Table, at, entry_of, places_of, uuid_of, walk

NEWEST = Order(newest_first=True)


class Rounds(ThreadPoolExecutor):
    """Runs one after another what is asked for side by side; `sizes` tells how much that was each time."""

    def __init__(self) -> None:
        super().__init__(1)
        self.sizes: list[int] = []

    def map(  # type: ignore[override]  # as much as the service asks for
        self, fn: Callable[[Any], Any], items: Iterable[Any]
    ) -> Iterator[Any]:
        """Apply a function to items, all in one round."""
        together = list(items)
        self.sizes.append(len(together))
        return map(fn, together)


def read(table: Table, query: ReadQuery) -> tuple[Walked, list[int], list[int]]:
    """Read a page; return it, and the sizes of its rounds of queries and of requests for bodies."""
    queries, requests = Rounds(), Rounds()
    reader = PageReader(
        ReadTable(table.dynamodb, "LogTable").query_index,
        BodyReader(table.dynamodb, "LogTable", requests).get,
        [shard_name(shard) for shard in range(table.shards)],
        queries,
    )
    walked = reader.read(query, int(time.time()), time.monotonic() + 60)
    return walked, queries.sizes, requests.sizes


def test_shards_are_read_side_by_side_up_to_what_is_found() -> None:
    """A match far down is shown once all shards were read to there: each query of theirs in one round."""
    table = Table(4)
    for number in range(4_000):
        table.put(entry_of(at(number), uuid_of(number), severity="error" if number == 100 else "info"))
    wanted = Filter(severities=frozenset({"error"}))
    walked, rounds, _ = read(table, ReadQuery(wanted, NEWEST, 1, None, ""))
    assert [entry.date_time for entry in walked.entries] == [at(100)]
    assert rounds[0] == 4
    assert len(rounds) <= 8


def test_packs_over_the_place_where_a_page_begins_are_opened_at_once() -> None:
    """Nothing can be shown before: 200 of them take four rounds of up to 64, not one after the other."""
    table = Table()
    for _ in range(200):
        table.put_pack([entry_of(at(0)), entry_of(at(30_000_000)), entry_of(at(59_000_000))])
    resume = Resume(Position(at(30_000_000), "~"), (at(59_000_000),))
    walked, _, rounds = read(table, ReadQuery(Filter(), NEWEST, 10, resume, ""))
    assert {entry.date_time for entry in walked.entries} == {at(30_000_000)}
    assert rounds == [4, 4, 4, 1]


def test_packs_that_lie_before_the_place_are_not_opened_again() -> None:
    """One pack over the whole minute makes each page begin at its end; the short ones were used up."""
    table = Table()
    table.put_pack([entry_of(at(0)), entry_of(at(59_999_999))])
    for second in range(50):
        table.put_pack([entry_of(at(second * 1_000_000 + n)) for n in range(5)])
    for order in (NEWEST, Order(newest_first=False)):
        start = at(59_999_999) if order.newest_first else at(10_000_000)
        resume = Resume(Position(at(10_000_002), "~"), (start,))
        table.dynamodb.calls.clear()
        walked, _, _ = read(table, ReadQuery(Filter(), order, 5, resume, ""))
        assert len(walked.entries) == 5
        opened = [len(call["Keys"]) for name, call in table.dynamodb.calls if name == "batch_get_item"]
        assert sum(opened) <= 6


@pytest.mark.parametrize("form", ("single", "packed"))
def test_rows_beyond_the_page_are_forgotten(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """However many share a time, a page holds about as many as it shows."""
    monkeypatch.setattr(limits, "INDEX_PAGE_ITEMS_MAX", 20)
    held: list[int] = []
    sort_rows = Walk._sort_rows  # noqa: SLF001  # what it holds is nowhere else to be seen

    def recording(one: Walk) -> None:
        held.append(len(one._rows))  # noqa: SLF001  # as above
        sort_rows(one)

    monkeypatch.setattr(Walk, "_sort_rows", recording)
    table = Table(2)
    for number in range(60):
        ids = [uuid_of(1_000 * one + number) for one in range(10)]
        if form == "single":
            for one in ids:
                table.put(entry_of(at(5), one))
        else:
            table.put_pack([entry_of(at(5), one) for one in ids])
    assert walk(table.service(), ("limit", "10")) == table.places()
    assert max(held) <= (2 * 20 + 2 * 20 if form == "single" else 20 + limits.PACKS_AT_ONCE_MAX * 10)


def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that will hold the number of rows of each decoding."""
    sizes: list[int] = []
    entries = PackBody.entries

    def counting(body: PackBody, rows: Sequence[int] | None = None) -> list[LogEntry]:
        sizes.append(body.count if rows is None else len(rows))
        return entries(body, rows)

    monkeypatch.setattr(PackBody, "entries", counting)
    return sizes


@pytest.mark.parametrize("order", ("newest", "oldest"))
def test_a_page_decodes_what_it_shows_of_a_pack(monkeypatch: pytest.MonkeyPatch, order: str) -> None:
    """Not all of its 4,096 entries, on any page; times, severities and sources are looked at undecoded."""
    table = Table()
    table.put_pack(
        [entry_of(at(n), severity="info" if n % 1_000 else "error", source=f"s{n}") for n in range(4_096)]
    )
    app = table.service()
    sizes = decoded(monkeypatch)
    first = app.get(query=[("order", order), ("limit", "100")]).json()
    app.get(query=[("order", order), ("limit", "100"), ("cursor", first["nextCursor"])])
    assert sizes == [100, 100]
    for query, count in (
        (("severity", "error"), 5),
        (("source", "s77"), 1),
        (("since", at(4_090)), 6),
        (("until", at(3)), 3),
    ):
        sizes.clear()
        assert app.get(query=[("order", order), query]).json()["count"] == count
        assert sizes == [count]


def test_a_page_amid_a_pack_of_one_time_decodes_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its place among equal times is found by their ids alone."""
    table = Table()
    table.put_pack([entry_of(at(5), uuid_of(n) if n % 2 else None) for n in range(4_096)])
    app = table.service()
    sizes = decoded(monkeypatch)
    first = app.get(query=[("limit", "1000")])
    second = app.get(query=[("limit", "1000"), ("cursor", first.json()["nextCursor"])])
    assert sizes == [1_000, 1_000]
    assert places_of(first) + places_of(second) == table.places()[:2_000]


def test_a_rare_attribute_is_looked_for_in_growing_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What all rows of a decoding share is done a few times a pack, not once for each few rows."""
    table = Table()
    table.put_pack([entry_of(at(n), attributes='{"n":1}' if n else '{"m":7}') for n in range(4_096)])
    sizes = decoded(monkeypatch)
    app = table.service()
    assert app.get(query=[("attributes.m", "1"), ("limit", "1")]).json()["count"] == 0
    assert sum(sizes) == 4_095
    assert len(sizes) <= 8
    sizes.clear()
    assert app.get(query=[("attributes.n", "7"), ("limit", "1")]).json()["count"] == 0
    assert sizes == [1]  # the others' texts have no 7


@pytest.mark.parametrize("order", ("newest", "oldest"))
def test_a_page_that_one_pack_fills_opens_one(order: str) -> None:
    """Though an entry is known that lies beyond many packs more."""
    table = Table()
    for second in range(50):
        table.put_pack([entry_of(at(second * 1_000_000 + n)) for n in range(200)])
    for minute in ("2026-02-09T21:00", "2026-02-09T22:00"):
        table.put(entry_of(at(0, minute), uuid_of(len(table.readable))))
    query = ReadQuery(Filter(), Order(newest_first=order == "newest"), 100, None, "")
    walked, _, _ = read(table, query)
    assert len(walked.entries) == 100
    asked_for = [call["Keys"] for name, call in table.dynamodb.calls if name == "batch_get_item"]
    assert [len(keys) for keys in asked_for] == [1]
