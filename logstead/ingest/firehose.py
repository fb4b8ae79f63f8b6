"""Amazon Data Firehose to an HTTP endpoint: `POST /firehose` (protocol version 1.0).

A record's data is what its producer put: JSON objects (one or several: an entry each, as on the native
route), what CloudWatch Logs sends through Firehose (gzip), or any text (one entry). Attributes of the
delivery stream (`X-Amz-Firehose-Common-Attributes`) are added to each entry's.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final

import msgspec

from logstead import limits
from logstead.entry import FIELDS, Receipt
from logstead.errors import BodyTooLarge, LogsteadError, MalformedBody
from logstead.http import JSON, Request, Response
from logstead.ingest import cloudwatch, severity
from logstead.ingest.agent_record import merge, source_of
from logstead.ingest.batch import (
    EMPTY_MESSAGE,
    DecodedBatch,
    DecodedRow,
    Outcome,
    ValueBudget,
    check_row_count,
    checked,
    error_status,
    error_text,
    summary,
    undecodable,
)
from logstead.ingest.content_encoding import decode_content
from logstead.ingest.json_split import DECODE_FAILURES, split_values
from logstead.ingest.native_batch import read_rows

PATHS: Final = ("/firehose",)
CONTENT_TYPES: Final = (JSON,)
ERROR_MESSAGE_CHARACTERS_MAX: Final = 800
"""How much of an error the reply has: short enough that it is never compressed, which Firehose can't read."""

_REQUEST_ID: Final = "x-amz-firehose-request-id"
_GZIP: Final = b"\x1f\x8b"


class _Record(msgspec.Struct):
    data: str


class _Delivery(msgspec.Struct, rename="camel"):
    records: list[_Record]
    request_id: str = ""


class _CommonAttributes(msgspec.Struct, rename="camel"):
    common_attributes: dict[str, object] = {}


def decode(request: Request, receipt: Receipt) -> DecodedBatch:
    """Return the rows of all records, and what a retry has the same: the request's id and the records.

    The body of a retry has another `timestamp`, so it can't tell a retry by itself.

    Raises:
        BadRequest: the body as a whole can't be taken.
    """
    try:
        delivery = msgspec.json.decode(request.body, type=_Delivery)
    except DECODE_FAILURES as error:
        raise MalformedBody(f"The body is none of Firehose: {error}.") from None
    check_row_count(len(delivery.records))
    common, common_bytes = _common_attributes(request.headers)
    stream = request.headers.get("x-amz-firehose-source-arn", "").rpartition("/")[2]
    rows: list[DecodedRow] = []
    left, budget = limits.INFLATED_BYTES_MAX, ValueBudget()
    for record in delivery.records:
        data, cost_bytes = _data(record, left)
        left -= cost_bytes
        rows += [_with_common(row, common, common_bytes, stream) for row in _rows(data, receipt, budget)]
        check_row_count(len(rows))
    request_id = delivery.request_id or request.headers.get(_REQUEST_ID, "")
    identity = "\n".join((request_id, *(record.data for record in delivery.records))).encode()
    return DecodedBatch(checked(rows), request_id or None, identity)


def reply(request: Request, batch: DecodedBatch, outcome: Outcome, receipt: Receipt) -> Response:
    """Return 200 where all was accepted; else a 400, after whose retries Firehose keeps the records in S3.

    Firehose knows no partial success, and a 200 would lose what was refused.
    """
    if outcome.refused:
        return _respond(request, HTTPStatus.BAD_REQUEST, receipt, batch.retry_key, summary(outcome))
    return _respond(request, HTTPStatus.OK, receipt, batch.retry_key)


def error_reply(request: Request, error: LogsteadError, receipt: Receipt) -> Response:
    """Return an error as Firehose documents it; 400 in place of 413, after which it drops the records."""
    status, headers = error_status(error)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        status = HTTPStatus.BAD_REQUEST
    response = _respond(request, status, receipt, None, error_text(error))
    return Response(response.status, response.body, JSON, headers)


