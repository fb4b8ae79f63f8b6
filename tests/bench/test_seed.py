from collections import Counter
from datetime import UTC, datetime, timedelta

from bench.seed import items, spread
from logstead.entry import date_time_text

NEWEST = datetime(2026, 2, 9, 21, 50, tzinfo=UTC)


def test_entries_lie_at_even_distances_from_the_newest_back() -> None:
    """One a day for a year is a year less a day, newest first, each with an id of its own."""
    entries = list(spread(NEWEST, count=365, span=timedelta(days=365)))

    assert entries[0].date_time == date_time_text(NEWEST)
    assert entries[1].date_time == date_time_text(NEWEST - timedelta(days=1))
    assert entries[-1].date_time == date_time_text(NEWEST - timedelta(days=364))
    assert len({entry.id for entry in entries}) == 365


def test_a_table_is_filled_with_the_same_entries_each_time() -> None:
    """So that two runs, and two numbers of shards, are about one and the same thing."""
    first, second = (list(spread(NEWEST, count=50, span=timedelta(days=1))) for _ in range(2))
    assert first == second


def test_items_are_spread_over_the_shards_as_the_service_would() -> None:
    """Each shard gets its part; one shard is the specification's `LOG`."""
    entries = list(spread(NEWEST, count=1_000, span=timedelta(days=1)))

    assert {item["LogType"]["S"] for item in items(entries, 1)} == {"LOG"}
    by_shard = Counter(item["LogType"]["S"] for item in items(entries, 4))
    assert set(by_shard) == {"LOG", "LOG#1", "LOG#2", "LOG#3"}
    assert min(by_shard.values()) > 150
