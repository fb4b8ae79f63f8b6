"""One page of a read: a query's shards, walked within what the page may spend."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

from logstead import limits
from logstead.entry import LogEntry, entry_as_json, minute_of
from logstead.errors import PackUnreadable, StorageUnavailable
from logstead.read.draft import Draft
from logstead.read.order import Order
from logstead.read.query import Filter, ReadQuery
from logstead.read.shard import ShardReader
from logstead.read.walk import FetchBodies, Walk, Walked
from logstead.storage.item import Item
from logstead.storage.read_table import IndexRange, Page

QueryTable = Callable[[IndexRange, int, int, Item | None], Page]
"""(range, count, now in epoch seconds, start key) -> a page of it."""

_ITEMS_FIRST_MIN: Final = 16
"""What a query asks for at the least: fewer single entries cost the same read unit."""
_ITEMS_SPARE: Final = 10
"""What is asked of a shard beyond twice its share of the page."""


def enveloped_bytes(entry: LogEntry) -> int:
    """Return an upper bound of an entry's size in a reply: a JSON text inside Lambda's JSON envelope."""
    return len(json.dumps(json.dumps(entry_as_json(entry), ensure_ascii=False)))


@dataclass(frozen=True, slots=True)
class PageReader:
    """Reads pages over all shards of a table."""

    query_table: QueryTable
    get_bodies: FetchBodies
    log_types: Sequence[str]
    executor: Executor

    def read(
        self,
        query: ReadQuery,
        now_s: int,
        ends_s: float,
        entry_bytes: Callable[[LogEntry], int] = enveloped_bytes,
    ) -> Walked:
        """Return the page that a query asks for, ended early by what it may spend.

        `ends_s` is on the monotonic clock; `entry_bytes` tells what an entry takes of the reply.

        Raises:
            StorageUnavailable: the page's time was over before it came any further; or as below.
            StorageMisconfigured: see `storage_failures`.
        """
        walk = Walk(
            shards=self._readers(query, now_s),
            shard_count=len(self.log_types),
            fetch_bodies=self.get_bodies,
            wanted=query.filter,
            order=query.order,
            position=query.resume.position if query.resume else None,
            executor=self.executor,
        )
        return walk.run(
            Draft(
                limit=query.limit,
                reply_bytes=limits.RESPONSE_BYTES_MAX,
                body_bytes=limits.READ_BODY_BYTES_MAX,
                ends_s=ends_s,
                entry_bytes=entry_bytes,
            )
        )

    def find(self, entry_id: str, date_time: str, now_s: int, ends_s: float) -> LogEntry | None:
        """Return the entry with this id and time, in whatever item or pack; None where there is none.

        Raises:
            PackUnreadable: a pack that may hold it can't be read.
            StorageUnavailable, StorageMisconfigured: as `read`.
        """
        at_that_time = Filter(since=date_time, until=date_time + "~", entry_id=entry_id)
        query = ReadQuery(at_that_time, Order(newest_first=True), limit=1, resume=None, fingerprint="")
        walked = self.read(query, now_s, ends_s)
        if walked.entries:
            return walked.entries[0]
        if walked.damaged:
            raise PackUnreadable(f"{walked.damaged[0].log_id}: {walked.damaged[0].reason}")
        if walked.resume is not None:
            raise StorageUnavailable("The entry was not found in time; send it again.")
        return None

    def _readers(self, query: ReadQuery, now_s: int) -> list[ShardReader]:
        """Return a reader for each shard that the walk has not used up."""

        def query_index(part: IndexRange, count: int, start_key: Item | None) -> Page:
            return self.query_table(part, count, now_s, start_key)

        shards = len(self.log_types)
        count = max(_ITEMS_FIRST_MIN, min(query.limit + 1, 2 * query.limit // shards + _ITEMS_SPARE))
        count_max = min(limits.INDEX_PAGE_ITEMS_MAX, limits.INDEX_ITEMS_AT_ONCE_MAX // shards)
        return [
            ShardReader(shard, part, query_index, count, count_max)
            for shard, log_type in enumerate(self.log_types)
            if (part := _range(query, log_type, shard)) is not None
        ]


def _range(query: ReadQuery, log_type: str, shard: int) -> IndexRange | None:
    """Return what must be read of a shard; None: nothing."""
    oldest, newest = query.filter.since, query.filter.until
    if newest is not None:
        newest = _end_of_minute(newest)
    if query.resume is not None:
        starts = query.resume.shard_starts
        start = starts[shard] if shard < len(starts) else None  # shards may have been added
        if start is None:
            return None
        oldest, newest = (oldest, start) if query.order.newest_first else (start, newest)
    if oldest is not None and newest is not None and oldest > newest:
        return None
    return IndexRange(log_type, oldest, newest, query.order.newest_first)


def _end_of_minute(date_time: str) -> str:
    """Return a text after all index times of a minute; a pack's is that of its newest entry."""
    return minute_of(date_time) + "~"
