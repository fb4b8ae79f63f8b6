"""Entries counted from the index: single ones by their items, packed ones by their packs' headers.

No body is read, because packs never cross a minute and minutes are what is counted; but for one source
of a pack that has others too, of whose body the columns are read. An entry that stands in two items is
counted twice; whether that can be is told.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final

from logstead import limits
from logstead.entry import SEVERITIES, minute_of
from logstead.errors import PackUnreadable
from logstead.read.histogram import Counted, Window
from logstead.read.shard import DamagedPack
from logstead.read.tally import DERIVED, OWN, SINGLE, Span, Tally
from logstead.read.walk import FetchBodies
from logstead.storage.item import Item
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_header import HEADER_ATTRIBUTES, HEADER_PREFIX, PackHeader
from logstead.storage.read_table import IndexRange, Page

ATTRIBUTES: Final = tuple(sorted({"LogID", "DateTime", "Severity", "Source", "Filled", *HEADER_ATTRIBUTES}))
"""What is asked of each item; neither messages nor attributes cross the wire."""

QueryCounts = Callable[[IndexRange, int, Item | None], Page]
"""(range, count, start key) -> a page of it, its items with `ATTRIBUTES` alone."""


@dataclass(slots=True)
class _Shard:
    index_range: IndexRange
    query: QueryCounts
    last_read: str = ""
    is_done: bool = False
    next_key: Item | None = None

    def read(self) -> list[Item]:
        page = self.query(self.index_range, limits.INDEX_PAGE_ITEMS_MAX, self.next_key)
        self.next_key = page.next_key
        self.is_done = page.next_key is None
        if page.next_key is not None:
            self.last_read = page.next_key["DateTime"]["S"]
        return page.items


@dataclass(slots=True)
class HeaderCount:
    """One count over all shards, newest minutes first."""

    window: Window
    severities: frozenset[str]
    source: str | None
    log_types: Sequence[str]
    query: QueryCounts
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
        shards = [
            _Shard(IndexRange(log_type, self.window.since, self.window.until, newest_first=True), self.query)
            for log_type in self.log_types
        ]
        while True:
            if self._unopened:
                self._open()
            else:
                left = [shard for shard in shards if not shard.is_done]
                for items in self.executor.map(_Shard.read, left):
                    self._take(items)
                self._unopened.sort(key=lambda header: header.newest)
            unread = [shard.last_read for shard in shards if not shard.is_done]
            unread += [header.newest for header in self._unopened[-1:]]
            frontier = minute_of(max(unread)) if unread else None
            self._tally.settle(frontier)
            is_late = time.monotonic() >= ends_s or self._body_bytes_left <= 0
            if frontier is None or (is_late and self.window.minute_after(frontier) < self.window.until):
                return Counted.up_to(frontier, self._tally, self.window, self._damaged)

    def _take(self, items: Iterable[Item]) -> None:
        for item in items:
            log_id, date_time = item["LogID"]["S"], item["DateTime"]["S"]
            if date_time >= self.window.until:  # the index's bounds are both included
                continue
            if not log_id.startswith(HEADER_PREFIX):
                self._take_entry(item, date_time)
                continue
            try:
                self._take_pack(PackHeader.from_item(item))
            except PackUnreadable as error:
                self._damaged.append(DamagedPack(log_id, error.detail, entries=1))

    def _take_entry(self, item: Item, date_time: str) -> None:
        severity = item.get("Severity", {}).get("S")
        if severity not in self.severities:
            return
        if self.source is not None and item.get("Source", {}).get("S") != self.source:
            return
        self._tally.add(minute_of(date_time), {SEVERITIES.index(severity): 1})
        if "id" not in item.get("Filled", {}).get("S", "").split():
            self._tally.note(Span(date_time, date_time, SINGLE))

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
