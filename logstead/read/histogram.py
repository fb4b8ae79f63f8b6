"""A histogram as values: the window of whole minutes, the buckets in it, and what was counted of them."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from logstead.entry import SEVERITIES, date_time_text, minute_of
from logstead.read.shard import DamagedPack
from logstead.read.tally import Tally

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` on and before `until`: `date_time` texts of whole minutes, the first the earlier."""

    since: str
    until: str

    def minute_after(self, minute: str) -> str:
        """Return the first minute of the window that lies after a text; its end where none does.

        The text is a minute's (`YYYY-MM-DDTHH:MM`), or what other hands have made of one.
        """
        start = _moment(self.since)

        def minute_text(number: int) -> str:
            return minute_of(_text(start + number * _MINUTE))

        minutes = range((_moment(self.until) - start) // _MINUTE)
        return _text(start + bisect_right(minutes, minute, key=minute_text) * _MINUTE)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Buckets of so many minutes, counted from 1970-01-01T00:00Z, as far as they lie in a window."""

    window: Window
    minutes: int

    def start_of(self, date_time: str) -> datetime:
        """Return the start of the bucket that holds a time; it may lie before the window.

        Raises:
            OverflowError: it lies before the year 1.
        """
        number = (_moment(date_time) - _EPOCH) // (self.minutes * _MINUTE)
        return _EPOCH + number * self.minutes * _MINUTE

    def starts(self, since: str) -> Sequence[str]:
        """Return the starts of the buckets that lie in the window from a time on, in order."""
        buckets = replace(self, window=Window(since, self.window.until))
        start, step = self.start_of(since), self.minutes * _MINUTE
        return [_text(start + number * step) for number in range(buckets.count)]

    @property
    def count(self) -> int:
        """How many buckets lie in the window, or meet it."""
        span = _moment(self.window.until) - self.start_of(self.window.since)
        return -(-span // (self.minutes * _MINUTE))


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts by minute (`YYYY-MM-DDTHH:MM`) and index into `SEVERITIES`, of a window's newest minutes.

    `counted_to` is where they begin, `window.since` where all is counted. `may_count_twice` tells that an
    entry may be in them twice, `damaged` what is not in them.
    """

    by_minute: Mapping[str, Counter[int]]
    counted_to: str
    may_count_twice: bool
    damaged: Sequence[DamagedPack]

    @classmethod
    def up_to(
        cls, frontier: str | None, tally: Tally, window: Window, damaged: Sequence[DamagedPack]
    ) -> "Counted":
        """Return what is in a tally, without the minute at which the count ended and those before it."""
        counted_to = window.since if frontier is None else window.minute_after(frontier)
        first = minute_of(counted_to)
        by_minute = {
            minute: counts
            for minute, counts in tally.by_minute.items()
            if minute >= first and _is_minute(minute)
        }
        return cls(by_minute, counted_to, tally.may_count_twice, damaged)

    def count(self, severities: frozenset[str]) -> int:
        """Return how many entries of these severities were counted."""
        codes = [SEVERITIES.index(severity) for severity in severities]
        return sum(counts[code] for counts in self.by_minute.values() for code in codes)

    def in_buckets(self, buckets: Buckets, severities: frozenset[str]) -> list[dict[str, object]]:
        """Return a row for each bucket that was looked at, the oldest first, with a count by severity."""
        shown = [severity for severity in SEVERITIES if severity in severities]
        by_start = {start: Counter[int]() for start in buckets.starts(self.counted_to)}
        for minute, counts in self.by_minute.items():
            by_start[_text(buckets.start_of(_text_of_minute(minute)))].update(counts)
        return [
            {"dateTime": start, **{severity: counts[SEVERITIES.index(severity)] for severity in shown}}
            for start, counts in by_start.items()
        ]


def whole_minute(date_time: str, *, up: bool) -> str:
    """Return a time rounded down or up to a whole minute.

    Raises:
        OverflowError: up, it lies beyond the year 9999.
    """
    start = _moment(_text_of_minute(minute_of(date_time)))
    return _text(start + _MINUTE if up and _moment(date_time) > start else start)


def _is_minute(text: str) -> bool:
    """Tell whether a text is a minute; an item's time may have been broken by other hands."""
    try:
        return minute_of(_text(_moment(_text_of_minute(text)))) == text
    except ValueError:
        return False


def _text_of_minute(minute: str) -> str:
    return minute + ":00.000000+00:00"


def _moment(date_time: str) -> datetime:
    return datetime.fromisoformat(date_time)


_text = date_time_text
