"""What a read asks for, as plain values: the filter, the order, the page and the place to go on."""

from collections.abc import Callable
from dataclasses import dataclass

from logstead.entry import SEVERITIES, LogEntry
from logstead.read.attributes import attributes_condition
from logstead.read.order import Order, Position
from logstead.read.search import MessageSearch
from logstead.storage.pack_header import PackHeader


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted: all conditions hold. Times are `date_time` texts, `until` exclusive.

    `attributes` are pairs of a dotted path and a value as text; `searches` find messages.
    """

    since: str | None = None
    until: str | None = None
    severities: frozenset[str] | None = None
    source: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    entry_id: str | None = None
    searches: tuple[MessageSearch, ...] = ()

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
        if (entry_id := self.entry_id) is not None:
            conditions.append(lambda entry: entry.id == entry_id)
        conditions.extend(_message_condition(search) for search in self.searches)
        if self.attributes:
            conditions.append(attributes_condition(self.attributes))
        return lambda entry: all(condition(entry) for condition in conditions)


def _message_condition(search: MessageSearch) -> Callable[[LogEntry], bool]:
    return lambda entry: search.matches(entry.message)


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a walk goes on: what lies beyond `position` is left.

    `shard_starts` has for each shard the index time from which it must be read; None: no more of it.
    """

    position: Position
    shard_starts: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """What a read asks for; `fingerprint` is that of all but `limit` and `cursor`."""

    filter: Filter
    order: Order
    limit: int
    resume: Resume | None
    fingerprint: str
