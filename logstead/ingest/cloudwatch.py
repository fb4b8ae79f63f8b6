"""The event of a CloudWatch Logs subscription (`awslogs`) -> rows. It calls the function, so has no reply.

An error out of the function makes CloudWatch Logs send the event again, for as long as Lambda's asynchronous
retries last; a batch that can't be read is never worth that.
"""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from logstead.entry import Receipt
from logstead.errors import MalformedBody
from logstead.ingest import severity
from logstead.ingest.agent_record import severity_of, source_of
from logstead.ingest.batch import EMPTY_MESSAGE, DecodedBatch, DecodedRow, check_row_count, checked
from logstead.ingest.content_encoding import decode_content
from logstead.ingest.json_rows import decode_mending
from logstead.ingest.json_split import DECODE_FAILURES
from logstead.ingest.timestamp import place_time, read_ns

DATA_MESSAGE: Final = "DATA_MESSAGE"
"""The only `messageType` with logs; `CONTROL_MESSAGE` is a check whether the destination can be reached."""

LEVEL: Final = re.compile(
    r"(?:^|\t)\[?(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\]?(?=[\s:]|$)"
)
"""A level in a line of text: its first word, or between tabs (Lambda's formats for Python and Node)."""

_NS_PER_MS: Final = 1_000_000
_LEVEL_CHARACTERS: Final = 200


class _LogEvent(msgspec.Struct, rename="camel"):
    id: str
    timestamp: int
    message: str
    extracted_fields: dict[str, object] | None = None


class Subscription(msgspec.Struct, rename="camel"):
    """What the event's data holds once inflated."""

    message_type: str
    owner: str = ""
    log_group: str = ""
    log_stream: str = ""
    log_events: list[_LogEvent] = []


_decode: Final = msgspec.json.Decoder(Subscription).decode


def decode_event(
    event: Mapping[str, Any], receipt: Receipt, excluded_groups: Collection[str] = ()
) -> DecodedBatch:
    """Return a row for each log event; none of a log group that is excluded (the service's own).

    Raises:
        BadRequest: the event is no subscription's, or its data can't be read.
    """
    try:
        data = base64.b64decode(event["awslogs"]["data"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise MalformedBody("The event is none of a CloudWatch Logs subscription.") from None
    subscription = read_subscription(decode_content(data, "gzip"))
    if subscription is None:
        raise MalformedBody("The event's data is none of a CloudWatch Logs subscription.")
    if subscription.log_group in excluded_groups:
        return DecodedBatch([])
    return DecodedBatch(checked(rows_of(subscription, receipt)))


def read_subscription(data: bytes) -> Subscription | None:
    """Return what the inflated data holds, or None where it is something else.

    Raises:
        BadRequest: there are too many log events.
    """
    try:
        subscription = decode_mending(data, _decode)
    except DECODE_FAILURES:
        return None
    check_row_count(len(subscription.log_events))
    return subscription


def rows_of(subscription: Subscription, receipt: Receipt) -> list[DecodedRow]:
    """Return a row for each log event of a subscription's data."""
    if subscription.message_type != DATA_MESSAGE:
        return []
    shared = {
        "logGroup": subscription.log_group,
        "logStream": subscription.log_stream,
        "owner": subscription.owner,
    }
    shared = {name: value for name, value in shared.items() if value}
    shared_bytes = sum(map(len, shared.values()))
    return [_row(log_event, shared, shared_bytes, receipt) for log_event in subscription.log_events]


def _row(log_event: _LogEvent, shared: Mapping[str, str], shared_bytes: int, receipt: Receipt) -> DecodedRow:
    attributes: dict[str, object] = {**shared, "eventId": log_event.id}
    if log_event.extracted_fields:
        attributes["extractedFields"] = log_event.extracted_fields
    text = log_event.message
    fields: dict[str, object] = {
        "severity": _severity(text),
        "message": text.rstrip("\n") if text.strip() else EMPTY_MESSAGE,
    }
    source = source_of(shared.get("logGroup"))
    if source is not None:
        fields["source"] = source
    read = read_ns(log_event.timestamp * _NS_PER_MS)
    ahead = place_time(fields, attributes, read, ("timestampMs", log_event.timestamp), receipt)
    fields["attributes"] = attributes
    size_bytes = len(text.encode("utf-8", "replace")) + len(str(log_event.extracted_fields or ""))
    return DecodedRow(fields, (), size_bytes + shared_bytes, ahead)


def _severity(text: str) -> str:
    known = None
    if text.startswith("{"):
        try:
            known = severity_of(msgspec.json.decode(text, type=dict[str, object]))
        except DECODE_FAILURES:
            known = None
    match = LEVEL.search(text[:_LEVEL_CHARACTERS])
    return known or (severity.of_name(match[1]) if match else None) or severity.DEFAULT
