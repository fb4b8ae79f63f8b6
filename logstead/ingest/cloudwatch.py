"""CloudWatch Logs subscriptions -> rows: the data of an event that calls the function, or of Firehose.

An event (`awslogs`) has no reply. What is not stored whole is raised instead, so that Lambda calls again, and
in the end sends the event to the function's failure destination; what an earlier call stored is known again.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec

from logstead.entry import Receipt
from logstead.errors import LogsteadError, MalformedBody
from logstead.http import Request, Response
from logstead.ingest import severity
from logstead.ingest.agent_record import severity_of, source_of
from logstead.ingest.batch import (
    EMPTY_MESSAGE,
    DecodedBatch,
    DecodedRow,
    Outcome,
    check_row_count,
    checked,
    error_status,
    error_text,
    summary,
)
from logstead.ingest.json_rows import decode_mending
from logstead.ingest.json_split import DECODE_FAILURES, check_containers
from logstead.ingest.timestamp import place_time, read_ns

PATH: Final = "awslogs"
"""What stands for a path in log lines and in the ids of packs: events come without one."""
CALLER: Final = "logs.amazonaws.com"

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
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class EventNotStored(Exception):
    """An event, or some of its lines, could not be stored; the text says why."""


@dataclass(frozen=True, slots=True)
class EventProtocol:
    """The protocol of events, as `batch` describes protocols: lines of `own_group` are left out.

    That is the log group of the function that takes the events: its failures would feed themselves.
    """

    own_group: str

    def decode(self, request: Request, receipt: Receipt) -> DecodedBatch:
        """Return a row for each log event, and what tells them: all but the filters that they passed.

        So two filters of one log group that pass the same events have each stored once.

        Raises:
            BadRequest: the event is no subscription's, or its data can't be read.
        """
        check_containers(request.body)
        subscription = read_subscription(request.body)
        if subscription is None:
            raise MalformedBody("The event's data is none of a CloudWatch Logs subscription.")
        if subscription.log_group == self.own_group:
            return DecodedBatch([])
        return DecodedBatch(checked(rows_of(subscription, receipt)), identity=_encode(subscription))

    def reply(self, request: Request, batch: DecodedBatch, outcome: Outcome, receipt: Receipt) -> Response:  # noqa: ARG002
        """Return 200 where all lines are stored or parked."""
        status = HTTPStatus.BAD_REQUEST if outcome.refused else HTTPStatus.OK
        return Response(status, summary(outcome).encode())

    def error_reply(self, request: Request, error: LogsteadError, receipt: Receipt) -> Response:  # noqa: ARG002
        """Return the error as text."""
        return Response(error_status(error)[0], error_text(error).encode())


def request_of(event: Mapping[str, Any], request_id: str) -> Request:
    """Return a subscription's event as the request that its protocol decodes.

    Raises:
        MalformedBody: it has no data.
    """
    try:
        data = base64.b64decode(event["awslogs"]["data"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise MalformedBody("The event is none of a CloudWatch Logs subscription.") from None
    return Request("POST", PATH, (), {"content-encoding": "gzip"}, data, request_id, CALLER)


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
    sent_time = place_time(fields, attributes, read, ("timestampMs", log_event.timestamp), receipt)
    fields["attributes"] = attributes
    size_bytes = len(text.encode("utf-8", "replace")) + len(str(log_event.extracted_fields or ""))
    return DecodedRow(fields, (), size_bytes + shared_bytes, sent_time)


def _severity(text: str) -> str:
    known = None
    if text.startswith("{"):
        try:
            known = severity_of(msgspec.json.decode(text, type=dict[str, object]))
        except DECODE_FAILURES:
            known = None
    match = LEVEL.search(text[:_LEVEL_CHARACTERS])
    return known or (severity.of_name(match[1]) if match else None) or severity.DEFAULT
