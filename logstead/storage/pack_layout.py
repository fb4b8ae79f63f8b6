r"""The bytes of a pack's body, version 1: what the encoder and the decoder must agree on.

    version 1 | codec 1 | CRC-32 4 | entries 2 | 4 x (size 4, packed size 4) | 4 frames

Numbers are little-endian. The checksum covers all but itself, and the pack's id, so that a body under
another's key is found out. Each frame is compressed alone, or as it is where its two sizes agree, or
empty. Texts are joined by the byte FF, which UTF-8 never holds: so no lengths are stored, a search can't
match across two messages by a literal, and the row of a hit is the number of separators before it.

    IDS         positions in the pack as sent, as 16-bit steps in byte planes (absent: 0, 1, 2 ...);
                then 16 bytes for each entry with an id of its own, in byte planes
    COLUMNS     minute 16 | time unit 4 | width of a source's number 1, then for each entry
                severity 1, filled 1, time 4 (byte planes), source number (byte planes);
                then the sources, joined, numbered from 1
    ATTRIBUTES  JSON texts, joined; an empty one means none (empty: none has any)
    MESSAGES    joined

Rows stand by (`dateTime`, id). Times are steps from row to row, in units of `time unit` microseconds,
from the start of the minute. In byte planes all first bytes come first, then all second ones: small
numbers become runs of zeros.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Final, NamedTuple, Self

from logstead.entry import SEVERITIES, LogEntry

VERSION: Final = 1
PREAMBLE: Final = struct.Struct("<BBIH8I")
CHECKSUM_AT: Final = slice(2, 6)
IDS, COLUMNS, ATTRIBUTES, MESSAGES = range(4)

COLUMNS_HEAD: Final = struct.Struct("<16sIB")
ID_BYTES: Final = 16
STEP_BYTES: Final = 2
TIME_BYTES: Final = 4
MINUTE_US: Final = 60_000_000
SOURCE_WIDTHS: Final = (0, 1, 2)

SEPARATOR: Final = b"\xff"
SEVERITY_CODES: Final = {severity: code for code, severity in enumerate(SEVERITIES)}
FILLED_BY_CODE: Final = ((), ("id",), ("dateTime",), ("id", "dateTime"))
FILLED_ID: Final = 1
"""The bit of a `filled` code which says that the id is derived."""


class Columns(NamedTuple):
    """The rows of a pack in their order, one or more, field by field.

    `positions` are their places in the pack as it was sent; the others are the fields of `LogEntry`.
    """

    positions: Sequence[int]
    ids: Sequence[str]
    date_times: Sequence[str]
    severities: Sequence[str]
    messages: Sequence[str]
    sources: Sequence[str | None]
    attributes: Sequence[str | None]
    filled: Sequence[tuple[str, ...]]

    @classmethod
    def of(cls, rows: Sequence[tuple[int, LogEntry]]) -> Self:
        """Return the columns of entries with their positions."""
        entries = [entry for _, entry in rows]
        return cls([position for position, _ in rows], *zip(*entries, strict=True))

    def in_order(self, order: Sequence[int]) -> Self:
        """Return the rows in another order, given by their indexes."""
        rows = list(zip(*self, strict=True))
        return type(self)(*zip(*map(rows.__getitem__, order), strict=True))


def checksum(pack: str, body: bytes | bytearray) -> int:
    """Return the CRC-32 of a pack's id and of its body but for the bytes that hold the checksum."""
    start = zlib.crc32(pack.encode() + body[: CHECKSUM_AT.start])
    return zlib.crc32(memoryview(body)[CHECKSUM_AT.stop :], start)


def to_planes(data: bytes, width: int) -> bytes:
    """Return numbers of `width` bytes each with all first bytes first, then all second ones, and so on."""
    return b"".join([data[plane::width] for plane in range(width)])


def from_planes(data: bytes, width: int) -> bytes:
    """Undo `to_planes`."""
    numbers = bytearray(len(data))
    count = len(data) // width
    for plane in range(width):
        numbers[plane::width] = data[plane * count : (plane + 1) * count]
    return bytes(numbers)
