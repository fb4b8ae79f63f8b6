"""A walk through the total order (`dateTime`, id), across shards, single entries and packs.

It never holds more than it must to be exact: an entry is shown once nothing unread or unopened can
come before it. Three things can stand in the way of the next entry, and each round of the loop removes
one: a shard whose unread part may hold an earlier one (read its next page), or an unopened pack whose
span may (fetch its body). Shards are read side by side, bodies in one request.

Both directions are one algorithm: newest first, a block leads with its newest time, oldest first with
its oldest. Packs never cross a minute, so oldest first the unread may reach back to the minute's start
only.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import NamedTuple

from logstead import limits
from logstead.entry import LogEntry
from logstead.errors import PackUnreadable
from logstead.read.query import AFTER_ALL_IDS, BEFORE_ALL_IDS, Position, Resume
from logstead.read.shard import Block, DamagedItem, ShardReader
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_header import PackHeader

FetchBodies = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Pack ids -> the bodies of those that have one."""
OpenPack = Callable[[PackBody], list[LogEntry]]
"""An opened pack -> its wanted entries."""


class Row(NamedTuple):
    """A wanted entry and where it stands; sorted by the total order."""

    date_time: str
    id: str
    log_id: str
    entry: LogEntry
    block: Block


@dataclass(frozen=True, slots=True)
class Walked:
    """What one page of a walk found; `resume` is None where nothing is left.

    `is_cut` tells that its size or its budget ended the page before the limit did; `reached` is then
    how far it looked.
    """

    entries: list[LogEntry]
    resume: Resume | None
    is_cut: bool
    damaged: list[DamagedItem]
    entries_not_shown: int


@dataclass(slots=True)
class Budget:
    """What a page may spend: entries, bytes of its reply, bytes of bodies read, and time (monotonic)."""

    entries: int
    reply_bytes: int
    body_bytes: int
    ends_s: float
    entry_bytes: Callable[[LogEntry], int]

    def is_spent(self) -> bool:
        """Tell whether the walk must stop although it found fewer entries than were asked for."""
        return self.body_bytes <= 0 or time.monotonic() >= self.ends_s


