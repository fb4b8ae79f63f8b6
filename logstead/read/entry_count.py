"""Entries counted exactly: a walk over all of them, that shows each once and any filter its own."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from logstead import limits
from logstead.entry import SEVERITIES, minute_of
from logstead.errors import StorageUnavailable
from logstead.read.histogram import Counted, Window
from logstead.read.order import Order
from logstead.read.query import Filter, ReadQuery
from logstead.read.shard import DamagedPack
from logstead.read.tally import Tally
from logstead.read.walk import Walked

ReadPage = Callable[[ReadQuery, float], Walked]
"""(query, end of its time on the monotonic clock) -> a page, whatever its size as a reply."""


def count_entries(wanted: Filter, window: Window, read_page: ReadPage, ends_s: float) -> Counted:
    """Return the counts of the window, or of its newest minutes where its budget ends before.

    `ends_s` is on the monotonic clock.

    Raises:
        StorageUnavailable: not even a minute was counted in time; or see `storage_failures`.
        StorageMisconfigured: see `storage_failures`.
    """
    in_window = replace(wanted, since=window.since, until=window.until)
    newest_first = Order(newest_first=True)
    query = ReadQuery(in_window, newest_first, limits.EXPORT_LIMIT_MAX, resume=None, fingerprint="")
    tally = Tally()
    damaged = list[DamagedPack]()
    counted_to, frontier = window.until, None
    while True:
        try:
            walked = read_page(query, ends_s)
        except StorageUnavailable:
            if counted_to < window.until:  # what was counted is still true
                return Counted.up_to(frontier, tally, window, damaged)
            raise
        for (minute, severity), count in Counter(
            (minute_of(entry.date_time), entry.severity) for entry in walked.entries
        ).items():
            if severity in SEVERITIES:  # others come of damage by other hands
                tally.add(minute, {SEVERITIES.index(severity): count})
        damaged += walked.damaged
        frontier = minute_of(walked.resume.position.date_time) if walked.resume else None
        counted_to = window.since if frontier is None else window.minute_after(frontier)
        if frontier is None or (time.monotonic() >= ends_s and counted_to < window.until):
            return Counted.up_to(frontier, tally, window, damaged)
        query = replace(query, resume=walked.resume)
