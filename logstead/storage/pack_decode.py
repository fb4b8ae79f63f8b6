"""The body of a pack -> its entries, or single columns of them, inflating only the frames that they need."""

import re
import struct
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from logstead import limits
from logstead.entry import SEVERITIES, LogEntry
from logstead.errors import PackUnreadable
from logstead.storage import pack_layout as layout
from logstead.storage.pack_codec import CODECS, inflate
from logstead.storage.pack_id import POSITION_BITS, derived_id
from logstead.storage.pack_layout import SEPARATOR

_SEVERITY_CODES: Final = bytes(range(len(SEVERITIES)))
_FILLED_CODES: Final = bytes(range(len(layout.FILLED_BY_CODE)))
_MINUTE: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")


class DecodedColumns(NamedTuple):
    """What a pack holds of its rows besides texts and ids; a row's number is its index."""

    minute: str
    """The minute of all rows, as `YYYY-MM-DDTHH:MM` in UTC."""
    microseconds: list[int]
    """From the start of the minute, ascending."""
    severities: bytes
    """Indices into `SEVERITIES`."""
    filled: bytes
    """Indices into `FILLED_BY_CODE`."""
    sources: list[str | None]


class PackBody:
    """A pack's body, opened: its checksum and sizes hold; its frames are inflated when first asked for.

    Rows are numbered from 0, by (`dateTime`, id). Whatever is damaged raises PackUnreadable and nothing
    else, from each member; no more than `PACK_DECODED_BYTES_MAX` is ever inflated.
    """

    def __init__(self, pack: str, body: bytes) -> None:
        """Open the body of the pack with this id.

        Raises:
            PackUnreadable: cut short, damaged, another pack's, or written by newer code.
        """
        self.pack = pack
        self._body = body
        self._codec, self.count, self._sizes = _open(pack, body)

    @cached_property
    def messages(self) -> bytes:
        """All messages in UTF-8, joined by `SEPARATOR`, which none of them holds: what a search reads."""
        return self._inflate(layout.MESSAGES)

    @cached_property
    def attributes(self) -> bytes:
        """All attributes' JSON texts, joined as the messages are; empty where no row has any."""
        return self._inflate(layout.ATTRIBUTES)

    @cached_property
    def message_starts(self) -> list[int]:
        """Where each row's message starts in `messages`: ascending, so bisect finds the row of a hit."""
        lengths = [len(message) + len(SEPARATOR) for message in self._message_texts[:-1]]
        return list(accumulate(lengths, initial=0))

    @cached_property
    def columns(self) -> DecodedColumns:
        """Times, severities and sources: what a histogram or a filter on them needs."""
        return _decode_columns(self._inflate(layout.COLUMNS), self.count)

    @cached_property
    def positions(self) -> Sequence[int]:
        """The place of each row in the pack as it was sent; those missing were refused."""
        steps, _ = self._ids_frame
        if not steps:
            return range(self.count)
        positions = accumulate(struct.unpack(f"<{self.count}H", layout.from_planes(steps, layout.STEP_BYTES)))
        modulus = 1 << POSITION_BITS
        return [position % modulus for position in positions]

    def ids(self, rows: Iterable[int] | None = None) -> list[str]:
        """Return the ids of some rows, or of all, in the order asked for."""
        picked = range(self.count) if rows is None else rows
        positions, filled = self.positions, self.columns.filled
        _, own = self._ids_frame
        if not own:
            return [derived_id(self.pack, positions[row]) for row in picked]
        texts = layout.from_planes(own, layout.ID_BYTES).hex()
        starts = list(
            accumulate([0 if code & layout.FILLED_ID else layout.ID_BYTES * 2 for code in filled], initial=0)
        )
        return [
            derived_id(self.pack, positions[row])
            if filled[row] & layout.FILLED_ID
            else _hyphenated(texts[starts[row] : starts[row + 1]])
            for row in picked
        ]

    def entries(self, rows: Sequence[int] | None = None) -> list[LogEntry]:
        """Return the entries of some rows, or of all, in the order asked for."""
        picked = range(self.count) if rows is None else rows
        minute, microseconds, severities, filled, sources = self.columns
        date_times = _date_times(minute, [microseconds[row] for row in picked])
        attributes, messages = self._attribute_texts, self._message_texts
        return [
            LogEntry(
                entry_id,
                date_time,
                SEVERITIES[severities[row]],
                _text(messages[row]),
                sources[row],
                _text(attributes[row]) if attributes and attributes[row] else None,
                layout.FILLED_BY_CODE[filled[row]],
            )
            for row, entry_id, date_time in zip(picked, self.ids(picked), date_times, strict=True)
        ]

    def date_time(self, row: int) -> str:
        """Return one row's `date_time`, so that rows can be found by bisection."""
        return _date_times(self.columns.minute, [self.columns.microseconds[row]])[0]

    def find(self, entry_id: str) -> LogEntry | None:
        """Return the entry with this id, derived or its own; None where the pack does not hold it."""
        ids = self.ids()
        return self.entries([ids.index(entry_id)])[0] if entry_id in ids else None

    @cached_property
    def _message_texts(self) -> list[bytes]:
        return _split(self.messages, self.count)

    @cached_property
    def _attribute_texts(self) -> list[bytes]:
        """The rows' attributes; an empty list where none has any."""
        return _split(self.attributes, self.count) if self.attributes else []

    @cached_property
    def _ids_frame(self) -> tuple[bytes, bytes]:
        """The positions' steps, or nothing where they are 0, 1, 2 ...; and the ids of the entries' own."""
        frame = self._inflate(layout.IDS)
        own_count = sum(not code & layout.FILLED_ID for code in self.columns.filled)
        steps_bytes = len(frame) - own_count * layout.ID_BYTES
        if steps_bytes not in {0, self.count * layout.STEP_BYTES}:
            raise PackUnreadable("the ids do not fit the number of entries")
        return frame[:steps_bytes], frame[steps_bytes:]

    def _inflate(self, frame: int) -> bytes:
        start = layout.PREAMBLE.size + sum(packed for _, packed in self._sizes[:frame])
        size, packed = self._sizes[frame]
        return inflate(self._codec, self._body[start : start + packed], size)


