"""Entries counted from the index: single ones by their items, packed ones by their packs' headers.

No body is read, because packs never cross a minute and minutes are what is counted; but for one source
of a pack that has others too, of whose body the columns are read. An entry that stands in two items is
counted twice; whether that can be is told.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final

from logstead import limits
from logstead.entry import SEVERITIES, LogEntry, minute_of
from logstead.errors import PackUnreadable
from logstead.read.histogram import Counted, Window
from logstead.read.shard import DamagedPack, IndexItem, QueryIndex, ShardReader
from logstead.read.tally import DERIVED, OWN, SINGLE, Span, Tally
from logstead.read.walk import FetchBodies
from logstead.storage.item import COUNTED_ATTRIBUTES
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_header import HEADER_ATTRIBUTES, HEADER_PREFIX, PackHeader
from logstead.storage.read_table import IndexRange

ATTRIBUTES: Final = tuple(sorted({*COUNTED_ATTRIBUTES, *HEADER_ATTRIBUTES}))
"""What is asked of each item; neither messages nor attributes cross the wire."""


@dataclass(slots=True)
class HeaderCount:
    """One count over all shards, newest minutes first; what `query` returns needs `ATTRIBUTES` alone."""

    window: Window
    severities: frozenset[str]
    source: str | None
    log_types: Sequence[str]
    query: QueryIndex
    fetch_bodies: FetchBodies
    executor: Executor
    _tally: Tally = field(default_factory=Tally)
    _unopened: list[PackHeader] = field(default_factory=list)  # the newest is last
    _damaged: list[DamagedPack] = field(default_factory=list)
    _body_bytes_left: int = limits.READ_BODY_BYTES_MAX

    def run(self, ends_s: float) -> Counted:
        """Return the counts of the window, or of its newest minutes where its budget ends before.

        `ends_s` is on the monotonic clock. At least a minute is counted.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        shards = self._readers()
        while True:
            if self._unopened:
                self._open()
            else:
                left = [shard for shard in shards if not shard.is_done]
                for items in self.executor.map(ShardReader.read, left):
                    self._take(items)
                self._unopened.sort(key=lambda header: header.newest)
            unread = [shard.last_read for shard in shards if not shard.is_done]
            unread += [header.newest for header in self._unopened[-1:]]
            frontier = minute_of(max(unread)) if unread else None
            self._tally.settle(frontier)
            is_late = time.monotonic() >= ends_s or self._body_bytes_left <= 0
            if frontier is None or (is_late and self.window.minute_after(frontier) < self.window.until):
                return Counted.up_to(frontier, self._tally, self.window, self._damaged)

    def _readers(self) -> list[ShardReader]:
        since, until, count = self.window.since, self.window.until, limits.INDEX_PAGE_ITEMS_MAX
        return [
            ShardReader(number, IndexRange(shard, since, until, newest_first=True), self.query, count, count)
            for number, shard in enumerate(self.log_types)
        ]

    def _take(self, items: Iterable[IndexItem]) -> None:
        for origin, content in items:
            if origin.index_time >= self.window.until:  # the index's bounds are both included
                continue
            if isinstance(content, PackHeader):
                self._take_pack(content)
            elif isinstance(content, DamagedPack):
                self._damaged.append(content)
            else:
                self._take_entry(content)

    def _take_entry(self, entry: LogEntry) -> None:
        if entry.severity not in self.severities:
            return
        if self.source is not None and entry.source != self.source:
            return
        self._tally.add(minute_of(entry.date_time), {SEVERITIES.index(entry.severity): 1})
        if "id" not in entry.filled:
            self._tally.note(Span(entry.date_time, entry.date_time, SINGLE))

    def _take_pack(self, header: PackHeader) -> None:
        counts = self._wanted(dict(enumerate(header.counts)))
        if not any(counts.values()) or (self.source is not None and not header.may_hold_source(self.source)):
            return
        if self.source is None or header.holds_only_source(self.source):
            self._add(header, counts)
        else:
            self._unopened.append(header)

    def _open(self) -> None:
        """Open the newest packs of those whose headers do not tell enough."""
        headers = self._unopened[-limits.PACKS_AT_ONCE_MAX :]
        del self._unopened[-limits.PACKS_AT_ONCE_MAX :]
        bodies = self.fetch_bodies([header.pack for header in headers])
        for header in headers:
            body = bodies.get(header.pack)
            self._body_bytes_left -= len(body or b"")
            try:
                codes = self._codes_of_source(header.pack, body)
            except PackUnreadable as error:
                self._damaged.append(DamagedPack(HEADER_PREFIX + header.pack, error.detail, header.count))
            else:
                self._add(header, self._wanted(Counter(codes)))

    def _codes_of_source(self, pack: str, body: bytes | None) -> list[int]:
        if body is None:
            raise PackUnreadable("its body is missing")
        columns = PackBody(pack, body).columns
        rows = zip(columns.severities, columns.sources, strict=True)
        return [code for code, source in rows if source == self.source]

    def _wanted(self, counts: Mapping[int, int]) -> Mapping[int, int]:
        return {code: count for code, count in counts.items() if SEVERITIES[code] in self.severities}

    def _add(self, header: PackHeader, counts: Mapping[int, int]) -> None:
        self._tally.add(minute_of(header.newest), counts)
        self._tally.note(Span(header.oldest, header.newest, OWN if header.has_own_ids else DERIVED))
