"""Entries -> the body of a pack. Works on whole columns: the cost of an entry is a few list items."""

import struct
from collections.abc import Sequence
from itertools import pairwise
from math import gcd
from operator import sub
from typing import Final

from logstead import limits
from logstead.entry import LogEntry, minute_of
from logstead.errors import PackTooLarge
from logstead.storage.pack_codec import WRITE_CODEC, deflate
from logstead.storage.pack_id import POSITION_BITS, derived_id
from logstead.storage.pack_layout import (
    CHECKSUM_AT,
    COLUMNS_HEAD,
    FILLED_BY_CODE,
    FILLED_ID,
    ID_BYTES,
    MINUTE_US,
    PREAMBLE,
    SEPARATOR,
    SEVERITY_CODES,
    STEP_BYTES,
    TIME_BYTES,
    VERSION,
    Columns,
    checksum,
    to_planes,
)

_FILLED_CODES: Final = {fields: code for code, fields in enumerate(FILLED_BY_CODE)}
_ONE_BYTE: Final = 256
# Where YYYY-MM-DDTHH:MM:SS.ffffff+00:00 has the digits of seconds and microseconds, and what 00.000000 is
# when its characters are taken for digits.
_DIGIT_PLACES: Final = (17, 18, 20, 21, 22, 23, 24, 25)
_ZERO_OFFSET: Final = ord("0") * 11_111_111


def arrange(pack: str, sent: Sequence[LogEntry | None]) -> list[tuple[int, LogEntry]]:
    """Return the rows of a pack by (`dateTime`, id), each with its position in the pack as it was sent.

    `sent` has None for each entry that was refused, which so keeps its position. An entry whose `filled`
    names `id` has the id derived from its position, whatever its `id` says; so among equal times such
    entries stand in the order of their arrival, and those with ids of their own stand between them by id.
    Of entries that agree in both, which the service shows once, the first to arrive is kept.
    """
    rows = [(position, entry) for position, entry in enumerate(sent) if entry is not None]
    if all("id" in names for names in {entry.filled for _, entry in rows}):
        times = [entry.date_time for _, entry in rows]
        return rows if times == sorted(times) else sorted(rows, key=lambda row: row[1].date_time)
    by_key: dict[str, tuple[int, LogEntry]] = {}
    for position, entry in rows:
        own_id = derived_id(pack, position) if "id" in entry.filled else entry.id
        by_key.setdefault(entry.date_time + own_id, (position, entry))
    return [by_key[key] for key in sorted(by_key)]


def encode_body(pack: str, columns: Columns, codec: int = WRITE_CODEC) -> bytes:
    """Return the body of a pack: 1 to `PACK_ENTRIES_MAX` rows as `arrange` orders them, all of one minute.

    Raises:
        PackTooLarge: the body would pass `PACK_BODY_BYTES_MAX`, or decompressed `PACK_DECODED_BYTES_MAX`.
    """
    filled = bytes(map(_FILLED_CODES.__getitem__, columns.filled))
    frames = (
        _ids_frame(columns, filled),
        _columns_frame(columns, filled),
        _attributes_frame(columns.attributes),
        SEPARATOR.join(map(str.encode, columns.messages)),
    )
    if sum(map(len, frames)) > limits.PACK_DECODED_BYTES_MAX:
        raise PackTooLarge("A pack would pass what a reader may decompress.")
    packed = [deflate(codec, frame) for frame in frames]
    sizes = [size for pair in zip(map(len, frames), map(len, packed), strict=True) for size in pair]
    body = bytearray(PREAMBLE.pack(VERSION, codec, 0, len(columns.ids), *sizes))
    body += b"".join(packed)
    if len(body) > limits.PACK_BODY_BYTES_MAX:
        raise PackTooLarge("A pack would pass what one item may hold.")
    body[CHECKSUM_AT] = checksum(pack, body).to_bytes(4, "little")
    return bytes(body)


def _ids_frame(columns: Columns, filled: bytes) -> bytes:
    positions = columns.positions
    own = [one for one, code in zip(columns.ids, filled, strict=True) if not code & FILLED_ID]
    own_ids = to_planes(bytes.fromhex("".join(own).replace("-", "")), ID_BYTES)
    if list(positions) == list(range(len(positions))):
        return own_ids
    modulus = 1 << POSITION_BITS
    steps = [(position - before) % modulus for before, position in pairwise([0, *positions])]
    return to_planes(struct.pack(f"<{len(steps)}H", *steps), STEP_BYTES) + own_ids


def _columns_frame(columns: Columns, filled: bytes) -> bytes:
    severities = bytes(map(SEVERITY_CODES.__getitem__, columns.severities))
    minute, unit, times = _times(columns.date_times)
    width, numbers, sources = _sources(columns.sources)
    head = COLUMNS_HEAD.pack(minute.encode(), unit, width)
    return head + severities + filled + times + numbers + sources


def _times(date_times: Sequence[str]) -> tuple[str, int, bytes]:
    """Return the minute, the unit in microseconds, and the steps from row to row in byte planes."""
    minute = minute_of(date_times[0])
    if minute_of(date_times[-1]) != minute:
        raise ValueError("a pack never crosses a minute")
    steps = _steps(date_times)
    unit = gcd(*steps) or MINUTE_US
    if unit > 1:
        steps = [step // unit for step in steps]
    return minute, unit, to_planes(struct.pack(f"<{len(steps)}I", *steps), TIME_BYTES)


def _steps(date_times: Sequence[str]) -> list[int]:
    """Return the microseconds from row to row, of ascending texts, from the start of the minute.

    All rows are read at once, in half the time of `int` on each: one long integer has 32 bits for each row,
    to which the digits are brought place by place, as in 10 * tens + ones. It counts in characters: each
    digit is 48 too high, so each row is by the same, which the differences do without.
    """
    text = "".join(date_times).encode()
    width, rows = len(text) // len(date_times), len(date_times)
    column, numbers = bytearray(TIME_BYTES * rows), 0
    for place in _DIGIT_PLACES:
        column[::TIME_BYTES] = text[place::width]
        numbers = numbers * 10 + int.from_bytes(column, "little")
    offsets = struct.unpack(f"<{rows}I", numbers.to_bytes(len(column), "little"))
    return list(map(sub, offsets, (_ZERO_OFFSET, *offsets)))


def _sources(sources: Sequence[str | None]) -> tuple[int, bytes, bytes]:
    """Return the width of a source's number, the numbers in byte planes (0: none), and the sources' names."""
    names = dict.fromkeys(sources)
    names.pop(None, None)
    if not names:
        return 0, b"", b""
    number_of: dict[str | None, int] = {name: number for number, name in enumerate(names, 1)} | {None: 0}
    numbers = list(map(number_of.__getitem__, sources))
    joined = SEPARATOR.join([name.encode() for name in names if name is not None])
    if len(number_of) <= _ONE_BYTE:
        return 1, bytes(numbers), joined
    return 2, to_planes(struct.pack(f"<{len(numbers)}H", *numbers), 2), joined


def _attributes_frame(attributes: Sequence[str | None]) -> bytes:
    if not any(attributes):
        return b""
    return SEPARATOR.join([(text or "").encode() for text in attributes])