def lacking_positions(pack: str, body: bytes, standing: bytes) -> list[int]:
    """Return the positions of the entries in a pack's body that another body of the pack lacks; ascending.

    Raises:
        PackUnreadable: one of them can't be read.
    """
    if standing == body:
        return []
    return sorted({*PackBody(pack, body).positions}.difference(PackBody(pack, standing).positions))


def _open(pack: str, body: bytes) -> tuple[int, int, list[tuple[int, int]]]:
    """Return a body's codec, its number of entries, and each frame's size and packed size."""
    if len(body) < layout.PREAMBLE.size:
        raise PackUnreadable("the body is cut short")
    version, codec, checksum, count, *numbers = layout.PREAMBLE.unpack_from(body)
    if version > layout.VERSION:
        raise PackUnreadable(f"version {version} of the layout is newer than this code")
    if checksum != layout.checksum(pack, body):
        raise PackUnreadable("the checksum does not hold: damaged, cut short or another pack's")
    if version != layout.VERSION or codec not in CODECS:
        raise PackUnreadable(f"version {version} with codec {codec} is unknown")
    sizes = list(zip(numbers[::2], numbers[1::2], strict=True))
    if sum(size for size, _ in sizes) > limits.PACK_DECODED_BYTES_MAX:
        raise PackUnreadable("the body states more than a reader may inflate")
    packed = sum(packed for _, packed in sizes)
    if not 0 < count <= limits.PACK_ENTRIES_MAX or layout.PREAMBLE.size + packed != len(body):
        raise PackUnreadable("the sizes that the body states are inconsistent")
    return codec, count, sizes


def _decode_columns(frame: bytes, count: int) -> DecodedColumns:
    head = layout.COLUMNS_HEAD
    minute, unit, width = head.unpack_from(frame) if len(frame) >= head.size else (b"", 0, 0)
    widths = (1, 1, layout.TIME_BYTES, width)
    ends = list(accumulate([count * size for size in widths], initial=head.size))
    if not _MINUTE.fullmatch(minute) or width not in layout.SOURCE_WIDTHS or len(frame) < ends[-1]:
        raise PackUnreadable("the columns do not fit the number of entries")
    severities, filled, times, numbers = [frame[start:end] for start, end in pairwise(ends)]
    if severities.translate(None, _SEVERITY_CODES) or filled.translate(None, _FILLED_CODES):
        raise PackUnreadable("a severity or a filled field is unknown")
    sources = _decode_sources(numbers, width, frame[ends[-1] :], count)
    return DecodedColumns(minute.decode(), _decode_times(times, unit), severities, filled, sources)


def _decode_times(planes: bytes, unit: int) -> list[int]:
    count = len(planes) // layout.TIME_BYTES
    steps = struct.unpack(f"<{count}I", layout.from_planes(planes, layout.TIME_BYTES))
    microseconds = list(accumulate(steps))
    if unit != 1:
        microseconds = [step * unit for step in microseconds]
    if microseconds[-1] >= layout.MINUTE_US:
        raise PackUnreadable("a time lies outside the pack's minute")
    return microseconds


def _decode_sources(planes: bytes, width: int, joined: bytes, count: int) -> list[str | None]:
    if not width:
        return [None] * count
    names = [None, *(_text(name) for name in joined.split(SEPARATOR))]
    numbers: Sequence[int] = planes
    if width == layout.SOURCE_WIDTHS[-1]:
        numbers = struct.unpack(f"<{count}H", layout.from_planes(planes, width))
    if max(numbers) >= len(names):
        raise PackUnreadable("a source is not among those listed")
    return [names[number] for number in numbers]


def _split(frame: bytes, count: int) -> list[bytes]:
    texts = frame.split(SEPARATOR)
    if len(texts) != count:
        raise PackUnreadable("the texts do not fit the number of entries")
    return texts


def _text(utf_8: bytes) -> str:
    try:
        return utf_8.decode()
    except UnicodeDecodeError as error:
        raise PackUnreadable("a text is not UTF-8") from error


def _date_times(minute: str, microseconds: list[int]) -> list[str]:
    """Return `date_time` texts: seconds and microseconds stand side by side in eight digits."""
    digits = [f"{number:08d}" for number in microseconds]
    return [f"{minute}:{text[:2]}.{text[2:]}+00:00" for text in digits]


def _hyphenated(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