def _respond(
    request: Request, status: HTTPStatus, receipt: Receipt, request_id: str | None, text: str = ""
) -> Response:
    answer: dict[str, object] = {
        "requestId": request.headers.get(_REQUEST_ID) or request_id or "",
        "timestamp": int(datetime.fromisoformat(receipt.now).timestamp() * 1000),
    }
    if text:
        shown = text.encode("ascii", "backslashreplace").decode()
        answer["errorMessage"] = shown[:ERROR_MESSAGE_CHARACTERS_MAX]
    return Response(status, msgspec.json.encode(answer), JSON)


def _data(record: _Record, bytes_max: int) -> tuple[bytes | None, int]:
    """Return what a record holds, inflated, and the bytes that took of the limit; None where it is no base64.

    Raises:
        BodyTooLarge: the records inflate to more than a body may.
    """
    try:
        data = base64.b64decode(record.data, validate=True)
    except (binascii.Error, ValueError):
        return None, 0
    if data.startswith(_GZIP):
        try:
            inflated = decode_content(data, "gzip", bytes_max)
        except BodyTooLarge:
            raise BodyTooLarge(
                f"The records inflate to more than {limits.INFLATED_BYTES_MAX} bytes; use smaller buffers."
            ) from None
        except LogsteadError:
            # Bytes that begin like gzip are kept as they are. Each may have inflated to the limit first: half
            # of what is left is gone, so that all of them together can't cost more than twice the limit.
            return data, bytes_max // 2
        return inflated, len(inflated)
    return data, 0


def _rows(data: bytes | None, receipt: Receipt, budget: ValueBudget) -> Iterator[DecodedRow]:
    if data is None:
        yield undecodable("is no base64", 0)
        return
    text = data.strip()
    if text.startswith(b"{"):
        budget.take(text.count(b"{") + text.count(b"["))
        subscription = cloudwatch.read_subscription(text) if b'"messageType"' in text[:1000] else None
        if subscription is not None:
            yield from cloudwatch.rows_of(subscription, receipt)
            return
        try:
            texts = split_values(text)
        except MalformedBody:
            texts = [text]
        for row, one in zip(read_rows(texts, receipt, is_agents=_is_agents), texts, strict=True):
            yield _plain_row(one) if row.fields is None else row
    else:
        yield _plain_row(data)


def _is_agents(fields: Mapping[str, object]) -> bool:
    """Tell whether an object is read as an agent's, as all are but entries by the API's own rules."""
    return "dateTime" not in fields and not {"severity", "message"} <= fields.keys()


def _plain_row(data: bytes) -> DecodedRow:
    message = data.decode("utf-8", "replace").rstrip("\r\n")
    fields: dict[str, object] = {
        "severity": severity.DEFAULT,
        "message": message if message.strip() else EMPTY_MESSAGE,
    }
    if "\ufffd" in message and len(data) <= limits.BATCH_ENTRY_BYTES_MAX:
        fields["attributes"] = {"dataBase64": base64.b64encode(data).decode()}
    return DecodedRow(fields, (), len(data))


def _common_attributes(headers: Mapping[str, str]) -> tuple[dict[str, object], int]:
    text = headers.get("x-amz-firehose-common-attributes", "")
    try:
        return msgspec.json.decode(text or "{}", type=_CommonAttributes).common_attributes, len(text)
    except DECODE_FAILURES:
        return {}, 0


def _with_common(row: DecodedRow, common: Mapping[str, object], common_bytes: int, stream: str) -> DecodedRow:
    if row.fields is None:
        return row
    fields = dict(row.fields)
    given = fields.get("attributes") or {}
    if not isinstance(given, dict):
        return row  # the validation refuses it
    attributes: dict[str, object] = dict(given)
    # Other fields become attributes, so they have a say in which names are taken; one that is there already
    # stays, and the validation names it.
    for name in [name for name in fields if name not in FIELDS and name not in attributes]:
        attributes[name] = fields.pop(name)
    merge(attributes, common, "commonAttributes")
    source = source_of(stream)
    if source is not None and fields.setdefault("source", source) != source:
        attributes.setdefault("deliveryStream", stream)
    if attributes:
        fields["attributes"] = attributes
    return DecodedRow(fields, row.problems, row.size_bytes + common_bytes, row.sent_time)
