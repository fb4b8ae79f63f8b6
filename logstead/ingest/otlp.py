"""OTLP/HTTP logs: `POST /v1/logs`, protobuf and JSON (OpenTelemetry protocol 1.x, section OTLP/HTTP).

One entry a log record. Attributes: those of the record, at the top; `resource` and `scope` as objects; what
the record says else by its JSON name (`traceId`, `severityText` …). Where a record's attribute has one of
those names, all of them are found under `attributes`.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from logstead.entry import Receipt
from logstead.errors import LogsteadError
from logstead.http import JSON, PROTOBUF, Request, Response
from logstead.ingest import otlp_json, otlp_protobuf
from logstead.ingest.batch import (
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
from logstead.ingest.otlp_record import entry_fields
from logstead.ingest.protobuf_messages import message

PATHS: Final = ("/v1/logs",)
CONTENT_TYPES: Final = (PROTOBUF, JSON)

STATUS_CODES: Final[Mapping[HTTPStatus, int]] = {
    HTTPStatus.BAD_REQUEST: 3,
    HTTPStatus.UNAUTHORIZED: 16,
    HTTPStatus.FORBIDDEN: 7,
    HTTPStatus.NOT_FOUND: 5,
    HTTPStatus.METHOD_NOT_ALLOWED: 12,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: 8,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: 3,
    HTTPStatus.SERVICE_UNAVAILABLE: 14,
}
"""HTTP status -> `code` of google.rpc.Status; 2 (unknown) for any other."""


def decode(request: Request, receipt: Receipt) -> DecodedBatch:
    """Return a row for each log record.

    Raises:
        BadRequest: the body as a whole can't be taken.
    """
    is_json = _is_json(request)
    reader = otlp_json if is_json else otlp_protobuf
    rows: list[DecodedRow] = []
    for record, shared, own_bytes in reader.read_records(request.body):
        size_bytes = own_bytes + shared.size_bytes
        if isinstance(record, str):
            rows.append(undecodable(record, size_bytes))
        else:
            fields, sent_time = entry_fields(record, shared, receipt)
            size_bytes = size_bytes if is_json else bytes_unescaped(size_bytes, fields)
            rows.append(DecodedRow(fields, (), size_bytes, sent_time))
    return DecodedBatch(checked(rows))


def reply(request: Request, batch: DecodedBatch, outcome: Outcome, receipt: Receipt) -> Response:  # noqa: ARG001
    """Return ExportLogsServiceResponse: empty for a full success, `partialSuccess` where some were refused.

    Where none was accepted it is a 400 that no client retries, as a client need not look into a 200.
    """
    if outcome.refused and not outcome.accepted:
        return _status(request, HTTPStatus.BAD_REQUEST, summary(outcome), {})
    rejected = len(outcome.refused)
    if _is_json(request):
        partial = {"rejectedLogRecords": str(rejected), "errorMessage": summary(outcome)}
        return _respond(
            request, HTTPStatus.OK, msgspec.json.encode({"partialSuccess": partial} if rejected else {})
        )
    answer = message("ExportLogsServiceResponse")()
    if rejected:
        answer.partial_success.rejected_log_records = rejected
        answer.partial_success.error_message = _utf8(summary(outcome))
    return _respond(request, HTTPStatus.OK, answer.SerializeToString())


def error_reply(request: Request, error: LogsteadError, receipt: Receipt) -> Response:  # noqa: ARG001
    """Return google.rpc.Status in the request's encoding."""
    status, headers = error_status(error)
    return _status(request, status, error_text(error), headers)


def _status(request: Request, status: HTTPStatus, text: str, headers: Mapping[str, str]) -> Response:
    code = STATUS_CODES.get(status, 2)
    if _is_json(request):
        body = msgspec.json.encode({"code": code, "message": _utf8(text).decode()})
    else:
        body = message("Status")(code=code, message=_utf8(text)).SerializeToString()
    return _respond(request, status, body, headers)


def _respond(
    request: Request, status: HTTPStatus, body: bytes, headers: Mapping[str, str] | None = None
) -> Response:
    content_type = JSON if _is_json(request) else PROTOBUF
    # Named among the headers too: an empty protobuf message has no byte, but has a type.
    return Response(status, body, content_type, {**(headers or {}), "content-type": content_type})


def _is_json(request: Request) -> bool:
    return "json" in request.headers.get("content-type", "").lower()


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
