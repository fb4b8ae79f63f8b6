"""Loki's protobuf push (logproto.PushRequest) -> lines."""

from collections.abc import Iterator

from logstead import limits
from logstead.errors import MalformedBody
from logstead.ingest.batch import ValueBudget, check_row_count
from logstead.ingest.loki_line import Line, Stream, read_labels
from logstead.ingest.protobuf_messages import parse
from logstead.ingest.timestamp import NS_PER_S


def read_lines(body: bytes) -> Iterator[tuple[Line | str, Stream, int]]:
    """Yield each line (or why it could not be read), its stream, and its own bytes.

    Raises:
        MalformedBody: what holds the lines is no such message.
        BodyTooLarge: there are too many, or too much of their metadata.
    """
    request = parse("PushRequest", body)
    check_row_count(len(request.streams))
    budget = ValueBudget()
    count = 0
    for raw_stream in request.streams:
        stream = parse("StreamAdapter", raw_stream)
        count += len(stream.entries)
        check_row_count(count)
        fits = len(stream.labels) <= limits.BATCH_ENTRY_BYTES_MAX  # else the lines are refused for their size
        shared = Stream(read_labels(_text(stream.labels)) if fits else {}, len(stream.labels))
        for raw in stream.entries:
            yield _read_line(raw, budget), shared, len(raw)


def _read_line(raw: bytes, budget: ValueBudget) -> Line | str:
    if len(raw) > limits.BATCH_ENTRY_BYTES_MAX:
        return "is too long"
    try:
        entry = parse("EntryAdapter", raw)
    except MalformedBody:
        return "is no protobuf EntryAdapter"
    budget.take(len(entry.structured_metadata))
    time_ns = entry.timestamp.seconds * NS_PER_S + entry.timestamp.nanos
    metadata: dict[str, object] = {_text(pair.name): _text(pair.value) for pair in entry.structured_metadata}
    return Line(time_ns, _text(entry.line), metadata)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
