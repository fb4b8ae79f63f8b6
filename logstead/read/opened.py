"""An opened pack -> its wanted entries, decoding no more of it than a page can show."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import chain
from typing import Final

from logstead.entry import SEVERITIES, LogEntry
from logstead.read.attributes import certain_texts
from logstead.read.order import Order, Position
from logstead.read.query import Filter
from logstead.read.search import Substring
from logstead.storage.pack_decode import PackBody

_ROWS_AT_ONCE_MIN: Final = 64
"""How many rows are decoded at first: what all rows of a call share costs as much as these few."""


def first_wanted(
    body: PackBody, wanted: Filter, order: Order, position: Position | None, count: int
) -> tuple[list[LogEntry], bool]:
    """Return a pack's first `count` wanted entries beyond a position, in order; and whether those are all.

    Raises:
        PackUnreadable: the pack is damaged.
    """
    rows = _candidates(body, wanted, order, position)
    is_wanted = wanted.matcher()
    found: list[LogEntry] = []
    done, at_once = 0, max(count, _ROWS_AT_ONCE_MIN)
    while done < len(rows) and len(found) < count:
        found += filter(is_wanted, body.entries(rows[done : done + at_once]))
        done += at_once
        at_once *= 2
    return found[:count], done >= len(rows) and len(found) <= count


def _candidates(body: PackBody, wanted: Filter, order: Order, position: Position | None) -> Sequence[int]:
    """Return the rows that may be wanted, in order, as far as the joined texts and the columns tell."""
    found = _found(body, wanted)
    if found is not None and not found:
        return []  # without a look at the columns: of most packs of most searches
    start = 0 if wanted.since is None else _first_of(body, wanted.since)
    end = body.count if wanted.until is None else _first_of(body, wanted.until)
    if position is not None and order.newest_first:
        end = min(end, _end_before(body, position))
    elif position is not None:
        start = max(start, _start_after(body, position))
    rows: Sequence[int] = range(start, end)
    if found is not None:
        rows = [row for row in rows if row in found]
    if wanted.severities is not None:
        codes = {SEVERITIES.index(severity) for severity in wanted.severities}
        severities = body.columns.severities
        rows = [row for row in rows if severities[row] in codes]
    if wanted.source is not None:
        sources = body.columns.sources
        rows = [row for row in rows if sources[row] == wanted.source]
    if wanted.entry_id is not None:
        rows = [row for row, one in zip(rows, body.ids(rows), strict=True) if one == wanted.entry_id]
    return rows[::-1] if order.newest_first else rows


def _found(body: PackBody, wanted: Filter) -> set[int] | None:
    """Return the rows whose joined texts don't rule them out; None: nothing is searched for in these."""
    if wanted.attributes and not body.attributes:
        return set()
    found: set[int] | None = None
    for search, texts in chain(
        ((Substring(text), body.attributes) for text in certain_texts(wanted.attributes)),
        ((search, body.messages) for search in wanted.searches),
    ):
        rows = search.rows(texts)
        found = set(rows) if found is None else found.intersection(rows)
        if not found:
            break
    return found


def _first_of(body: PackBody, date_time: str) -> int:
    """Return the first row of a time or, where there is none, of a later one."""
    return bisect_left(range(body.count), date_time, key=body.date_time)


def _end_before(body: PackBody, position: Position) -> int:
    """Return the end of the rows that stand before a position."""
    first, ids = _ids_at(body, position.date_time)
    return first + bisect_left(ids, position.id)


def _start_after(body: PackBody, position: Position) -> int:
    """Return the first of the rows that stand after a position."""
    first, ids = _ids_at(body, position.date_time)
    return first + bisect_right(ids, position.id)


def _ids_at(body: PackBody, date_time: str) -> tuple[int, list[str]]:
    """Return the first row of a time, and the ids of all rows of that time, ascending."""
    first = _first_of(body, date_time)
    end = bisect_right(range(body.count), date_time, lo=first, key=body.date_time)
    return first, body.ids(range(first, end)) if end > first else []
