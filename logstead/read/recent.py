"""The newest entries: one query a shard, side by side, then a merge.

Total order is (`dateTime`, id), newest first. The index does not order equal times by id, so each
shard reads on until the whole group of equal times at its edge is in.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from logstead import limits
from logstead.entry import LogEntry, entry_as_json
from logstead.storage.item import Item, entry_from_item
from logstead.storage.table import Page

QueryNewest = Callable[[str, int, Item | None], Page]
"""(shard, count, start key) -> a page of that shard, newest first."""


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest entries; `is_cut` tells that their size ended the read before the limit did."""

    entries: list[LogEntry]
    is_cut: bool


def read_recent(query: QueryNewest, log_types: Sequence[str], limit: int, executor: Executor) -> Recent:
    """Return the newest `limit` entries of all shards, in total order.

    Each shard is read for itself alone, so the shards need not wait for one another.
    """
    per_shard = executor.map(lambda log_type: _newest_of_shard(query, log_type, limit), log_types)
    merged = sorted(
        (entry for entries in per_shard for entry in entries),
        key=lambda entry: (entry.date_time, entry.id),
        reverse=True,
    )[:limit]
    fitting = _fitting_count(merged)
    return Recent(merged[:fitting], is_cut=fitting < len(merged))


def _newest_of_shard(query: QueryNewest, log_type: str, limit: int) -> list[LogEntry]:
    """Return at least the newest `limit` entries of one shard, or so many that a reply is full.

    One more than the limit is asked for: it tells whether the group of equal times at the edge is
    complete, which it is for all but ties, so one query is enough for them.
    """
    entries: list[LogEntry] = []
    page = query(log_type, limit + 1, None)
    while True:
        entries += [entry_from_item(item) for item in page.items]
        if page.next_key is None:
            return entries
        edge = min(limit, _fitting_count(entries))
        if edge < len(entries) and entries[edge - 1].date_time != entries[-1].date_time:
            return entries
        page = query(log_type, limit + 1, page.next_key)


def _fitting_count(entries: Sequence[LogEntry]) -> int:
    """Return how many entries, from the first, one reply can hold; at least one."""
    size_bytes = 0
    for count, entry in enumerate(entries):
        size_bytes += enveloped_bytes(entry)
        if size_bytes > limits.RESPONSE_BYTES_MAX:
            return max(count, 1)
    return len(entries)


def enveloped_bytes(entry: LogEntry) -> int:
    """Return an upper bound of an entry's size in a reply: a JSON text inside Lambda's JSON envelope."""
    return len(json.dumps(json.dumps(entry_as_json(entry), ensure_ascii=False)))
