"""Many rows -> entries, at a fraction of the cost of one by one; the rules are `entry.parse_entry`'s.

Rows of the usual shape are checked inline: times in UTC, in a second met before, sources met before, flat
attributes. Any doubt sends a row to `parse_entry`, which alone says what is wrong. A test holds the two to
the same entries.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from logstead.entry import SEVERITIES, LogEntry, Receipt, normalise_id, parse_entry
from logstead.errors import FieldProblem, InvalidEntry
from logstead.ingest.batch import DecodedRow

Parsed = LogEntry | tuple[FieldProblem, ...]
"""An entry, or all that is wrong with its row."""

_FLAT: Final = frozenset({str, int, bool, type(None)})
_FILLED: Final = {
    (False, False): (),
    (True, False): ("id",),
    (False, True): ("dateTime",),
    (True, True): ("id", "dateTime"),
}
"""(the id is absent, the time is absent) -> `filled`"""
_UTC_OFFSETS: Final = frozenset({"Z", "+00:00"})
_SECOND_CHARACTERS: Final = len("2026-02-09T21:50:20.")
_FRACTION_CHARACTERS: Final = _SECOND_CHARACTERS + len("846154")
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_new: Final = tuple.__new__  # past LogEntry's own, which is half of the time that making one takes


class _Seen:
    """What earlier rows of the batch have shown to be right: seconds, by their text as sent, and sources."""

    def __init__(self, receipt: Receipt) -> None:
        self.receipt = receipt
        self.seconds: dict[str, str] = {}
        self.sources: set[str | None] = {None}


def parse_rows(rows: Sequence[DecodedRow], receipt: Receipt) -> list[Parsed]:
    """Return each row's entry or problems. An entry without an id of its own has an empty one for now."""
    seen = _Seen(receipt)
    return [
        row.problems
        if (fields := row.fields) is None
        else _parse_usual(fields, seen) or _parse_any(fields, seen)
        for row in rows
    ]


def _parse_usual(fields: dict[str, object], seen: _Seen) -> LogEntry | None:
    """Return the entry of a row of the usual shape; None for any other, right or wrong."""
    get = fields.get
    entry_id, date_time, severity = get("id"), get("dateTime"), get("severity")
    message, source, attributes = get("message"), get("source"), get("attributes")
    if not (
        type(message) is str
        and message[:1] > " "  # neither empty nor blank
        and message.isascii()
        and severity in SEVERITIES
        and (source is None or (type(source) is str and source in seen.sources))
    ):
        return None
    filled = _FILLED[entry_id is None, date_time is None]
    given = 4 - len(filled) + (source is not None) + (attributes is not None)
    if len(fields) != given:  # a null, or a name that is none of an entry's
        return None
    entry_id = "" if entry_id is None else normalise_id(entry_id) if type(entry_id) is str else None
    date_time = seen.receipt.now if date_time is None else _usual_time(date_time, seen)
    text = None if attributes is None else _usual_attributes(attributes)
    if entry_id is None or date_time is None or (attributes is not None and text is None):
        return None
    return _new(LogEntry, (entry_id, date_time, severity, message, source, text, filled))


def _usual_time(given: object, seen: _Seen) -> str | None:
    """Return a time in UTC with microseconds, in a second met before, as it is stored; None for any other."""
    if type(given) is not str or given[_FRACTION_CHARACTERS:] not in _UTC_OFFSETS:
        return None
    second = seen.seconds.get(given[:_SECOND_CHARACTERS])
    fraction = given[_SECOND_CHARACTERS:_FRACTION_CHARACTERS]
    if second is None or not (fraction.isdecimal() and fraction.isascii()):
        return None
    date_time = f"{second}{fraction}+00:00"
    return date_time if date_time <= seen.receipt.latest else None


def _usual_attributes(given: object) -> str | None:
    """Return the JSON text of attributes that nest nothing and hold no fraction; None for any other."""
    if type(given) is not dict or not given or not _FLAT.issuperset(map(type, given.values())):
        return None
    try:
        return _encode(given).decode()
    except UnicodeEncodeError:
        return None


def _parse_any(fields: dict[str, object], seen: _Seen) -> Parsed:
    try:
        entry = parse_entry(fields, seen.receipt, str)
    except InvalidEntry as error:
        return error.problems
    seen.sources.add(entry.source)
    given = fields.get("dateTime")
    if isinstance(given, str) and given[_FRACTION_CHARACTERS:] in _UTC_OFFSETS:
        seen.seconds[given[:_SECOND_CHARACTERS]] = entry.date_time[:_SECOND_CHARACTERS]
    return entry
