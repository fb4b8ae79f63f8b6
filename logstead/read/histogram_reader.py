"""A histogram, counted over all shards of a table, and its reply."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from logstead.read.entry_count import count_entries
from logstead.read.header_count import ATTRIBUTES, HeaderCount
from logstead.read.histogram import Counted
from logstead.read.histogram_query import HistogramQuery
from logstead.read.page import PageReader
from logstead.read.query import ReadQuery
from logstead.read.walk import FetchBodies, Walked
from logstead.storage.item import Item
from logstead.storage.read_table import IndexRange, Page, ReadTable


@dataclass(frozen=True, slots=True)
class HistogramReader:
    """Counts entries: from headers, or one by one where that is asked for."""

    table: ReadTable
    get_bodies: FetchBodies
    pages: PageReader
    log_types: Sequence[str]
    executor: Executor

    def count(self, asked: HistogramQuery, now_s: int, ends_s: float) -> Counted:
        """Return what was counted until `ends_s`, on the monotonic clock.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        if asked.is_exact:

            def read_page(query: ReadQuery, ends_s: float) -> Walked:
                return self.pages.read(query, now_s, ends_s, entry_bytes=lambda _: 0)

            return count_entries(asked.filter, asked.window, read_page, ends_s)

        def query_counts(part: IndexRange, count: int, start_key: Item | None) -> Page:
            return self.table.query_index(part, count, now_s, start_key, attributes=ATTRIBUTES)

        counter = HeaderCount(
            window=asked.window,
            severities=asked.severities,
            source=asked.filter.source,
            log_types=self.log_types,
            query=query_counts,
            fetch_bodies=self.get_bodies,
            executor=self.executor,
        )
        return counter.run(ends_s)


def histogram_as_json(asked: HistogramQuery, counted: Counted) -> dict[str, object]:
    """Return the reply of `GET /histogram`."""
    reply: dict[str, object] = {
        "since": asked.window.since,
        "until": asked.window.until,
        "bucket": asked.bucket,
        "count": counted.count(asked.severities),
        "buckets": counted.in_buckets(asked.buckets, asked.severities),
    }
    if counted.may_count_twice:
        reply["approximate"] = True
    if counted.counted_to > asked.window.since:
        reply |= {"truncated": True, "countedTo": counted.counted_to}
    if counted.damaged:
        reply["notShown"] = sum(pack.entries for pack in counted.damaged)
    return reply
