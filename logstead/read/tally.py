"""Counts of entries by minute and severity, and whether any of them may have been counted twice."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from logstead.entry import minute_of

SINGLE, DERIVED, OWN = range(3)
"""Kinds of items by the ids they hold: a single entry's own, a pack's derived ones, or some of its own.

A single entry whose id the service made is none of these: no other item has such an id.
"""
_MAY_SHARE_AN_ID: Final = {SINGLE: (DERIVED, OWN), DERIVED: (SINGLE, OWN), OWN: (SINGLE, DERIVED, OWN)}


class Span(NamedTuple):
    """From when to when an item has entries (`date_time` texts of one minute), and its kind."""

    oldest: str
    newest: str
    kind: int


class Tally:
    """Counts, as they come."""

    def __init__(self) -> None:
        self.by_minute: dict[str, Counter[int]] = {}
        """`YYYY-MM-DDTHH:MM` -> counts by index into `SEVERITIES`."""
        self.may_count_twice = False
        """Whether two items of the minutes settled so far may hold the same entry."""
        self._spans: dict[str, list[Span]] = defaultdict(list)

    def add(self, minute: str, counts: Mapping[int, int]) -> None:
        """Add counts by severity to a minute."""
        self.by_minute.setdefault(minute, Counter()).update(counts)

    def note(self, span: Span) -> None:
        """Note the item that a count came from."""
        if not self.may_count_twice:  # it can't become truer
            self._spans[minute_of(span.oldest)].append(span)

    def settle(self, minute: str | None) -> None:
        """Judge all minutes after this one, or all where it is None: no more items of theirs will come."""
        for one in [one for one in self._spans if minute is None or one > minute]:
            self.may_count_twice = may_share_an_entry(self._spans.pop(one)) or self.may_count_twice


def may_share_an_entry(spans: Iterable[Span]) -> bool:
    """Tell whether two items can hold entries of one time and id: their spans meet, and their ids may."""
    reach: dict[int, str] = {}
    for oldest, newest, kind in sorted(spans):
        if any(reach.get(other, "") >= oldest for other in _MAY_SHARE_AN_ID[kind]):
            return True
        reach[kind] = max(reach.get(kind, ""), newest)
    return False
