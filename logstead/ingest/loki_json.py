"""Loki's JSON push -> lines: `{"streams": [{"stream": {labels}, "values": [[ns, line, metadata?], …]}]}`."""

from collections.abc import Iterator
from typing import Final

import msgspec

from logstead import limits
from logstead.errors import MalformedBody
from logstead.ingest.agent_record import text_of
from logstead.ingest.batch import check_row_count
from logstead.ingest.json_rows import decode_mending, decode_rows
from logstead.ingest.json_split import DECODE_FAILURES, check_containers
from logstead.ingest.loki_line import Line, Stream


class _Stream(msgspec.Struct):
    stream: msgspec.Raw
    values: list[msgspec.Raw]


class _Push(msgspec.Struct):
    streams: list[_Stream]


_decode: Final = msgspec.json.Decoder(_Push).decode
_EXPECTED: Final = 'must be ["<nanoseconds since 1970, as text>", "<line>"], or with an object as third'
_PARTS: Final = (2, 3)
_NS_DIGITS: Final = 20


def read_lines(body: bytes) -> Iterator[tuple[Line | str, Stream, int]]:
    """Yield each line (or why it could not be read), its stream, and its own bytes.

    Raises:
        MalformedBody: the body is no such JSON.
        BodyTooLarge: there are too many lines.
    """
    check_containers(body)
    count = 0
    for stream in _decode_push(body).streams:
        labels = bytes(stream.stream)
        shared = Stream(_read_labels(labels), len(labels))
        count += len(stream.values)
        check_row_count(count)
        for raw in stream.values:
            text = bytes(raw)
            yield _read_line(text), shared, len(text)


def _decode_push(body: bytes) -> _Push:
    try:
        return decode_mending(body, _decode)
    except DECODE_FAILURES as error:
        raise MalformedBody(f"The body is no JSON of Loki's push: {error}.") from None


def _read_labels(text: bytes) -> dict[str, object]:
    """Read the labels; if they are too long for an entry, the stream's lines are refused for their size."""
    if len(text) > limits.BATCH_ENTRY_BYTES_MAX:
        return {}
    (row,) = decode_rows([text], mends=lambda _: True)
    if row.fields is None:
        raise MalformedBody("The body has a `stream` that is no sound JSON object.", row.problems)
    return {name: text_of(value) for name, value in row.fields.items()}


def _read_line(text: bytes) -> Line | str:
    if len(text) > limits.BATCH_ENTRY_BYTES_MAX:
        return "is too long"
    try:
        value = decode_mending(text, msgspec.json.decode)
    except DECODE_FAILURES as error:
        return f"is not JSON: {error}"
    if not isinstance(value, list) or len(value) not in _PARTS:
        return _EXPECTED
    time_ns, line, metadata = (*value, {})[:3]
    if not (isinstance(time_ns, str) and time_ns.isascii() and time_ns.isdecimal()):
        return _EXPECTED
    if not (isinstance(line, str) and isinstance(metadata, dict)) or len(time_ns) > _NS_DIGITS:
        return _EXPECTED
    return Line(int(time_ns), line, {name: text_of(held) for name, held in metadata.items()})
