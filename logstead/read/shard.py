"""One shard of the index, read page by page: its items as entries, headers of packs, or damaged ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from logstead.entry import LogEntry, minute_of
from logstead.errors import PackUnreadable
from logstead.storage.item import Item, entry_from_item, index_time, log_id
from logstead.storage.pack_header import HEADER_PREFIX, PackHeader
from logstead.storage.read_table import IndexRange, Page

QueryIndex = Callable[[IndexRange, int, Item | None], Page]
"""(range, count, start key) -> a page of it."""


class Origin(NamedTuple):
    """The index item that something was found in."""

    shard: int
    log_id: str
    index_time: str

    @property
    def is_pack(self) -> bool:
        """Tell whether the item is a pack's header."""
        return self.log_id.startswith(HEADER_PREFIX)


@dataclass(frozen=True, slots=True)
class DamagedPack:
    """A pack that can't be read; `entries` is how many are lost to the reader, as far as it is known."""

    log_id: str
    reason: str
    entries: int


class IndexItem(NamedTuple):
    """What an item of the index is."""

    origin: Origin
    content: LogEntry | PackHeader | DamagedPack


@dataclass(slots=True)
class ShardReader:
    """Reads one shard page by page, each asking for twice as many items as the one before.

    `count` is what the first one asks for, `count_max` the most that any does.
    """

    shard: int
    index_range: IndexRange
    query: QueryIndex
    count: int
    count_max: int
    last_read: str = ""
    """The index time of the last item read so far."""
    is_done: bool = False
    _next_key: Item | None = None

    def read(self) -> list[IndexItem]:
        """Return the next page's items, in the walk's direction by index time."""
        page = self.query(self.index_range, min(self.count, self.count_max), self._next_key)
        self.count *= 2
        self._next_key = page.next_key
        self.is_done = page.next_key is None
        if page.next_key is not None:
            # The page's last key, not its last item: expired items are filtered out after being read.
            self.last_read = index_time(page.next_key)
        return [self._index_item(item) for item in page.items]

    def frontier(self) -> str | None:
        """Return a time that no unread item's entry precedes in the walk's direction; None: all is read.

        Oldest first, an unread pack may reach back from its index time to the start of its minute.
        """
        if self.is_done:
            return None
        return self.last_read if self.index_range.newest_first else minute_of(self.last_read)

    def _index_item(self, item: Item) -> IndexItem:
        origin = Origin(self.shard, log_id(item), index_time(item))
        if not origin.is_pack:
            return IndexItem(origin, entry_from_item(item))
        try:
            return IndexItem(origin, PackHeader.from_item(item))
        except PackUnreadable as error:
            return IndexItem(origin, DamagedPack(origin.log_id, error.detail, entries=1))