@dataclass(slots=True)
class Walk:
    """One page's walk over its shards, from `position` on (None: from the beginning)."""

    shards: Sequence[ShardReader]
    fetch_bodies: FetchBodies
    may_match: Callable[[PackHeader], bool]
    matches: Callable[[LogEntry], bool]
    open_pack: OpenPack
    newest_first: bool
    position: Position | None
    executor: Executor
    _pending: list[Block] = field(default_factory=list)  # unopened packs; the next one is last
    _rows: list[Row] = field(default_factory=list)  # wanted entries; the next one is last
    _damaged: list[DamagedItem] = field(default_factory=list)
    _entries_not_shown: int = 0
    _trimmed: dict[int, str] = field(default_factory=dict)  # by shard, index times of rows out of reach

    def run(self, budget: Budget) -> Walked:
        """Return the next page."""
        shown: list[LogEntry] = []
        page_size = budget.entries + 1
        opened_at_once = 1
        self._read([reader for reader in self.shards if not reader.is_done], page_size)
        while True:
            bound = self._bound()
            is_full = self._show(shown, bound, budget)
            if is_full or bound is None or budget.is_spent():
                return self._walked(shown, bound, budget, is_full=is_full)
            blocking = [reader for reader in self.shards if reader.frontier() == bound]
            if blocking and not self._pending and not self._rows:  # nothing to show yet: all must go on
                blocking = [reader for reader in self.shards if not reader.is_done]
            if blocking:
                page_size = min(page_size * 2, limits.INDEX_PAGE_ITEMS_MAX)
                self._read(blocking, page_size)
            else:
                self._open(self._next_packs(budget.entries - len(shown), opened_at_once), budget)
                opened_at_once = min(opened_at_once * 2, limits.PACKS_AT_ONCE_MAX)
            self._trim(budget.entries - len(shown))

    def _lead(self, block: Block) -> str:
        if block.header is None or self.newest_first:
            return block.newest
        return block.header.oldest

    def _bound(self) -> str | None:
        """Return the time at which the first of what is unread or unopened may stand; None: all is open."""
        bounds = [frontier for reader in self.shards if (frontier := reader.frontier()) is not None]
        if self._pending:
            bounds.append(self._lead(self._pending[-1]))
        return (max if self.newest_first else min)(bounds, default=None)

    def _precedes(self, one: str, other: str) -> bool:
        return one > other if self.newest_first else one < other

    def _is_left(self, entry: LogEntry) -> bool:
        """Tell whether an entry lies beyond the position that the walk went on from."""
        if self.position is None:
            return True
        here, there = (entry.date_time, entry.id), (self.position.date_time, self.position.id)
        return here < there if self.newest_first else here > there

    def _read(self, readers: Sequence[ShardReader], count: int) -> None:
        for blocks in self.executor.map(lambda reader: reader.read(count), readers):
            for block in blocks:
                if block.header is None and block.entry is not None:
                    self._add(block, [block.entry] if self.matches(block.entry) else [])
                elif block.header is not None and self.may_match(block.header):
                    self._pending.append(block)
        self._pending.sort(key=self._lead, reverse=not self.newest_first)
        self._sort_rows()

    def _next_packs(self, wanted: int, at_once: int) -> list[Block]:
        """Take the next packs off: as many as can hold the wanted number, at least `at_once`."""
        taken: list[Block] = []
        held = 0
        while (
            self._pending
            and len(taken) < limits.PACKS_AT_ONCE_MAX
            and (held < wanted or len(taken) < at_once)
        ):
            block = self._pending.pop()
            taken.append(block)
            held += block.header.count if block.header else 0
        return taken

    def _open(self, blocks: Sequence[Block], budget: Budget) -> None:
        headers = {block: block.header for block in blocks if block.header is not None}
        bodies = self.fetch_bodies([header.pack for header in headers.values()])
        for block, header in headers.items():
            body = bodies.get(header.pack)
            try:
                entries = self._opened(header.pack, body)
            except PackUnreadable as error:
                self._damaged.append(DamagedItem(block.log_id, error.detail))
                self._entries_not_shown += header.count
            else:
                budget.body_bytes -= len(body or b"")
                self._add(block, entries)
        self._sort_rows()

    def _opened(self, pack: str, body: bytes | None) -> list[LogEntry]:
        if body is None:
            raise PackUnreadable("its body is missing")
        return self.open_pack(PackBody(pack, body))

    def _add(self, block: Block, entries: Sequence[LogEntry]) -> None:
        self._rows += [
            Row(entry.date_time, entry.id, block.log_id, entry, block)
            for entry in entries
            if self._is_left(entry)
        ]

    def _sort_rows(self) -> None:
        # Of entries that agree in time and id, the one whose item has the lower LogID comes off first.
        self._rows.sort(key=lambda row: row.log_id, reverse=True)
        self._rows.sort(key=lambda row: row[:2], reverse=not self.newest_first)

    def _trim(self, left: int) -> None:
        """Forget rows that this page can't reach, so that equal times by the million fit in memory."""
        if len(self._rows) <= max(2 * left, limits.INDEX_PAGE_ITEMS_MAX):
            return
        unique = {row[:2]: row for row in self._rows}  # of equal ones, the last in order comes off first
        kept = list(unique.values())
        self._rows = kept[-left:]
        furthest = max if self.newest_first else min
        for row in kept[:-left]:
            shard, newest = row.block.shard, row.block.newest
            self._trimmed[shard] = furthest(self._trimmed.get(shard, newest), newest)

    def _show(self, shown: list[LogEntry], bound: str | None, budget: Budget) -> bool:
        """Move entries that nothing can precede to the page; tell whether it is full."""
        while self._rows and (bound is None or self._precedes(self._rows[-1].date_time, bound)):
            row = self._rows[-1]
            size = budget.entry_bytes(row.entry)
            if len(shown) == budget.entries or (shown and size > budget.reply_bytes):
                return True
            budget.reply_bytes -= size
            shown.append(row.entry)
            while self._rows and self._rows[-1][:2] == row[:2]:
                self._rows.pop()
        return len(shown) == budget.entries

    def _walked(self, shown: list[LogEntry], bound: str | None, budget: Budget, *, is_full: bool) -> Walked:
        is_left = bool(self._rows or self._trimmed) or bound is not None
        resume = self._resume(shown, bound, is_full=is_full) if is_left else None
        damaged = [one for reader in self.shards for one in reader.damaged] + self._damaged
        unread = sum(len(reader.damaged) for reader in self.shards)
        is_cut = is_left and len(shown) < budget.entries
        return Walked(shown, resume, is_cut, damaged, self._entries_not_shown + unread)

    def _resume(self, shown: list[LogEntry], bound: str | None, *, is_full: bool) -> Resume:
        if (
            bound is not None and not is_full and not self._trimmed
        ):  # all before the bound was looked at, wanted or not
            sentinel = AFTER_ALL_IDS if self.newest_first else BEFORE_ALL_IDS
            position = Position(bound, sentinel)
        else:
            position = Position(shown[-1].date_time, shown[-1].id)
        return Resume(position, tuple(self._start(reader) for reader in self.shards))

    def _start(self, reader: ShardReader) -> str | None:
        """Return the index time from which the next page must read a shard; None: it is used up."""
        left = [block.newest for block in self._pending if block.shard == reader.shard]
        left += [row.block.newest for row in self._rows if row.block.shard == reader.shard]
        left += [newest for shard, newest in self._trimmed.items() if shard == reader.shard]
        if not reader.is_done:
            left.append(reader.last_read or "")
        return (max if self.newest_first else min)(left, default=None)
