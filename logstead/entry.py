"""LogEntry, the one record: parse, validate, normalise.

`parse_entry` takes plain decoded values and collects every problem in one pass, so that a client
mends all of them at once.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from logstead import limits
from logstead.errors import FieldProblem, InvalidEntry

SEVERITIES: Final = ("info", "warning", "error")
FIELDS: Final = ("id", "dateTime", "severity", "message", "source", "attributes")

# The textual form of RFC 9562, section 4; hex of either case.
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
# RFC 3339, section 5.6; the groups are: date and time to the second, fraction, offset.
_RFC_3339: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60))(?:\.([0-9]+))?"
    r"([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
canonical_json: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode
"""A JSON value -> its one text: names sorted, no white space. Equal texts are equal values."""


class LogEntry(NamedTuple):
    """One log entry, validated and normalised; a tuple, as a batch makes thousands of them.

    `id` is a lower-case hyphenated UUID; `date_time` is UTC text of fixed width with microseconds
    (`2026-02-09T21:50:20.846154+00:00`), so text order is time order; `attributes` is the canonical
    JSON text of an object; `filled` names the fields that the service filled in.
    """

    id: str
    date_time: str
    severity: str
    message: str
    source: str | None = None
    attributes: str | None = None
    filled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """When a request was received, and the latest `dateTime` that it may carry: `date_time` texts."""

    now: str
    latest: str

    @classmethod
    def at(cls, now: datetime) -> "Receipt":
        """Return the receipt of a request that came at `now` (aware)."""
        return cls(date_time_text(now), date_time_text(now + timedelta(minutes=limits.FUTURE_MINUTES_MAX)))


def date_time_text(moment: datetime) -> str:
    """Return an aware datetime as the text that `DateTime` stores: UTC, microseconds, 32 characters."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def minute_of(date_time: str) -> str:
    """Return the minute that a `date_time` text lies in, `YYYY-MM-DDTHH:MM`. No pack crosses one."""
    return date_time[: len("2026-02-09T21:50")]


def parse_entry(fields: dict[str, object], receipt: Receipt, make_id: Callable[[], str]) -> LogEntry:
    """Return the entry that decoded JSON fields describe.

    Fields of no rule of their own become attributes, so nothing a client sent is dropped. `null` is
    as good as absent.

    Raises:
        InvalidEntry: naming every field that breaks a rule.
    """
    problems: list[FieldProblem] = []
    entry_id = _parse_id(fields.get("id"), problems)
    date_time = _parse_entry_time(fields.get("dateTime"), receipt, problems)
    severity = _parse_severity(fields.get("severity"), problems)
    message = _parse_text("message", fields.get("message"), problems)
    source = _parse_source(fields.get("source"), problems)
    attributes = _parse_attributes(fields, problems)
    if not problems and _is_too_large(message, attributes or ""):
        problems.append(
            FieldProblem(
                "attributes", f"take more than {limits.ENTRY_STORED_BYTES_MAX} bytes with the message"
            )
        )
    if problems:
        raise InvalidEntry("The entry breaks the rules of the fields named in errors.", tuple(problems))
    filled = ("id",) * (entry_id is None) + ("dateTime",) * (date_time is None)
    return LogEntry(
        entry_id or make_id(), date_time or receipt.now, severity, message, source, attributes, filled
    )


def normalise_id(text: str) -> str | None:
    """Return a UUID as it is stored, lower-case and hyphenated, or None where the text is none."""
    return text.lower() if _UUID.fullmatch(text) else None


def parse_date_time(text: str) -> str:
    """Return an RFC 3339 time with an offset as `date_time` text; digits past microseconds are cut.

    A leap second is read as the second after it, as POSIX time does: UTC text has no other place for it.

    Raises:
        ValueError: saying what is wrong, in words meant for the client.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError("is no RFC 3339 time such as 2026-02-09T21:50:20.846154Z")
    seconds, fraction, offset = match.groups()
    if offset is None:
        raise ValueError("has no offset: end it with Z or with one such as +01:00")
    zone = "+00:00" if offset in "Zz" else offset
    is_leap = seconds.endswith(":60")
    if is_leap:
        seconds = seconds[:-2] + "59"
    try:
        moment = datetime.fromisoformat(f"{seconds}.{(fraction or '')[:6]:0<6}{zone}")
        text = date_time_text(moment + timedelta(seconds=is_leap))
    except ValueError:
        raise ValueError("is no date of the calendar") from None
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from None
    if is_leap and text[8:19] != "01T00:00:00":
        raise ValueError("has a second 60, but leap seconds end a month in UTC")
    return text


def same_content(one: LogEntry, other: LogEntry) -> bool:
    """Tell whether two entries of one id say the same; a field filled in on either side is not compared."""
    filled = one.filled + other.filled
    return (
        ("dateTime" in filled or one.date_time == other.date_time)
        and one.severity == other.severity
        and one.message == other.message
        and one.source == other.source
        and one.attributes == other.attributes
    )


def nests_deeper(container: dict[str, object] | list[object], levels: int) -> bool:
    """Tell whether the objects and arrays of a JSON value, itself one, nest deeper than `levels`."""
    layer: list[Any] = [container]
    for _ in range(levels):
        layer = [
            child
            for parent in layer
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not layer:
            return False
    return True


def is_unicode(text: str) -> bool:
    """Tell whether a text is valid Unicode, as UTF-8 can carry it: it has no lone surrogate."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def entry_as_json(entry: LogEntry) -> dict[str, object]:
    """Return the entry as the API shows it; what a damaged item lacks is left out."""
    shown: dict[str, object] = {
        "id": entry.id,
        "dateTime": entry.date_time,
        "severity": entry.severity,
        "message": entry.message,
        "source": entry.source,
        "attributes": None if entry.attributes is None else json.loads(entry.attributes),
    }
    return {field: value for field, value in shown.items() if value not in (None, "")}


