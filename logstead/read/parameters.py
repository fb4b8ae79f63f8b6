"""Query parameters -> what is asked for. Every problem is collected, and an unknown name is one.

A mistyped filter must not read as no filter.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from logstead import limits
from logstead.entry import SEVERITIES, date_time_text, parse_date_time
from logstead.errors import FieldProblem, InvalidParameter
from logstead.read.cursor import DamagedCursor, decode_cursor
from logstead.read.order import Order
from logstead.read.query import Filter, ReadQuery, Resume
from logstead.read.search import BadSearch, MessageSearch, parse_search

BROKEN: Final = "The query string breaks the rules of the parameters named in errors."
_ATTRIBUTE_PREFIX: Final = "attributes."
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_AGO: Final = re.compile(r"([0-9]{1,6})(s|m|h|d)")
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
FILTERS: Final = frozenset({"since", "until", "severity", "source", "q", "case", "regex"})
"""Parameters that choose entries, beside attributes' paths."""
_REPEATABLE: Final = frozenset({"severity"})


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What `limit` is where it is absent, and may be at the most."""

    default: int
    most: int


GET_LIMITS: Final = PageLimits(limits.READ_LIMIT_DEFAULT, limits.READ_LIMIT_MAX)
EXPORT_LIMITS: Final = PageLimits(limits.EXPORT_LIMIT_MAX, limits.EXPORT_LIMIT_MAX)


def parse_read_query(query: tuple[tuple[str, str], ...], now: datetime, page: PageLimits) -> ReadQuery:
    """Return what the query string of `GET /` or `GET /export` asks for.

    Raises:
        InvalidParameter: naming every parameter that breaks a rule.
    """
    problems: list[FieldProblem] = []
    values = collect(query, FILTERS | {"order", "limit", "cursor"}, problems)
    fingerprint = _fingerprint(query)
    since, until, resume = _parse_place(values, fingerprint, now, problems)
    order = one(values, "order")
    if order not in {None, "newest", "oldest"}:
        problems.append(FieldProblem("order", "must be newest or oldest"))
    asked = ReadQuery(
        replace(parse_filter(values, problems), since=since, until=until),
        order=Order(newest_first=order != "oldest"),
        limit=_parse_limit(one(values, "limit"), page, problems),
        resume=resume,
        fingerprint=fingerprint,
    )
    if problems:
        raise InvalidParameter(BROKEN, tuple(problems))
    return asked


def parse_entry_query(query: tuple[tuple[str, str], ...]) -> str | None:
    """Return the `dateTime` that `GET /{id}` may give as a hint, as `date_time` text.

    Raises:
        InvalidParameter: naming every parameter that breaks a rule.
    """
    no_parameters = (_mended(name) for name, _ in query if name != "dateTime")
    problems = [FieldProblem(name, "is no parameter of this path") for name in no_parameters]
    hint = None
    given = [value for name, value in query if name == "dateTime"]
    if len(given) > 1:
        problems.append(FieldProblem("dateTime", "is given twice"))
    elif given:
        try:
            hint = parse_date_time(_with_plus(given[0]))
        except ValueError as error:
            problems.append(FieldProblem("dateTime", str(error)))
    if problems:
        raise InvalidParameter(BROKEN, tuple(problems))
    return hint


def _with_plus(text: str) -> str:
    """Return a time as it was meant: in a query string, the unescaped + of an offset arrives as a space."""
    return re.sub(r" ([0-9]{2}:[0-9]{2})$", r"+\1", text)


def _mended(text: str) -> str:
    """Return a query's text with U+FFFD where its bytes were no UTF-8."""
    return _SURROGATE.sub("\ufffd", text)


def collect(
    query: tuple[tuple[str, str], ...], names: frozenset[str], problems: list[FieldProblem]
) -> Mapping[str, list[str]]:
    """Return the values of each parameter, which must be one of the names or an attribute's path."""
    values: dict[str, list[str]] = {}
    for name, value in query:
        is_attribute = name.startswith(_ATTRIBUTE_PREFIX) and name != _ATTRIBUTE_PREFIX
        if _mended(name) != name or _mended(value) != value:
            problems.append(FieldProblem(_mended(name), "is no UTF-8"))
        elif name not in names and not is_attribute:
            problems.append(FieldProblem(name, "is no parameter of this path"))
        elif name in values and name not in _REPEATABLE:
            problems.append(FieldProblem(name, "is given twice"))
        else:
            values.setdefault(name, []).append(value)
    return values


