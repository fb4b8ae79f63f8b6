"""What a read asks for, as plain values: the filter, the order, the page and the place to go on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from logstead.entry import SEVERITIES, LogEntry
from logstead.read.attributes import attribute_condition
from logstead.storage.pack_header import PackHeader

AFTER_ALL_IDS: Final = "~"
"""Stands after every id: with it, a `Position` of newest-first order comes before all of its time."""
BEFORE_ALL_IDS: Final = ""
"""Stands before every id: the same for oldest-first order."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the total order; what lies beyond (`date_time`, `id`) in the walk's direction is left."""

    date_time: str
    id: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted: all conditions hold. Times are `date_time` texts, `until` exclusive.

    `attributes` are pairs of a dotted path and a value as text.
    """

    since: str | None = None
    until: str | None = None
    severities: frozenset[str] | None = None
    source: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()

    def may_match(self, header: PackHeader) -> bool:
        """Tell whether a pack can hold a wanted entry, from its header alone."""
        if self.since is not None and header.newest < self.since:
            return False
        if self.until is not None and header.oldest >= self.until:
            return False
        if self.severities is not None:
            held = zip(SEVERITIES, header.counts, strict=True)
            if not any(count and severity in self.severities for severity, count in held):
                return False
        return self.source is None or header.may_hold_source(self.source)

    def matcher(self) -> Callable[[LogEntry], bool]:
        """Return what tells whether an entry is wanted."""
        conditions: list[Callable[[LogEntry], bool]] = []
        if (since := self.since) is not None:
            conditions.append(lambda entry: entry.date_time >= since)
        if (until := self.until) is not None:
            conditions.append(lambda entry: entry.date_time < until)
        if (severities := self.severities) is not None:
            conditions.append(lambda entry: entry.severity in severities)
        if (source := self.source) is not None:
            conditions.append(lambda entry: entry.source == source)
        conditions.extend(attribute_condition(path, value) for path, value in self.attributes)
        return lambda entry: all(condition(entry) for condition in conditions)


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a walk goes on: its position, and for each shard the index time to read from (None: no more)."""

    position: Position
    shard_starts: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """What a read asks for; `fingerprint` is that of all but `limit` and `cursor`."""

    filter: Filter
    newest_first: bool
    limit: int
    resume: Resume | None
    fingerprint: str
