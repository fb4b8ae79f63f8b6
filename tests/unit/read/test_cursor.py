"""Cursors: a round trip, and a 400 for whatever is none of ours."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead.entry import LogEntry
from logstead.read.cursor import DamagedCursor, decode_cursor, encode_cursor
from logstead.read.order import Order, Position
from logstead.read.parameters import GET_LIMITS, parse_read_query
from logstead.read.query import Filter, ReadQuery, Resume
from logstead.storage.item import entry_as_item
from tests.unit.service import Service

TIMES = st.datetimes().map(lambda moment: moment.isoformat(timespec="microseconds") + "+00:00")
QUERY = ReadQuery(Filter(), order=Order(newest_first=True), limit=1, resume=None, fingerprint="f")
TIME = "2026-02-09T21:50:20.846154+00:00"


def forged(value: object) -> str:
    """Return a text with a right checksum, which anybody can compute."""
    data = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    checksum = hashlib.sha256(b"logstead cursor" + data).digest()[:6]
    return base64.urlsafe_b64encode(checksum + data).decode().rstrip("=")


@given(TIMES, st.text(max_size=40), st.lists(st.none() | TIMES, max_size=8), st.none() | TIMES)
def test_a_cursor_gives_back_its_place_and_its_window(
    moment: str, entry_id: str, starts: list[str | None], until: str | None
) -> None:
    """Position, shard starts and the query's window, made absolute, survive."""
    resume = Resume(Position(moment, entry_id), tuple(starts))
    query = ReadQuery(
        Filter(until=until), order=Order(newest_first=True), limit=1, resume=None, fingerprint="f"
    )
    assert decode_cursor(encode_cursor(query, resume), "f") == (resume, (None, until))


@given(st.data())
def test_a_damaged_cursor_is_refused(data: st.DataObject) -> None:
    """Another character, one more or one less: never another page."""
    cursor = encode_cursor(QUERY, Resume(Position(TIME, "x"), (TIME, None)))
    place = data.draw(st.integers(0, len(cursor)))
    other = data.draw(st.sampled_from(["", "A", "B", "-", "_", "+", "/", "=", "!", "AA", "\u00e9", "%", " "]))
    damaged = cursor[:place] + other + cursor[place + data.draw(st.integers(0, 1)) :]
    if damaged != cursor:
        with pytest.raises(DamagedCursor):
            decode_cursor(damaged, "f")


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_is_refused(text: str) -> None:
    """Whatever is no cursor is a damaged one."""
    with pytest.raises(DamagedCursor):
        decode_cursor(text, "f")


FINGERPRINT = parse_read_query((), datetime(2026, 1, 1, tzinfo=UTC), GET_LIMITS).fingerprint


@pytest.mark.parametrize(
    "value",
    (
        *(None, 1, "x", [], {}, [1], [2], ["1"], [True, FINGERPRINT], b"\xff", b"[" * 50_000, b"NaN"),
        [1, FINGERPRINT, TIME, "x", [TIME]],
        [1, FINGERPRINT, TIME, "x", [TIME], [None]],
        [1, FINGERPRINT, TIME, "x", TIME, [None, None]],
        [1, FINGERPRINT, None, "x", [TIME], [None, None]],
        [1, FINGERPRINT, TIME, 5, [TIME], [None, None]],
        [1, FINGERPRINT, TIME, "x", [5], [None, None]],
        [1, FINGERPRINT, TIME, "x", [""], [None, None]],
        [1, FINGERPRINT, TIME, "x", ["x" * 5_000], [None, None]],
        [1, FINGERPRINT, TIME, "x", ["\ud800"], [None, None]],
        [1, FINGERPRINT, TIME, "x", [TIME], [5, None]],
        [1, FINGERPRINT, TIME, "x", [TIME], ["9999", None]],
        [1, "another", TIME, "x", [TIME], [None, None]],
        [2, FINGERPRINT, TIME, "x", [TIME], [None, None]],
    ),
    ids=lambda value: str(value)[:60],
)
def test_a_forged_cursor_is_a_400_and_costs_no_query(app: Service, value: object) -> None:
    """The checksum finds damage, not malice: what it covers is checked as well."""
    reply = app.get(query=[("cursor", forged(value))])
    assert (reply.status, reply.fields()) == (400, ["cursor"])
    assert app.dynamodb.calls == []
    assert app.printed == []


def test_a_cursor_serves_its_own_query_alone(app: Service) -> None:
    """Another filter or order is refused; another limit is not."""
    for number in range(5):
        app.post({"severity": "info", "message": str(number)})
    cursor = app.get(query=[("limit", "2")]).json()["nextCursor"]
    assert app.get(query=[("cursor", cursor), ("limit", "3")]).json()["count"] == 3
    for name, value in (("severity", "info"), ("order", "oldest"), ("since", "1h")):
        assert app.get(query=[("cursor", cursor), (name, value)]).fields() == ["cursor"]


def test_a_walk_passes_over_times_that_another_writer_made(app: Service) -> None:
    """The cursor's own times are whatever the index holds, and no page is refused for them."""
    times = ("\u00e9", "9999", TIME, "2026-02-09 21:50", "yesterday")
    for number, moment in enumerate(times):
        item = entry_as_item(LogEntry(f"id {number}", moment, "info", "m"), "LOG", None)
        app.dynamodb.items[f"id {number}"] = item
    shown, query = [], [("limit", "1")]
    for _ in times:
        page = app.get(query=query).json()
        shown += [one["dateTime"] for one in page["logs"]]
        query = [("limit", "1"), ("cursor", page.get("nextCursor", ""))]
    assert shown == sorted(times, reverse=True)


def test_a_window_of_times_ago_stands_still_while_it_is_walked() -> None:
    """`since=15m` means 15 minutes before the first page, however late the next one is asked for."""
    first = datetime(2026, 2, 9, 21, 50, tzinfo=UTC)
    query = (("since", "15m"), ("until", "2026-02-09T21:50:00Z"))
    asked = parse_read_query(query, first, GET_LIMITS)
    cursor = encode_cursor(asked, Resume(Position(TIME, "x"), (TIME,)))
    later = parse_read_query((*query, ("cursor", cursor)), first + timedelta(hours=1), GET_LIMITS)
    assert later.filter == asked.filter
    assert later.filter.since == "2026-02-09T21:35:00.000000+00:00"
