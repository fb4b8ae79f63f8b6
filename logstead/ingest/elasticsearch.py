"""Elasticsearch's bulk API: `POST /es/_bulk` and `POST /es/{index}/_bulk` (NDJSON, as of versions 7 to 9).

One entry a document of `index` or `create`, read as `agent_record` says. Attributes: what is left of the
document, and `_index` and `_id` as given. Entries can't be changed: `update` and `delete` are refused.
"""

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import unquote

import msgspec

from logstead.entry import Receipt, canonical_json, normalise_id
from logstead.errors import LogsteadError, MalformedBody
from logstead.http import JSON, Request, Response
from logstead.ingest.agent_record import read_record
from logstead.ingest.batch import (
    DecodedBatch,
    DecodedRow,
    Outcome,
    check_row_count,
    checked,
    error_status,
    error_text,
    undecodable,
)
from logstead.ingest.json_rows import decode_rows
from logstead.ingest.json_split import DECODE_FAILURES, check_containers

PREFIX: Final = "/es"
METHODS: Final = ("POST", "PUT")
"""Of a bulk request."""
PATHS: Final = ("/es/_bulk", "/es/{index}/_bulk", "/es/{index}/{type}/_bulk")
CONTENT_TYPES: Final = ("application/x-ndjson", JSON, "application/vnd.elasticsearch+x-ndjson")
HEADERS: Final = {"x-elastic-product": "Elasticsearch"}
"""On every reply: without it the official clients of 7.14 and later refuse to go on."""

ERROR_TYPES: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.UNAUTHORIZED: "security_exception",
    HTTPStatus.FORBIDDEN: "security_exception",
    HTTPStatus.NOT_FOUND: "resource_not_found_exception",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "content_too_long_exception",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "media_type_header_exception",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable_shards_exception",
}
"""HTTP status -> `error.type`; `illegal_argument_exception` for any other."""

_BULK_PATH: Final = re.compile(r"/es(?:/([^/_][^/]*)(?:/[^/]+)?)?/_bulk/?")
# Indices are made anew each day or month; the source stays.
_DATE_SUFFIX: Final = re.compile(r"[-_.]?[0-9]{4}[-.][0-9]{2}(?:[-.][0-9]{2})?$")
_WITH_DOCUMENT: Final = ("index", "create", "update")
_TAKEN: Final = ("index", "create")
_decode: Final = msgspec.json.Decoder(dict[str, object]).decode


class Operation(NamedTuple):
    """One item of a bulk request: its action, and `_index` and `_id` where they are given."""

    action: str
    index_name: str | None
    document_id: str | None


@dataclass(frozen=True, slots=True)
class BulkBatch(DecodedBatch):
    """A bulk request: an operation for each row."""

    operations: tuple[Operation, ...] = ()


def is_bulk(path: str) -> bool:
    """Tell whether a path is that of the bulk API."""
    return _BULK_PATH.fullmatch(path) is not None


def decode(request: Request, receipt: Receipt) -> BulkBatch:
    """Return a row for each item.

    Raises:
        BadRequest: the body as a whole can't be taken; an action line that can't be read, as Elasticsearch
            does.
    """
    body = request.body
    check_containers(body)
    match = _BULK_PATH.fullmatch(request.path)
    default_index = unquote(match[1]) if match is not None and match[1] else None
    items = list(_items(body, default_index))
    decoded = iter(
        decode_rows([text for operation, text in items if operation.action in _TAKEN], mends=_always)
    )
    rows = [
        _row(next(decoded), operation, receipt)
        if operation.action in _TAKEN
        else undecodable(f"can't be changed: {operation.action} is not taken", len(text))
        for operation, text in items
    ]
    return BulkBatch(checked(rows), operations=tuple(operation for operation, _ in items))


def reply(request: Request, batch: DecodedBatch, outcome: Outcome, receipt: Receipt) -> Response:  # noqa: ARG001
    """Return the result of each item, without white space: Vector and Fluent Bit search the text.

    Entries that were there already count as created, as agents take a 409 for a failure.
    """
    reasons = {one.index: one.reason for one in outcome.refused}
    operations = batch.operations if isinstance(batch, BulkBatch) else ()
    items = [_item(operation, reasons.get(index)) for index, operation in enumerate(operations)]
    return respond({"took": 0, "errors": bool(reasons), "items": items})


