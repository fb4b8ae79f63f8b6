"""A log record of OTLP, from either encoding -> the fields of an entry (OpenTelemetry's logs data model)."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from logstead.entry import Receipt, normalise_id
from logstead.ingest import severity
from logstead.ingest.agent_record import merge, source_of, text_of
from logstead.ingest.batch import EMPTY_MESSAGE
from logstead.ingest.timestamp import place_time, read_ns

UID: Final = "log.record.uid"
"""The attribute that becomes the entry's id where it is a UUID."""

RECORD_NAMES: Final = (
    *("severityText", "severityNumber", "body", "traceId", "spanId", "flags", "eventName"),
    "droppedAttributesCount",
)
"""What a record says besides its attributes, kept by these names."""


class Shared(NamedTuple):
    """What the records of one scope have in common, and the bytes it took."""

    source: str | None
    attributes: Mapping[str, object]
    size_bytes: int


class Record(NamedTuple):
    """One record, its values plain. `others` has what it says of `RECORD_NAMES`, for the attributes."""

    time_ns: int
    observed_ns: int
    severity_number: int
    severity_text: str
    body: object
    attributes: dict[str, object]
    others: dict[str, object]


def make_shared(
    resource: dict[str, object],
    scope: dict[str, object],
    scope_attributes: dict[str, object],
    size_bytes: int,
) -> Shared:
    """Return what all records of a scope get."""
    shared: dict[str, object] = {}
    if resource:
        shared["resource"] = resource
    scope = {name: value for name, value in scope.items() if value}
    if scope_attributes:
        scope["attributes"] = scope_attributes
    if scope:
        shared["scope"] = scope
    return Shared(source_of(resource.get("service.name")), shared, size_bytes)


def pairs_as_object(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return key-value pairs as an object; of a key given twice, against the rule, all values in a list."""
    given = list(pairs)
    merged = dict(given)
    if len(merged) == len(given):
        return merged
    values: dict[str, list[object]] = {}
    for key, value in given:
        values.setdefault(key, []).append(value)
    return {key: held if len(held) > 1 else held[0] for key, held in values.items()}


def entry_fields(record: Record, shared: Shared, receipt: Receipt) -> tuple[dict[str, object], str | None]:
    """Return the fields of the entry that a record describes, and its time as sent."""
    own = record.attributes
    attributes: dict[str, object] = {**shared.attributes, **record.others}
    fields: dict[str, object] = {"severity": _severity(record, attributes)}
    uid = own.get(UID)
    if isinstance(uid, str) and normalise_id(uid) is not None:
        fields["id"] = uid
        own = {name: value for name, value in own.items() if name != UID}
    if shared.source is not None:
        fields["source"] = shared.source
    fields["message"] = _message(record, attributes)
    merge(attributes, own, "attributes")
    time_ns = record.time_ns or record.observed_ns
    sent_time = None
    if time_ns:
        sent_time = place_time(fields, attributes, read_ns(time_ns), ("timeUnixNano", str(time_ns)), receipt)
    if attributes:
        fields["attributes"] = attributes
    return fields, sent_time


def _severity(record: Record, attributes: dict[str, object]) -> str:
    if record.severity_text:
        attributes["severityText"] = record.severity_text
    if record.severity_number:
        attributes["severityNumber"] = record.severity_number
    by_number = severity.of_otlp_number(record.severity_number)
    return by_number or severity.of_level(record.severity_text) or severity.DEFAULT


def _message(record: Record, attributes: dict[str, object]) -> str:
    body = record.body
    if isinstance(body, str) and body.strip():
        return body
    if body is None or isinstance(body, str):
        return source_of(attributes.get("eventName")) or EMPTY_MESSAGE
    attributes["body"] = body
    return text_of(body)
