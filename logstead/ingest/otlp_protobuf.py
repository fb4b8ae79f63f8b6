"""OTLP's protobuf encoding -> records."""

import base64
import math
from collections.abc import Iterator, Sequence
from typing import Any

from logstead import limits
from logstead.errors import MalformedBody
from logstead.ingest.batch import ValueBudget, check_row_count
from logstead.ingest.otlp_record import Record, Shared, make_shared, pairs_as_object
from logstead.ingest.protobuf_messages import parse


def read_records(body: bytes) -> Iterator[tuple[Record | str, Shared, int]]:
    """Yield each record (or why it could not be read), what it shares, and its own bytes.

    Raises:
        MalformedBody: what holds the records is no such message.
        BodyTooLarge: there are too many of them, or of their attributes.
    """
    budget = ValueBudget()
    request = parse("ExportLogsServiceRequest", body)
    check_row_count(len(request.resource_logs))
    count = 0
    for resource_logs in request.resource_logs:
        group = parse("ResourceLogs", resource_logs)
        resource = _object(_parse_shared("Resource", group.resource).attributes, budget)
        check_row_count(len(group.scope_logs))
        for scope_logs in group.scope_logs:
            records = parse("ScopeLogs", scope_logs)
            count += len(records.log_records)
            check_row_count(count)
            scope = _parse_shared("InstrumentationScope", records.scope)
            shared = make_shared(
                resource,
                {"name": _text(scope.name), "version": _text(scope.version)},
                _object(scope.attributes, budget),
                len(group.resource) + len(records.scope),
            )
            for raw in records.log_records:
                yield _record(raw, budget), shared, len(raw)


def _parse_shared(name: str, data: bytes) -> Any:
    """Parse what all records get; if it is too long for an entry, they are refused for their size."""
    return parse(name, data if len(data) <= limits.BATCH_ENTRY_BYTES_MAX else b"")


def _record(raw: bytes, budget: ValueBudget) -> Record | str:
    if len(raw) > limits.BATCH_ENTRY_BYTES_MAX:
        return "is too long"
    try:
        record = parse("LogRecord", raw)
    except MalformedBody:
        return "is no protobuf LogRecord"
    others: dict[str, object] = {}
    if record.trace_id:
        others["traceId"] = record.trace_id.hex()
    if record.span_id:
        others["spanId"] = record.span_id.hex()
    if record.flags:
        others["flags"] = record.flags
    if record.event_name:
        others["eventName"] = _text(record.event_name)
    if record.dropped_attributes_count:
        others["droppedAttributesCount"] = record.dropped_attributes_count
    return Record(
        record.time_unix_nano,
        record.observed_time_unix_nano,
        record.severity_number,
        _text(record.severity_text),
        _value(record.body, budget),
        _object(record.attributes, budget),
        others,
    )


def _object(pairs: Sequence[Any], budget: ValueBudget) -> dict[str, object]:
    budget.take(len(pairs))
    return pairs_as_object((_text(pair.key), _value(pair.value, budget)) for pair in pairs)


def _value(any_value: Any, budget: ValueBudget) -> object:
    """Return an AnyValue as JSON can carry it; its nesting is bounded by protobuf's own limit (100)."""
    kind = any_value.WhichOneof("value")
    if kind == "string_value":
        return _text(any_value.string_value)
    if kind == "double_value":
        number = any_value.double_value
        # As protobuf's JSON mapping writes what JSON has no number for.
        return (
            number if math.isfinite(number) else str(number).replace("inf", "Infinity").replace("nan", "NaN")
        )
    if kind == "array_value":
        budget.take(len(any_value.array_value.values))
        return [_value(one, budget) for one in any_value.array_value.values]
    if kind == "kvlist_value":
        return _object(any_value.kvlist_value.values, budget)
    if kind == "bytes_value":
        return base64.b64encode(any_value.bytes_value).decode()
    return None if kind is None else getattr(any_value, kind)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
