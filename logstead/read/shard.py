"""One shard of the index, read in pages and turned into blocks: single entries and unopened packs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from logstead.entry import LogEntry
from logstead.errors import PackUnreadable
from logstead.storage.item import Item, entry_from_item
from logstead.storage.pack_header import HEADER_PREFIX, PackHeader
from logstead.storage.read_table import IndexRange, Page

_MINUTE_CHARACTERS = len("2026-02-09T21:50")


QueryIndex = Callable[[IndexRange, int, Item | None], Page]
"""(range, count, start key) -> a page of it."""


@dataclass(frozen=True, slots=True)
class Block:
    """An index item: one entry, or an unopened pack. `newest` is its time in the index."""

    shard: int
    log_id: str
    newest: str
    entry: LogEntry | None
    header: PackHeader | None


@dataclass(frozen=True, slots=True)
class DamagedItem:
    """An index item that is a pack's header but can't be read."""

    log_id: str
    reason: str


@dataclass(slots=True)
class ShardReader:
    """Reads one shard page by page; `last_read` is the index time of the last item read so far."""

    shard: int
    index_range: IndexRange
    query: QueryIndex
    damaged: list[DamagedItem] = field(default_factory=list)
    last_read: str | None = None
    is_done: bool = False
    _next_key: Item | None = None

    def read(self, count: int) -> list[Block]:
        """Return the next page's blocks, in the walk's direction by index time."""
        page = self.query(self.index_range, count, self._next_key)
        self._next_key = page.next_key
        self.is_done = page.next_key is None
        blocks = [self._block(item) for item in page.items]
        if page.next_key is not None:
            # The page's last key, not its last item: expired items are filtered out after being read.
            self.last_read = page.next_key["DateTime"]["S"]
        return [block for block in blocks if block is not None]

    def frontier(self) -> str | None:
        """Return a time that no unread item's entry precedes in the walk's direction; None: all is read.

        Oldest first, an unread pack may reach back from its index time to the start of its minute.
        """
        if self.is_done:
            return None
        read = self.last_read or ""
        return read if self.index_range.newest_first else read[:_MINUTE_CHARACTERS]

    def _block(self, item: Item) -> Block | None:
        log_id = item["LogID"]["S"]
        newest = item["DateTime"]["S"]
        if not log_id.startswith(HEADER_PREFIX):
            return Block(self.shard, log_id, newest, entry_from_item(item), None)
        try:
            return Block(self.shard, log_id, newest, None, PackHeader.from_item(item))
        except PackUnreadable as error:
            self.damaged.append(DamagedItem(log_id, error.detail))
            return None
