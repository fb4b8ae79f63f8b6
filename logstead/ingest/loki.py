"""Loki's push API: `POST /loki/api/v1/push`, JSON, and protobuf in a snappy block.

One entry a line. Attributes: the stream's labels and the line's structured metadata, by their names; where
both have a name, the metadata's is found under `structuredMetadata`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from logstead.entry import Receipt
from logstead.errors import LogsteadError
from logstead.http import JSON, PROTOBUF, Request, Response
from logstead.ingest import loki_json, loki_protobuf, severity
from logstead.ingest.agent_record import merge, source_of
from logstead.ingest.batch import (
    EMPTY_MESSAGE,
    DecodedBatch,
    DecodedRow,
    Outcome,
    bytes_unescaped,
    checked,
    error_status,
    error_text,
    summary,
    undecodable,
)
from logstead.ingest.content_encoding import inflate_snappy_block
from logstead.ingest.loki_line import Line, Stream
from logstead.ingest.timestamp import place_time, read_ns

PATHS: Final = ("/loki/api/v1/push",)
READY_PATH: Final = "/ready"
CONTENT_TYPES: Final = (PROTOBUF, JSON)
TEXT: Final = "text/plain; charset=utf-8"

SOURCE_LABELS: Final = ("service_name", "app", "application", "job", "service", "container")
"""The label that becomes `source`: the first there is."""

LEVEL_NAMES: Final = ("detected_level", "level", "severity", "lvl")
"""Where the level is, in the line's structured metadata and then in the labels: the first there is."""


def decode(request: Request, receipt: Receipt) -> DecodedBatch:
    """Return a row for each line.

    Raises:
        BadRequest: the body as a whole can't be taken.
    """
    is_json = _is_json(request)
    if is_json:
        lines = loki_json.read_lines(request.body)
    else:
        lines = loki_protobuf.read_lines(inflate_snappy_block(request.body))
    return DecodedBatch(checked(list(_rows(lines, receipt, is_json=is_json))))


def without_block_coding(request: Request) -> Request:
    """Return a push without the header that names its snappy block, as Vector does.

    The block is part of the protobuf format, with that header or without, so it is no content encoding.
    """
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding != "snappy" or _is_json(request):
        return request
    headers = {name: value for name, value in request.headers.items() if name != "content-encoding"}
    return replace(request, headers=headers)


def reply(request: Request, batch: DecodedBatch, outcome: Outcome, receipt: Receipt) -> Response:  # noqa: ARG001
    """Return 204, or as Loki does a 400 that says what was refused; the other lines are stored."""
    if outcome.refused:
        return Response(HTTPStatus.BAD_REQUEST, _line(summary(outcome)), TEXT)
    return Response(HTTPStatus.NO_CONTENT)


def error_reply(request: Request, error: LogsteadError, receipt: Receipt) -> Response:  # noqa: ARG001
    """Return an error as Loki does: a line of text."""
    status, headers = error_status(error)
    return Response(status, _line(error_text(error)), TEXT, headers)


def ready() -> Response:
    """Return what `GET /ready` answers, which Vector's health check asks for."""
    return Response(HTTPStatus.OK, b"ready\n", TEXT)


def _is_json(request: Request) -> bool:
    return "json" in request.headers.get("content-type", "").lower()


def _rows(
    lines: Iterator[tuple[Line | str, Stream, int]], receipt: Receipt, *, is_json: bool
) -> Iterator[DecodedRow]:
    stream: Stream | None = None
    shared: dict[str, object] = {}
    for line, stream_of_line, own_bytes in lines:
        if stream_of_line is not stream:
            stream = stream_of_line
            shared = _shared_fields(stream.labels)
        size_bytes = own_bytes + stream.size_bytes
        if isinstance(line, str):
            yield undecodable(line, size_bytes)
        else:
            fields, sent_time = _fields(line, stream.labels, shared, receipt)
            size_bytes = size_bytes if is_json else bytes_unescaped(size_bytes, fields)
            yield DecodedRow(fields, (), size_bytes, sent_time)


def _shared_fields(labels: Mapping[str, object]) -> dict[str, object]:
    fields: dict[str, object] = {"severity": _severity_of(labels) or severity.DEFAULT}
    source = next((found for name in SOURCE_LABELS if (found := source_of(labels.get(name)))), None)
    if source is not None:
        fields["source"] = source
    return fields


def _fields(
    line: Line, labels: Mapping[str, object], shared: Mapping[str, object], receipt: Receipt
) -> tuple[dict[str, object], str | None]:
    fields: dict[str, object] = {**shared, "message": line.text if line.text.strip() else EMPTY_MESSAGE}
    attributes = dict(labels)
    if line.metadata:
        merge(attributes, line.metadata, "structuredMetadata")
        fields["severity"] = _severity_of(line.metadata) or fields["severity"]
    sent = "timestampNs", str(line.time_ns)
    sent_time = place_time(fields, attributes, read_ns(line.time_ns), sent, receipt)
    if attributes:
        fields["attributes"] = attributes
    return fields, sent_time


def _severity_of(named: Mapping[str, object]) -> str | None:
    levels = (named[name] for name in LEVEL_NAMES if name in named)
    return next((known for level in levels if (known := severity.of_level(level))), None)


def _line(text: str) -> bytes:
    return text.encode("utf-8", "replace") + b"\n"
