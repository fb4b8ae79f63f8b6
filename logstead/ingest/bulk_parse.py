"""Many rows -> entries, at a fraction of the cost of one by one; the rules are `entry.parse_entry`'s.

Works on columns: a question is asked of all cells at once, and of each only where some cell says no. Rows
that stay in doubt are *odd*: they go to `parse_entry`, which alone says what is wrong. A test holds the two
to the same entries.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain, repeat
from typing import Final, NamedTuple, cast

import msgspec

from logstead import limits
from logstead.entry import (
    FIELDS,
    SEVERITIES,
    LogEntry,
    Receipt,
    is_unicode,
    normalise_id,
    parse_date_time,
    parse_entry,
)
from logstead.errors import FieldProblem, InvalidEntry
from logstead.ingest.batch import DecodedRow

Parsed = LogEntry | tuple[FieldProblem, ...]
"""An entry, or all that is wrong with its row."""

Column = Sequence[object]
"""One field of each row; None where it is absent."""

_KNOWN: Final = frozenset(FIELDS)
_FLAT: Final = frozenset({str, int, bool, type(None)})
_NO_ATTRIBUTES: Final = frozenset({"null", "{}"})
_SURELY_FITS_BYTES: Final = limits.ENTRY_STORED_BYTES_MAX // 6
"""A control character takes one byte as sent in protobuf, six as stored: a longer row may not fit an item."""

_FILLED: Final = {
    (False, False): (),
    (True, False): ("id",),
    (False, True): ("dateTime",),
    (True, True): ("id", "dateTime"),
}
"""(the id is absent, the time is absent) -> `filled`"""
_DERIVED: Final = frozenset({("id",), ("id", "dateTime")})
_ID_CHARACTERS: Final = 36
_ID_BYTES: Final = 16
_HYPHENS: Final = (8, 13, 18, 23)
_SECOND: Final = slice(len("2026-02-09T21:50:20."))
_FRACTION_DIGITS_MAX: Final = 6
_encode_lines: Final = msgspec.json.Encoder(order="deterministic").encode_lines
_new: Final = tuple.__new__  # past LogEntry's own, which is half of the time that making one takes


class ParsedRows(NamedTuple):
    """The rows of a batch: a column for each field of `LogEntry`, and what was parsed alone, by its index.

    An entry without an id of its own has an empty one for now.
    """

    columns: tuple[Column, ...]
    alone: dict[int, Parsed]

    @property
    def have_own_ids(self) -> bool | None:
        """Tell whether all rows are entries with a time and an id of their own, or (False) all without an id.

        None where rows differ in it, or some were parsed alone.
        """
        filled = set(self.columns[-1])
        if self.alone or not (filled == {()} or filled <= _DERIVED):
            return None
        return () in filled

    @property
    def have_filled_times(self) -> bool:
        """Tell whether some row has the time of receipt."""
        return any("dateTime" in names for names in set(cast("Sequence[tuple[str, ...]]", self.columns[-1])))

    def entries(self) -> list[Parsed]:
        """Return each row's entry or problems."""
        parsed: list[Parsed] = list(map(_new, repeat(LogEntry), zip(*self.columns, strict=True)))
        for index, one in self.alone.items():
            parsed[index] = one
        return parsed


def parse_rows(rows: Sequence[DecodedRow], receipt: Receipt) -> ParsedRows:
    """Return the rows of a batch received at `receipt`, parsed."""
    table = [row.fields or {} for row in rows]
    columns = [list(map(dict.get, table, repeat(name))) for name in FIELDS]
    ids, times, severities, messages, sources, attributes = columns
    odd = {index for index, row in enumerate(rows) if row.size_bytes > _SURELY_FITS_BYTES}
    if sum(map(len, table)) != sum(map(_count, columns)):
        odd.update(index for index, fields in enumerate(table) if not _has_only_known(fields))
    checked = (
        _ids(ids, odd),
        _times(times, receipt, odd),
        _severities(severities, odd),
        _messages(messages, odd),
        _sources(sources, odd),
        _attributes(attributes, odd),
        _filled(ids, times),
    )
    return ParsedRows(checked, {index: _parse_alone(rows[index], receipt) for index in odd})


def _parse_alone(row: DecodedRow, receipt: Receipt) -> Parsed:
    if row.fields is None:
        return row.problems
    try:
        return parse_entry(row.fields, receipt, str)
    except InvalidEntry as error:
        return error.problems


def _count(column: Column) -> int:
    """Return how many rows have the field."""
    return len(column) - (column.count(None) if type(None) in set(map(type, column)) else 0)


def _has_only_known(fields: dict[str, object]) -> bool:
    return fields.keys() <= _KNOWN and None not in fields.values()


def _filled(ids: Column, times: Column) -> Column:
    if None not in times:
        if None not in ids:
            return [()] * len(ids)
        if ids.count(None) == len(ids):
            return [("id",)] * len(ids)
    return [_FILLED[one is None, time is None] for one, time in zip(ids, times, strict=True)]


