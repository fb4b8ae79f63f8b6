"""GET /histogram against counting in plain Python: exact, from headers, in windows, within budgets."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead import limits
from logstead.entry import SEVERITIES, LogEntry, date_time_text
from logstead.read import entry_count, header_count
from tests.unit.fakes import FakeDynamoDB
from tests.unit.read.table import EXPIRED_S, Table, at, entry_of, random_entries, uuid_of
from tests.unit.service import Reply, Service

APPS = {shards: Service(shards=shards) for shards in (1, 3)}
MINUTES = ("2026-02-09T21:50", "2026-02-09T21:51", "2026-02-09T22:10")
DAY = [("since", "2026-02-09T00:00:00Z"), ("until", "2026-02-10T00:00:00Z")]
BUCKETS = {"1m": 1, "5m": 5, "7m": 7, "1h": 60, "1d": 1_440}


def histogram(app: Service, *query: tuple[str, str], window: list[tuple[str, str]] = DAY) -> Any:
    """Return a histogram's JSON."""
    reply: Reply = app.get("/histogram", query=[*window, *query])
    assert reply.status == 200, reply.body
    return reply.json()


def counts_of(reply: Any) -> dict[tuple[str, str], int]:
    """Return the counts above zero, by bucket and severity."""
    total = sum(row.get(severity, 0) for row in reply["buckets"] for severity in SEVERITIES)
    assert reply["count"] == total
    return {
        (row["dateTime"], severity): row[severity]
        for row in reply["buckets"]
        for severity in SEVERITIES
        if row.get(severity)
    }


def model(entries: list[LogEntry], bucket_minutes: int = 1) -> dict[tuple[str, str], int]:
    """Return the counts that a histogram must have."""
    size = bucket_minutes * 60
    starts = [
        (datetime.fromtimestamp(datetime.fromisoformat(one.date_time).timestamp() // size * size, UTC), one)
        for one in entries
    ]
    return dict(Counter((date_time_text(start), one.severity) for start, one in starts))


def unique(table: Table) -> list[LogEntry]:
    """Return what a read shows: of entries that agree in time and id, that of the lower LogID."""
    versions = sorted(table.readable, key=lambda one: one.log_id, reverse=True)
    return list({one.place: one.entry for one in versions}.values())


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(MINUTES),
        st.integers(0, 3) | st.integers(0, 59_999_999),
        st.none() | st.integers(0, 3) | st.integers(0, 2**128 - 1),
        st.sampled_from(SEVERITIES),
        st.sampled_from([None, "a", "b"]),
        st.booleans(),
    ),
    max_size=15,
)


@given(
    st.lists(ENTRIES, max_size=4),
    ENTRIES,
    st.sampled_from(sorted(APPS)),
    st.sampled_from(sorted(BUCKETS)),
    st.sampled_from([None, "error", "info,warning"]),
    st.sampled_from([None, "a"]),
    st.integers(1, 2_000),
)
def test_it_counts_what_a_read_shows_and_says_when_it_can_not_be_sure(  # noqa: PLR0913, PLR0917
    packs: list[list[Any]],
    singles: list[Any],
    shards: int,
    bucket: str,
    severity: str | None,
    source: str | None,
    page_bytes: int,
) -> None:
    """From headers no entry is missed; more are counted only where it says so; exact is exact."""
    FakeDynamoDB.__init__(APPS[shards].dynamodb, page_bytes_max=page_bytes)
    table = Table(shards, APPS[shards].dynamodb)
    for pack in packs:
        for minute in MINUTES:  # no pack crosses a minute
            sent = [entry_from(one) for one in pack if one[0] == minute]
            if sent:
                table.put_pack(sent)
    for entry in {entry.id: entry for entry in map(entry_from, singles)}.values():
        table.put(entry)
    filters = {"severity": severity, "source": source, "bucket": bucket}
    query = [(name, value) for name, value in filters.items() if value is not None]

    def is_wanted(entry: LogEntry) -> bool:
        return entry.severity in (severity or "info,warning,error") and source in {None, entry.source}

    exact = histogram(APPS[shards], *query, ("exact", "true"))
    assert "approximate" not in exact
    by_headers = histogram(APPS[shards], *query)
    stored = [one.entry for one in table.readable if is_wanted(one.entry)]
    assert counts_of(by_headers) == model(stored, BUCKETS[bucket])
    if not by_headers.get("approximate"):
        assert counts_of(exact) == counts_of(by_headers)
    # Filters are applied before duplicates are left out, so as a walk shows it.
    places = {(one.entry.date_time, one.entry.id) for one in table.readable if is_wanted(one.entry)}
    assert exact["count"] == len(places)