def error_reply(request: Request, error: LogsteadError, receipt: Receipt) -> Response:  # noqa: ARG001
    """Return an error as Elasticsearch does."""
    status, headers = error_status(error)
    cause = {
        "type": ERROR_TYPES.get(status, "illegal_argument_exception"),
        "reason": _utf8(error_text(error)),
    }
    return respond({"error": {"root_cause": [cause], **cause}, "status": status.value}, status, headers)


def respond(
    value: object, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a JSON reply with what the official clients look for."""
    return Response(status, msgspec.json.encode(value), JSON, {**HEADERS, **(headers or {})})


def _items(body: bytes, default_index: str | None) -> Iterator[tuple[Operation, bytes]]:
    lines = (line for line in body.split(b"\n") if line and not line.isspace())
    seen: dict[bytes, Operation] = {}
    for count, line in enumerate(lines):  # one a turn: the document's line is taken inside of it
        check_row_count(count + 1)
        operation = seen.get(line) or _operation(line, count, default_index)
        if operation.document_id is None:
            seen[line] = operation
        text = next(lines, None) if operation.action in _WITH_DOCUMENT else b""
        if text is None:
            raise MalformedBody(f"The body ends after the action line of its item {count}.")
        yield operation, text


def _operation(line: bytes, count: int, default_index: str | None) -> Operation:
    try:
        # The action comes first; winston-elasticsearch has a counter of its own behind it.
        action, given = next(iter(_decode(line).items()))
    except (*DECODE_FAILURES, StopIteration):
        action, given = "", None
    if action not in (*_WITH_DOCUMENT, "delete") or not isinstance(given, dict):
        raise MalformedBody(f"The body has no action line where its item {count} begins.")
    if action == "index" and given.get("op_type") == "create":
        action = "create"
    return Operation(action, _name(given.get("_index")) or default_index, _name(given.get("_id")))


def _row(row: DecodedRow, operation: Operation, receipt: Receipt) -> DecodedRow:
    if row.fields is None:
        return row
    index = operation.index_name
    fields, sent_time = read_record(row.fields, receipt, _DATE_SUFFIX.sub("", index) if index else None)
    given: dict[str, object] = {"_index": index} if index else {}
    if operation.document_id is not None and normalise_id(operation.document_id) is not None:
        fields["id"] = operation.document_id
    elif operation.document_id is not None:
        given["_id"] = operation.document_id
        fields["id"] = _id_of(index or "", operation.document_id, row.fields)
    attributes = fields.get("attributes")
    if given:
        fields["attributes"] = {**given, **attributes} if isinstance(attributes, dict) else given
    return DecodedRow(fields, (), row.size_bytes, sent_time)


def _id_of(index: str, document_id: str, document: Mapping[str, object]) -> str:
    """Return the entry's id for a document's that is no UUID: the same one whenever it is sent again.

    With other content it is another entry, as entries can't be changed, and to an agent a conflict is a loss.
    """
    try:
        content = canonical_json(document)
    except RecursionError:
        content = ""  # the validation refuses the row for its nesting
    digest = hashlib.sha256(f"{index}\n{document_id}\n{content}".encode(errors="surrogatepass")).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def _item(operation: Operation, reason: str | None) -> dict[str, dict[str, object]]:
    shown: dict[str, object] = {}
    if operation.index_name is not None:
        shown["_index"] = operation.index_name
    if operation.document_id is not None:
        shown["_id"] = operation.document_id
    if reason is None:
        return {operation.action: shown | {"result": "created", "status": HTTPStatus.CREATED.value}}
    error = {"type": "document_parsing_exception", "reason": _utf8(reason)}
    return {operation.action: shown | {"status": HTTPStatus.BAD_REQUEST.value, "error": error}}


def _name(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # as Elasticsearch takes it
    return value if isinstance(value, str) and value else None


def _always(_: object) -> bool:
    return True


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
