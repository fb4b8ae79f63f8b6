"""One page of a read: a query's shards, walked within the page's budget."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from logstead import limits
from logstead.entry import LogEntry, entry_as_json
from logstead.read.query import AFTER_ALL_IDS, Filter, Position, ReadQuery, Resume
from logstead.read.shard import QueryIndex, ShardReader
from logstead.read.walk import Budget, FetchBodies, Walk, Walked
from logstead.storage.item import Item
from logstead.storage.pack_decode import PackBody
from logstead.storage.read_table import IndexRange, Page

QueryTable = Callable[[IndexRange, int, int, Item | None], Page]
"""(range, count, now in epoch seconds, start key) -> a page of it."""


@dataclass(frozen=True, slots=True)
class PageReader:
    """Reads pages over all shards of a table."""

    query_table: QueryTable
    get_bodies: FetchBodies
    log_types: Sequence[str]
    executor: Executor

    def read(self, query: ReadQuery, now_s: int, ends_s: float) -> Walked:
        """Return the page that a query asks for, ended early by its budget.

        `ends_s` is on the monotonic clock.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """

        def query_index(part: IndexRange, count: int, start_key: Item | None) -> Page:
            return self.query_table(part, count, now_s, start_key)

        matches = query.filter.matcher()

        def open_pack(body: PackBody) -> list[LogEntry]:
            return [entry for entry in body.entries() if matches(entry)]

        walk = Walk(
            shards=self._readers(query, query_index),
            fetch_bodies=self.get_bodies,
            may_match=query.filter.may_match,
            matches=matches,
            open_pack=open_pack,
            newest_first=query.newest_first,
            position=query.resume.position if query.resume else None,
            executor=self.executor,
        )
        return walk.run(
            Budget(
                entries=query.limit,
                reply_bytes=limits.RESPONSE_BYTES_MAX,
                body_bytes=limits.READ_BODY_BYTES_MAX,
                ends_s=ends_s,
                entry_bytes=enveloped_bytes,
            )
        )

    def find(self, entry_id: str, date_time: str, now_s: int, ends_s: float) -> LogEntry | None:
        """Return the entry with this id and time, in whatever item or pack; None where there is none.

        It is the first of a walk that begins right before it.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        start = _end_of_minute(date_time)
        resume = Resume(Position(date_time, entry_id + AFTER_ALL_IDS), (start,) * len(self.log_types))
        query = ReadQuery(Filter(since=date_time), newest_first=True, limit=1, resume=resume, fingerprint="")
        found = self.read(query, now_s, ends_s).entries
        return found[0] if found and found[0].id == entry_id else None

    def _readers(self, query: ReadQuery, query_index: QueryIndex) -> list[ShardReader]:
        """Return a reader for each shard, those that the walk has used up already done."""
        if query.resume is None:
            return [
                ShardReader(shard, self._range(query, log_type, None), query_index)
                for shard, log_type in enumerate(self.log_types)
            ]
        starts = [*query.resume.shard_starts, *[None] * len(self.log_types)]  # shards may have been added
        return [
            ShardReader(shard, self._range(query, log_type, start), query_index, is_done=start is None)
            for shard, (log_type, start) in enumerate(zip(self.log_types, starts, strict=False))
        ]

    def _range(self, query: ReadQuery, log_type: str, start: str | None) -> IndexRange:
        oldest, newest = query.filter.since, query.filter.until
        if newest is not None:
            newest = _end_of_minute(newest)
        if start is not None and query.newest_first:
            newest = start
        elif start is not None:
            oldest = start
        return IndexRange(log_type, oldest, newest, query.newest_first)


def _end_of_minute(date_time: str) -> str:
    """Return a text after all index times of a minute; a pack's is that of its newest entry."""
    return date_time[: len("2026-02-09T21:50")] + "~"


def enveloped_bytes(entry: LogEntry) -> int:
    """Return an upper bound of an entry's size in a reply: a JSON text inside Lambda's JSON envelope."""
    return len(json.dumps(json.dumps(entry_as_json(entry), ensure_ascii=False)))
