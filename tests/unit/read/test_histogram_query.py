"""What GET /histogram can be asked: its window, its buckets, and every mistake by its name."""

from datetime import UTC, datetime, timedelta

import pytest

from logstead import limits
from logstead.entry import date_time_text
from tests.unit.fakes import FakeDynamoDB
from tests.unit.read.table import Table, at, entry_of
from tests.unit.read.test_histogram import histogram
from tests.unit.service import Service

APP = Service()


def test_the_window_is_widened_to_whole_minutes_and_told() -> None:
    """So headers tell all of it; entries outside of the window as asked but within it are counted."""
    table = Table()
    for second in (0, 30, 59):
        table.put(entry_of(at(second * 1_000_000)))
    table.put(entry_of(at(0, "2026-02-09T21:51")))
    table.put(entry_of(at(59_999_999, "2026-02-09T21:49")))
    window = [("since", "2026-02-09T21:50:20Z"), ("until", "2026-02-09T21:50:40Z")]
    reply = histogram(table.service(), window=window)
    assert reply == {
        "since": "2026-02-09T21:50:00.000000+00:00",
        "until": "2026-02-09T21:51:00.000000+00:00",
        "bucket": "1m",
        "count": 3,
        "buckets": [{"dateTime": "2026-02-09T21:50:00.000000+00:00", "info": 3, "warning": 0, "error": 0}],
    }
    assert histogram(table.service(), ("exact", "true"), window=window) == reply


def test_buckets_begin_at_whole_multiples_and_every_one_is_there() -> None:
    """Also those without an entry, and the first, which may begin before the window."""
    table = Table()
    table.put(entry_of(at(0, "2026-02-09T21:58"), severity="error"))
    window = [("since", "2026-02-09T21:52:00Z"), ("until", "2026-02-09T22:06:00Z")]
    reply = histogram(table.service(), ("bucket", "5m"), ("severity", "error"), window=window)
    assert reply["buckets"] == [
        {"dateTime": f"2026-02-09T{time}:00.000000+00:00", "error": count}
        for time, count in (("21:50", 0), ("21:55", 1), ("22:00", 0), ("22:05", 0))
    ]


def test_without_times_it_shows_the_last_hour() -> None:
    """Up to now, in minutes."""
    table = Table()
    now = datetime.now(UTC)
    for minutes in (0, 1, 58, 62):
        table.put(entry_of(date_time_text(now - timedelta(minutes=minutes, seconds=1))))
    reply = histogram(table.service(), window=[])
    assert reply["count"] == 3
    assert len(reply["buckets"]) == 60
    assert reply["until"] >= date_time_text(now)
    assert histogram(table.service(), window=[("until", "2h")])["count"] == 0


@pytest.mark.parametrize(
    ("query", "fields"),
    (
        ({"bucket": "10s"}, ["bucket"]),
        ({"bucket": "0m"}, ["bucket"]),
        ({"bucket": "1.5m"}, ["bucket"]),
        ({"bucket": "1000000m"}, ["bucket"]),
        ({"exact": "yes"}, ["exact"]),
        ({"since": "2026-02-09T21:50:00Z", "until": "2026-02-09T21:50:00Z"}, ["until"]),
        ({"since": "2026-02-09T21:50:00Z", "until": "2026-02-09T21:49:00Z"}, ["until"]),
        ({"since": "9998-01-01T00:00:00Z"}, ["until"]),
        ({"since": "2026-02-01T00:00:00Z", "until": "2026-02-03T00:00:00Z"}, ["bucket"]),
        ({"until": "9999-12-31T23:59:59Z"}, ["until"]),
        ({"until": "0001-01-01T00:00:01Z"}, ["until"]),
        ({"since": "0001-01-01T00:00:00Z", "until": "0001-01-02T00:00:00Z", "bucket": "7d"}, ["bucket"]),
        ({"since": "yesterday", "until": "now"}, ["since", "until"]),
        ({"severity": "fatal"}, ["severity"]),
        ({"source": " "}, ["source"]),
        ({"limit": "1"}, ["limit"]),
        ({"cursor": "x"}, ["cursor"]),
        ({"order": "oldest"}, ["order"]),
        ({"q": "x"}, ["q"]),
        (
            {"bucket": "x", "exact": "x", "severity": "x", "nonsense": "x"},
            ["nonsense", "exact", "severity", "bucket"],
        ),
    ),
)
def test_what_it_can_not_be_asked_is_named(query: dict[str, str], fields: list[str]) -> None:
    """All of it, before anything is read."""
    app = APP
    FakeDynamoDB.__init__(app.dynamodb)
    reply = app.get("/histogram", query=list(query.items()))
    assert (reply.status, reply.problem()) == (400, "invalid-parameter")
    assert reply.fields() == fields
    assert app.dynamodb.calls == []


def test_the_most_buckets_are_taken() -> None:
    """And one more is not."""
    app = APP
    FakeDynamoDB.__init__(app.dynamodb)
    since = datetime(2026, 2, 1, tzinfo=UTC)
    for minutes, status in ((limits.HISTOGRAM_BUCKETS_MAX, 200), (limits.HISTOGRAM_BUCKETS_MAX + 1, 400)):
        until = since + timedelta(minutes=minutes)
        query = [("since", date_time_text(since)), ("until", date_time_text(until))]
        assert app.get("/histogram", query=query).status == status
