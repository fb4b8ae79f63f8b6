"""A walk through the total order (`dateTime`, id), across shards, single entries and packs.

It never holds more than it must to be exact: an entry is shown once nothing unread or unopened can
come before it. Two things can stand in the way of the next entry, and each round of the loop removes one:
shards whose unread part may hold an earlier one (read their next pages), or unopened packs whose span
may (fetch their bodies). Both are done side by side.

Both directions are one algorithm: newest first, a pack leads with its newest time, oldest first with
its oldest. Packs never cross a minute, so oldest first the unread may reach back to the minute's start
only.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from logstead import limits
from logstead.entry import LogEntry
from logstead.errors import PackUnreadable, StorageUnavailable
from logstead.read.draft import Draft
from logstead.read.opened import first_wanted
from logstead.read.order import Order, Position
from logstead.read.query import Filter, Resume
from logstead.read.shard import DamagedPack, Origin, ShardReader
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_header import PackHeader

FetchBodies = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Pack ids -> the bodies of those that have one."""


class Row(NamedTuple):
    """What stands at a place of the total order: a wanted entry, or a pack that can't be read."""

    place: Position
    origin: Origin
    content: LogEntry | DamagedPack


class UnopenedPack(NamedTuple):
    """A pack of which only the header was read."""

    origin: Origin
    header: PackHeader


@dataclass(frozen=True, slots=True)
class Walked:
    """What one page of a walk found; `resume` is None where nothing is left.

    `is_cut` tells that its size, its time or what it may read ended the page before the limit did.
    """

    entries: list[LogEntry]
    resume: Resume | None
    is_cut: bool
    damaged: list[DamagedPack]