def _ids(column: Column, odd: set[int]) -> Column:
    if column.count(None) == len(column):
        return [""] * len(column)
    if set(map(type, column)) == {str} and _are_ids(cast("list[str]", column)):
        return column
    ids = ["" if cell is None else normalise_id(cell) if type(cell) is str else None for cell in column]
    odd.update(index for index, one in enumerate(ids) if one is None)
    return ids


def _are_ids(texts: list[str]) -> bool:
    """Tell whether all texts are UUIDs as they are stored."""
    joined, count = "".join(texts), len(texts)
    has_form = set(map(len, texts)) == {_ID_CHARACTERS} and all(
        joined[place::_ID_CHARACTERS] == "-" * count for place in _HYPHENS
    )
    if not has_form or joined != joined.lower():
        return False
    try:  # white space between bytes is taken too, but then there are fewer of them
        return len(bytes.fromhex(joined.replace("-", ""))) == count * _ID_BYTES
    except ValueError:
        return False


def _times(column: Column, receipt: Receipt, odd: set[int]) -> Column:
    if column.count(None) == len(column):
        return [receipt.now] * len(column)
    if set(map(type, column)) == {str}:
        alike = _times_alike(cast("list[str]", column))
        if alike and max(alike) <= receipt.latest:
            return alike
    times = [_time(cell, receipt) for cell in column]
    odd.update(index for index, time in enumerate(times) if time is None)
    return times


def _times_alike(texts: list[str]) -> list[str] | None:
    """Return times in UTC with as many digits after the point, as they are stored; None for any others."""
    width, count = len(texts[0]), len(texts)
    offset = "Z" if texts[0].endswith("Z") else "+00:00"
    fraction = range(_SECOND.stop, width - len(offset))
    if set(map(len, texts)) != {width} or not 0 < len(fraction) <= _FRACTION_DIGITS_MAX:
        return None
    joined = "".join(texts)  # so a character of each text is every `width`th one
    digits = "".join([joined[place::width] for place in fraction])
    ends = [joined[place::width] for place in range(fraction.stop, width)]
    if not (digits.isdecimal() and digits.isascii() and ends == [character * count for character in offset]):
        return None
    seconds = {text[_SECOND] for text in texts}
    try:
        if any(datetime.fromisoformat(second[:-1]).isoformat() + "." != second for second in seconds):
            return None
    except ValueError:
        return None
    end = "0" * (_FRACTION_DIGITS_MAX - len(fraction)) + "+00:00"
    if end == offset:
        return texts
    return [text[: fraction.stop] + end for text in texts]


def _time(cell: object, receipt: Receipt) -> str | None:
    """Return a time as it is stored, that of the receipt where there is none; None for an odd one."""
    if cell is None:
        return receipt.now
    try:
        time = parse_date_time(cell) if type(cell) is str else None
    except ValueError:
        return None
    return None if time is None or time > receipt.latest else time


def _severities(column: Column, odd: set[int]) -> Column:
    if set(map(type, column)) != {str} or not set(column).issubset(SEVERITIES):
        odd.update(index for index, cell in enumerate(column) if cell not in SEVERITIES)
    return column


def _messages(column: Column, odd: set[int]) -> Column:
    if not _are_texts(column):
        odd.update(index for index, cell in enumerate(column) if not _are_texts([cell]))
    return column


def _sources(column: Column, odd: set[int]) -> Column:
    if column.count(None) == len(column):
        return column
    if not {str, type(None)}.issuperset(map(type, column)):
        column = [cell if cell is None or type(cell) is str else "" for cell in column]
    wrong = {cell for cell in set(column) - {None} if not _is_source(cell)}
    if wrong:
        odd.update(index for index, cell in enumerate(column) if cell in wrong)
    return column


def _is_source(cell: object) -> bool:
    return _are_texts([cell]) and len(cast("str", cell)) <= limits.SOURCE_CHARACTERS_MAX


def _are_texts(column: Column) -> bool:
    """Tell whether all cells are Unicode texts, and none is blank."""
    if set(map(type, column)) != {str}:
        return False
    texts = cast("list[str]", column)
    return all(texts) and not any(map(str.isspace, texts)) and is_unicode("".join(texts))


def _attributes(column: Column, odd: set[int]) -> Column:
    if column.count(None) == len(column):
        return column
    texts = _flat_texts(column)
    if texts is None:
        alone = [_flat_texts([cell]) for cell in column]
        odd.update(index for index, text in enumerate(alone) if text is None)
        texts = [text[0] if text else None for text in alone]
    return texts


def _flat_texts(column: Column) -> list[str | None] | None:
    """Return the JSON texts of attributes that nest nothing and hold no fraction; None where some are odd."""
    if not {dict, type(None)}.issuperset(map(type, column)):
        return None
    given = cast("list[dict[str, object]]", [cell for cell in column if cell])
    if not _FLAT.issuperset(map(type, chain.from_iterable(map(dict.values, given)))):
        return None
    try:
        texts = _encode_lines(column).decode().split("\n")
    except UnicodeEncodeError:
        return None
    return [None if text in _NO_ATTRIBUTES else text for text in texts[:-1]]