def entry_from(drawn: Any) -> LogEntry:
    """Return the entry that was drawn."""
    minute, microseconds, number, severity, source, _ = drawn
    entry_id = None if number is None else uuid_of(number)
    return entry_of(at(microseconds, minute), entry_id, severity=severity, source=source)


@pytest.mark.parametrize("bucket", sorted(BUCKETS))
def test_exact_counts_are_those_of_all_entries(bucket: str) -> None:
    """In every bucket."""
    table = Table(3)
    table.put_pack(random_entries(500, 1))
    table.put_pack(random_entries(500, 1), seed="sent again")
    for entry in random_entries(50, 2, MINUTES):
        table.put(entry)
    exact = histogram(table.service(), ("bucket", bucket), ("exact", "true"))
    assert counts_of(exact) == model(unique(table), BUCKETS[bucket])
    by_headers = histogram(table.service(), ("bucket", bucket))
    assert by_headers["count"] == exact["count"] + 500
    assert by_headers["approximate"] is True


def day_of_packs() -> Table:
    """Return a day of packs, one a minute, of one source or two, as agents send them: without ids."""
    table = Table(2)
    start = datetime(2026, 2, 9, tzinfo=UTC)
    for number in range(1_440):
        minute = date_time_text(start + timedelta(minutes=number))[:16]
        sources = ("a", "b") if number % 100 == 0 else ("a",)
        table.put_pack([entry_of(at(row, minute), source=sources[row % len(sources)]) for row in range(4)])
    return table


def test_a_day_of_packs_is_counted_without_reading_a_body() -> None:
    """Only the index is queried, and of single entries neither message nor attributes cross the wire."""
    table = day_of_packs()
    for entry in random_entries(10, 1):
        table.put(entry)
    reply = histogram(table.service())
    assert reply["count"] == 4 * 1_440 + 10
    assert len(reply["buckets"]) == 1_440
    assert set(table.dynamodb.operations()) == {"query"}
    for _, call in table.dynamodb.calls:
        asked = {call["ExpressionAttributeNames"][part] for part in call["ProjectionExpression"].split(", ")}
        assert not asked & {"Message", "Attributes", "Body"}
    assert len(table.dynamodb.calls) <= 6


def test_of_one_source_only_mixed_packs_are_opened() -> None:
    """A header that names the source alone tells its count; others have their columns read."""
    table = day_of_packs()
    reply = histogram(table.service(), ("source", "a"))
    assert reply["count"] == 4 * 1_440 - 2 * 15
    read = [
        key
        for operation, call in table.dynamodb.calls
        if operation == "batch_get_item"
        for key in call["Keys"]
    ]
    assert len(read) == 15
    table.dynamodb.calls.clear()
    assert histogram(table.service(), ("source", "c"))["count"] == 0
    assert set(table.dynamodb.operations()) == {"query"}


def test_packs_without_ids_of_their_own_are_never_approximate() -> None:
    """However they overlap: what most agents send counts exactly."""
    table = Table()
    for _ in range(3):
        table.put_pack([entry_of(at(number)) for number in range(50)])
        table.put(entry_of(at(7)))
    reply = histogram(table.service())
    assert reply["count"] == 153
    assert "approximate" not in reply
    table.put(entry_of(at(9), uuid_of(1)))
    assert histogram(table.service())["approximate"] is True