@dataclass(slots=True)
class Walk:
    """One page's walk, from `position` on (None: from the beginning), over the shards that are not used up.

    Of the `_rows`, and of the `_unopened` by their leads, the next one is last. `_left_out` has by shard the
    first index time of what this page does not reach.
    """

    shards: Sequence[ShardReader]
    shard_count: int
    fetch_bodies: FetchBodies
    wanted: Filter
    order: Order
    position: Position | None
    executor: Executor
    _rows: list[Row] = field(default_factory=list)
    _unopened: list[UnopenedPack] = field(default_factory=list)
    _left_out: dict[int, str] = field(default_factory=dict)
    _packs_at_once: int = 1

    def run(self, page: Draft) -> Walked:
        """Return the page, filled.

        Raises:
            StorageUnavailable: its time was over before it came any further; or see `storage_failures`.
            StorageMisconfigured: see `storage_failures`.
        """
        begin = self.position
        self._read(self.shards)
        while True:
            bound = self._bound()
            self._show(page, bound)
            if page.is_full or bound is None:
                return self._end(page, bound)
            if page.is_spent() and self._place(page, bound) != begin:
                return self._end(page, bound)
            if page.is_late():  # a cursor would lead right back here
                raise StorageUnavailable(
                    f"More entries stand at or about {bound} than can be looked through in time; "
                    "leave that time out by since and until, or send it again."
                )
            self._go_on(page)

    def _bound(self) -> str | None:
        """Return the time at which the first of what is unread or unopened may stand; None: all is known."""
        times = [frontier for reader in self.shards if (frontier := reader.frontier()) is not None]
        return self.order.first([*times, *[self._lead(pack.header) for pack in self._unopened[-1:]]])

    def _show(self, page: Draft, bound: str | None) -> None:
        """Move what nothing unknown can precede to the page, as far as it has room."""
        while self._rows and not page.is_full:
            row = self._rows[-1]
            if bound is not None and not self.order.precedes(row.place.date_time, bound):
                return
            if page.take(row.content):
                self.position = row.place
                while self._rows and self._rows[-1].place == row.place:
                    self._rows.pop()

    def _go_on(self, page: Draft) -> None:
        """Read, or else open, all that must be known before the first row known so far can be shown."""
        times = [row.place.date_time for row in self._rows[-1:]]
        times += [self._lead(pack.header) for pack in self._unopened[-1:]]
        first = self.order.first(times)
        in_the_way = [
            reader
            for reader in self.shards
            if (frontier := reader.frontier()) is not None
            and (first is None or not self.order.precedes(first, frontier))
        ]
        if in_the_way:
            self._read(in_the_way)
        else:
            self._open(self._next_packs(page.left), page)
        self._forget(page.left)

    def _read(self, readers: Sequence[ShardReader]) -> None:
        matches = self.wanted.matcher()
        for origin, content in chain.from_iterable(self.executor.map(ShardReader.read, readers)):
            if isinstance(content, PackHeader):
                if self.wanted.may_match(content) and not self._is_used_up(content):
                    self._unopened.append(UnopenedPack(origin, content))
            elif isinstance(content, DamagedPack):
                self._add([Row(Position(origin.index_time, origin.log_id), origin, content)])
            elif matches(content):
                self._add([Row(Position(content.date_time, content.id), origin, content)])
        self._unopened.sort(key=lambda pack: self._lead(pack.header), reverse=not self.order.newest_first)
        self._sort_rows()

    def _next_packs(self, wanted: int) -> list[UnopenedPack]:
        """Take off the packs that hold what is wanted; more each time, as they may overlap or not match.

        Those over the place where the page begins must be opened all, before anything can be shown.
        """
        taken: list[UnopenedPack] = []
        held = 0
        while self._unopened and len(taken) < limits.PACKS_AT_ONCE_MAX:
            lead = self._lead(self._unopened[-1].header)
            is_due = self.position is not None and not self.order.precedes(self.position.date_time, lead)
            if not is_due and held >= wanted and len(taken) >= self._packs_at_once:
                break
            taken.append(self._unopened.pop())
            held += taken[-1].header.count
        self._packs_at_once *= 2
        return taken

    def _open(self, packs: Sequence[UnopenedPack], page: Draft) -> None:
        bodies = self.fetch_bodies([pack.header.pack for pack in packs])
        for number, (origin, header) in enumerate(packs):
            if number and page.is_late():  # a slow search; the next page opens them
                self._unopened.extend(reversed(packs[number:]))
                break
            body = bodies.get(header.pack)
            page.body_bytes -= len(body or b"")
            try:
                entries, are_all = self._wanted_in(header.pack, body, page.left)
            except PackUnreadable as error:
                damaged = DamagedPack(origin.log_id, error.detail, header.count)
                self._add([Row(Position(self._lead(header), origin.log_id), origin, damaged)])
            else:
                self._add([Row(Position(entry.date_time, entry.id), origin, entry) for entry in entries])
                if not are_all:
                    self._leave_out([origin])
        self._sort_rows()

    def _wanted_in(self, pack: str, body: bytes | None, count: int) -> tuple[list[LogEntry], bool]:
        if body is None:
            raise PackUnreadable("its body is missing")
        return first_wanted(PackBody(pack, body), self.wanted, self.order, self.position, count)

    def _lead(self, header: PackHeader) -> str:
        return header.newest if self.order.newest_first else header.oldest

    def _is_used_up(self, header: PackHeader) -> bool:
        end = header.oldest if self.order.newest_first else header.newest
        return self.position is not None and self.order.precedes(end, self.position.date_time)

    def _add(self, rows: Iterable[Row]) -> None:
        here = self.position
        self._rows += [row for row in rows if here is None or self.order.precedes(here, row.place)]

    def _sort_rows(self) -> None:
        # Of entries that agree in time and id, one stored alone comes off first, as its put looked for others
        # of its id; of those in packs, that of the pack with the lowest id.
        self._rows.sort(key=lambda row: (row.origin.is_pack, row.origin.log_id), reverse=True)
        self._rows.sort(key=lambda row: row.place, reverse=not self.order.newest_first)

    def _forget(self, left: int) -> None:
        """Forget rows that this page can't reach, so that equal times by the million fit in memory."""
        if len(self._rows) <= max(2 * left, limits.INDEX_PAGE_ITEMS_MAX):
            return
        unique = list({row.place: row for row in self._rows}.values())
        reachable = left + sum(isinstance(row.content, DamagedPack) for row in unique)
        self._rows = unique[-reachable:]
        self._leave_out([row.origin for row in unique[:-reachable]])

    def _leave_out(self, origins: Iterable[Origin]) -> None:
        """Note where the next page finds rows that this one can't reach."""
        for shard, _, index_time in origins:
            times = [index_time, *([self._left_out[shard]] if shard in self._left_out else [])]
            self._left_out[shard] = self.order.first(times) or index_time

    def _place(self, page: Draft, bound: str | None) -> Position | None:
        """Return how far the page has come: all before it is shown, or was looked at and is not wanted."""
        if bound is None or page.is_full:
            return self.position
        place = self.order.before_all_of(bound)
        is_further = self.position is None or self.order.precedes(self.position, place)
        return place if is_further else self.position

    def _end(self, page: Draft, bound: str | None) -> Walked:
        place = self._place(page, bound)
        is_left = bool(self._rows or self._left_out) or bound is not None
        resume = Resume(place, self._starts()) if is_left and place is not None else None
        return Walked(page.entries, resume, is_left and page.left > 0, page.damaged)

    def _starts(self) -> tuple[str | None, ...]:
        """Return for each shard the index time from which the next page must read it; None: it is used up."""
        self._leave_out([pack.origin for pack in self._unopened])
        self._leave_out([row.origin for row in self._rows])
        self._leave_out(
            Origin(reader.shard, "", reader.last_read) for reader in self.shards if not reader.is_done
        )
        return tuple(self._left_out.get(shard) for shard in range(self.shard_count))