def _parse_id(value: object, problems: list[FieldProblem]) -> str | None:
    if value is None:
        return None
    normal = normalise_id(value) if isinstance(value, str) else None
    if normal is None:
        problems.append(FieldProblem("id", "must be a UUID (RFC 9562), such as one of `uuidgen`"))
    return normal


def _parse_entry_time(value: object, receipt: Receipt, problems: list[FieldProblem]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        problems.append(FieldProblem("dateTime", "must be a string, an RFC 3339 time with an offset"))
        return None
    try:
        date_time = parse_date_time(value)
    except ValueError as error:
        problems.append(FieldProblem("dateTime", str(error)))
        return None
    if date_time > receipt.latest:
        problems.append(
            FieldProblem(
                "dateTime",
                f"lies more than {limits.FUTURE_MINUTES_MAX} minutes ahead of the service's clock "
                f"({receipt.now})",
            )
        )
    return date_time


def _parse_severity(value: object, problems: list[FieldProblem]) -> str:
    if isinstance(value, str) and value in SEVERITIES:
        return value
    problems.append(FieldProblem("severity", "is required: info, warning or error"))
    return ""


def _parse_text(field: str, value: object, problems: list[FieldProblem]) -> str:
    if value is None:
        problems.append(FieldProblem(field, "is required"))
    elif not isinstance(value, str):
        problems.append(FieldProblem(field, "must be a string"))
    elif not value.strip():
        problems.append(FieldProblem(field, "must not be blank"))
    elif not is_unicode(value):
        problems.append(FieldProblem(field, "has a lone surrogate, which is no Unicode character"))
    else:
        return value
    return ""


def _parse_source(value: object, problems: list[FieldProblem]) -> str | None:
    if value is None:
        return None
    source = _parse_text("source", value, problems)
    if len(source) > limits.SOURCE_CHARACTERS_MAX:
        problems.append(FieldProblem("source", f"is longer than {limits.SOURCE_CHARACTERS_MAX} characters"))
    return source


def _parse_attributes(fields: dict[str, object], problems: list[FieldProblem]) -> str | None:
    given = fields.get("attributes")
    if given is not None and not isinstance(given, dict):
        problems.append(FieldProblem("attributes", "must be an object"))
        given = None
    unknown = {name: value for name, value in fields.items() if name not in FIELDS}
    if not given and not unknown:
        return None
    inside: dict[str, object] = given or {}
    problems.extend(
        FieldProblem(name, "is given twice: at the top level and in attributes")
        for name in unknown
        if name in inside
    )
    merged = inside | unknown
    too_deep = nests_deeper(merged, limits.JSON_DEPTH_MAX)
    text = "" if too_deep else canonical_json(merged)
    if too_deep or not is_unicode(text):
        problems.extend(
            FieldProblem(prefix + name, wrong)
            for prefix, held in (("attributes.", inside), ("", unknown))
            for name, value in held.items()
            if (wrong := _attribute_problem(name, value))
        )
    return text


def _attribute_problem(name: str, value: object) -> str | None:
    if nests_deeper([value], limits.JSON_DEPTH_MAX):  # the array stands for the object that holds it
        return f"nests deeper than {limits.JSON_DEPTH_MAX} levels"
    if not is_unicode(canonical_json({name: value})):
        return "has a lone surrogate, which is no Unicode character"
    return None


def _is_too_large(message: str, attributes: str) -> bool:
    """Tell whether an entry would not fit in an item: a number such as 1e15 is stored longer than sent."""
    characters = len(message) + len(attributes)
    if 4 * characters <= limits.ENTRY_STORED_BYTES_MAX:
        return False
    return len(message.encode()) + len(attributes.encode()) > limits.ENTRY_STORED_BYTES_MAX