def parse_filter(values: Mapping[str, list[str]], problems: list[FieldProblem]) -> Filter:
    """Return what the filters choose, but for the time."""
    source = one(values, "source")
    if source is not None and not source.strip():
        problems.append(FieldProblem("source", "must not be blank"))
    return Filter(
        severities=_severities(values, problems),
        source=source,
        attributes=_attributes(values),
        searches=_searches(values, problems),
    )


def _parse_place(
    values: Mapping[str, list[str]], fingerprint: str, now: datetime, problems: list[FieldProblem]
) -> tuple[str | None, str | None, Resume | None]:
    """Return since, until, and where the walk goes on. A cursor fixes all: times ago meant its first page."""
    if (cursor := one(values, "cursor")) is not None:
        try:
            resume, (since, until) = decode_cursor(cursor, fingerprint)
        except DamagedCursor as error:
            problems.append(FieldProblem("cursor", str(error)))
        else:
            return since, until, resume
    since = parse_time("since", values, now, problems)
    until = parse_time("until", values, now, problems)
    if since is not None and until is not None and since >= until:
        problems.append(FieldProblem("until", "must lie after since"))
    return since, until, None


def one(values: Mapping[str, list[str]], name: str) -> str | None:
    """Return the value of a parameter that is given once; None: it is absent."""
    return values[name][0] if name in values else None


def _fingerprint(query: tuple[tuple[str, str], ...]) -> str:
    """Return what tells queries apart that can't share a cursor."""
    kept = sorted(pair for pair in query if pair[0] not in {"limit", "cursor"})
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:12]


def parse_time(
    name: str, values: Mapping[str, list[str]], now: datetime, problems: list[FieldProblem]
) -> str | None:
    """Return a moment, given as RFC 3339 or as so long ago (`15m`, `2h`, `7d`), as `date_time` text."""
    text = one(values, name)
    if text is None:
        return None
    if (ago := _AGO.fullmatch(text)) is not None:
        try:
            return date_time_text(now - timedelta(seconds=int(ago[1]) * _UNIT_S[ago[2]]))
        except OverflowError:
            problems.append(FieldProblem(name, "lies before the year 1"))
            return None
    try:
        return parse_date_time(_with_plus(text))
    except ValueError as error:
        problems.append(FieldProblem(name, f"{error}; or give a time ago, such as 15m, 2h or 7d"))
        return None


def _severities(values: Mapping[str, list[str]], problems: list[FieldProblem]) -> frozenset[str] | None:
    if "severity" not in values:
        return None
    given = {part for value in values["severity"] for part in value.split(",")}
    if not given <= set(SEVERITIES):
        problems.append(FieldProblem("severity", "must be info, warning or error, or several with commas"))
    return frozenset(given)


def _attributes(values: Mapping[str, list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.removeprefix(_ATTRIBUTE_PREFIX), given[0])
        for name, given in values.items()
        if name.startswith(_ATTRIBUTE_PREFIX)
    )


def _searches(values: Mapping[str, list[str]], problems: list[FieldProblem]) -> tuple[MessageSearch, ...]:
    case = one(values, "case")
    if case not in {None, "exact", "ignore"}:
        problems.append(FieldProblem("case", "must be exact or ignore"))
    elif case is not None and not {"q", "regex"} & values.keys():
        problems.append(FieldProblem("case", "says nothing without q or regex"))
    searches: list[MessageSearch] = []
    for name in ("q", "regex"):
        text = one(values, name)
        if text is None:
            continue
        try:
            searches.append(parse_search(name, text, ignores_case=case == "ignore"))
        except BadSearch as error:
            problems.append(FieldProblem(name, str(error)))
    return tuple(searches)


def _parse_limit(text: str | None, page: PageLimits, problems: list[FieldProblem]) -> int:
    if text is None:
        return page.default
    if re.fullmatch(r"[0-9]{1,9}", text) and 1 <= int(text) <= page.most:
        return int(text)
    problems.append(FieldProblem("limit", f"must be a whole number from 1 to {page.most}"))
    return page.default