@pytest.mark.parametrize("exact", ("true", "false"))
@pytest.mark.parametrize("source", (None, "a"))
def test_what_its_budget_did_not_reach_is_asked_for_next(
    monkeypatch: pytest.MonkeyPatch, exact: str, source: str | None
) -> None:
    """`countedTo` is the `until` of the next request, and together they count each entry once."""
    monkeypatch.setattr(header_count, "time", SimpleNamespace(monotonic=lambda: float("inf")))
    monkeypatch.setattr(entry_count, "time", SimpleNamespace(monotonic=lambda: float("inf")))
    monkeypatch.setattr(limits, "INDEX_PAGE_ITEMS_MAX", 5)
    monkeypatch.setattr(limits, "EXPORT_LIMIT_MAX", 2)  # less than a minute has
    monkeypatch.setattr(limits, "PACKS_AT_ONCE_MAX", 2)
    table = Table(2)
    for number in range(40):
        minute = f"2026-02-09T21:{number:02d}"
        table.put_pack([entry_of(at(row, minute), source="ab"[row % 2]) for row in range(3)])
        table.put(entry_of(at(0, minute), source="a"))
    query = [("exact", exact), *([] if source is None else [("source", source)])]
    count, replies, until = 0, 0, "2026-02-09T22:00:00Z"
    while True:
        reply = histogram(
            table.service(), *query, window=[("since", "2026-02-09T21:00:00Z"), ("until", until)]
        )
        count += reply["count"]
        replies += 1
        if "truncated" not in reply:
            assert "countedTo" not in reply
            break
        assert reply["since"] < reply["countedTo"] < reply["until"]
        assert reply["buckets"][0]["dateTime"] == reply["countedTo"]
        until = reply["countedTo"]
    assert replies > 3
    assert count == (160 if source is None else 120)


@pytest.mark.parametrize("how", ("flip", "lose", "newer", "header"))
def test_what_can_not_be_read_is_counted_as_not_shown(how: str) -> None:
    """And the log names the pack. A header alone tells its counts, whatever has become of the body."""
    table = Table()
    table.put_pack([entry_of(at(number), source="ab"[number % 2]) for number in range(4)])
    pack = table.put_pack([entry_of(at(number), source="ab"[number % 2]) for number in range(6)])
    table.damage(pack, how)
    app = table.service()
    broken = 1 if how == "header" else 6
    for query in (("exact", "true"), ("source", "a")):
        reply = histogram(app, query)
        assert (reply["count"], reply["notShown"]) == (4 if query[0] == "exact" else 2, broken)
        assert pack in app.printed[-1]["damaged"][0]["item"]
    reply = histogram(app)
    assert (reply["count"], reply.get("notShown")) == ((4, 1) if how == "header" else (10, None))


def test_expired_entries_and_damaged_items_are_not_counted() -> None:
    """As they are not shown, or have no place in a histogram."""
    table = Table()
    table.put(entry_of(at(0)), EXPIRED_S)
    table.put_pack([entry_of(at(0))], EXPIRED_S)
    table.put(entry_of(at(1)))
    for number, time_text in enumerate(("2026-02-09T21:5x", "2026-02-09T25:00:00", "2026-02-09T21")):
        table.dynamodb.items[table.put(entry_of(at(2), uuid_of(90 + number)))]["DateTime"] = {"S": time_text}
    for number, fields in enumerate(({"Severity": {"S": "fatal"}}, {"Severity": {"N": "1"}})):
        item = table.dynamodb.items[table.put(entry_of(at(2), uuid_of(number)))]
        item |= fields
    app = table.service()
    assert histogram(app)["count"] == 1
    assert histogram(app, ("exact", "true"))["count"] == 1


def test_an_exact_histogram_takes_every_filter() -> None:
    """Searches and attributes too, which headers do not tell."""
    table = Table()
    table.put_pack(
        [entry_of(at(row), message=f"line {row}", attributes=f'{{"n":{row % 5}}}') for row in range(100)]
    )
    app = table.service()
    for query, count in (
        ([("q", "LINE 1"), ("case", "ignore")], 11),
        ([("regex", "9$")], 10),
        ([("attributes.n", "3")], 20),
        ([("regex", "9$"), ("attributes.n", "4"), ("severity", "info")], 10),
    ):
        assert histogram(app, *query, ("exact", "true"))["count"] == count
        reply = app.get("/histogram", query=[*DAY, *query])
        assert reply.status == 400
        assert set(reply.fields()) == {name for name, _ in query} - {"severity"}
