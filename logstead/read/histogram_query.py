"""The query string of `GET /histogram` -> what is asked for. Every problem is collected."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from logstead import limits
from logstead.entry import SEVERITIES, date_time_text
from logstead.errors import FieldProblem, InvalidParameter
from logstead.read.histogram import Buckets, Window, whole_minute
from logstead.read.parameters import BROKEN, FILTERS, collect, one, parse_filter, parse_time
from logstead.read.query import Filter

_BUCKET: Final = re.compile(r"([1-9][0-9]{0,5})(m|h|d)")
_UNIT_MINUTES: Final = {"m": 1, "h": 60, "d": 24 * 60}
_DEFAULT_BUCKET: Final = "1m"
_DEFAULT_SPAN: Final = timedelta(hours=1)
_ANY_TIME: Final = Window("2000-01-01T00:00:00.000000+00:00", "2000-01-01T01:00:00.000000+00:00")


@dataclass(frozen=True, slots=True)
class HistogramQuery:
    """What a histogram is asked for: `bucket` as it was given, the filter without times."""

    bucket: str
    buckets: Buckets
    filter: Filter
    is_exact: bool

    @property
    def window(self) -> Window:
        """The whole minutes that are counted."""
        return self.buckets.window

    @property
    def severities(self) -> frozenset[str]:
        """The severities that are counted."""
        return frozenset(SEVERITIES) if self.filter.severities is None else self.filter.severities


def parse_histogram_query(query: tuple[tuple[str, str], ...], now: datetime) -> HistogramQuery:
    """Return what a query string asks for. Times are widened to whole minutes.

    Raises:
        InvalidParameter: naming every parameter that breaks a rule.
    """
    problems: list[FieldProblem] = []
    values = collect(query, FILTERS | {"bucket", "exact"}, problems)
    exact = one(values, "exact")
    if exact not in {None, "true", "false"}:
        problems.append(FieldProblem("exact", "must be true or false"))
    wanted = parse_filter(values, problems)
    if exact != "true":
        counted_by_header = {"since", "until", "severity", "source", "bucket", "exact"}
        problems.extend(
            FieldProblem(name, "needs exact=true: the headers of packs do not tell it")
            for name in values
            if name not in counted_by_header
        )
    window = _window(values, now, problems)
    bucket = one(values, "bucket") or _DEFAULT_BUCKET
    buckets = Buckets(window, _bucket_minutes(bucket, problems))
    if not problems:
        _check_count(buckets, problems)
    if problems:
        raise InvalidParameter(BROKEN, tuple(problems))
    return HistogramQuery(bucket, buckets, wanted, is_exact=exact == "true")


def _window(values: Mapping[str, list[str]], now: datetime, problems: list[FieldProblem]) -> Window:
    """Return the window: up to now, of an hour, unless it is said otherwise."""
    known = len(problems)
    since = parse_time("since", values, now, problems)
    until = parse_time("until", values, now, problems)
    if len(problems) > known:
        return _ANY_TIME
    until = until or date_time_text(now)
    if since is not None and since >= until:
        problems.append(FieldProblem("until", "must lie after since"))
        return _ANY_TIME
    try:
        until = whole_minute(until, up=True)
    except OverflowError:
        problems.append(FieldProblem("until", "lies too near to the end of the year 9999"))
        return _ANY_TIME
    if since is None:
        try:
            since = date_time_text(datetime.fromisoformat(until) - _DEFAULT_SPAN)
        except OverflowError:
            problems.append(FieldProblem("until", "lies too near to the year 1; give since too"))
            return _ANY_TIME
    return Window(whole_minute(since, up=False), until)


def _bucket_minutes(text: str, problems: list[FieldProblem]) -> int:
    match = _BUCKET.fullmatch(text)
    if match is None:
        problems.append(
            FieldProblem("bucket", "must be whole minutes, hours or days, such as 1m, 5m, 1h or 1d")
        )
        return 1
    return int(match[1]) * _UNIT_MINUTES[match[2]]


def _check_count(buckets: Buckets, problems: list[FieldProblem]) -> None:
    try:
        count = buckets.count
    except OverflowError:
        problems.append(FieldProblem("bucket", "begins before the year 1"))
        return
    if count > limits.HISTOGRAM_BUCKETS_MAX:
        problems.append(
            FieldProblem(
                "bucket",
                f"makes {count:,} buckets from since to until; {limits.HISTOGRAM_BUCKETS_MAX:,} are taken",
            )
        )
