"""OTLP requests for tests: JSON as the specification's examples have it, and the same in protobuf."""

import base64
from collections.abc import Sequence
from typing import Any

from opentelemetry.proto.collector.logs.v1 import logs_service_pb2

NS = 1_770_638_400_123_456_789


def export(record: dict[str, Any], resource: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a request in JSON with one record, as the specification's examples have it."""
    scope = {"scope": {"name": "shop", "version": "1.2"}, "logRecords": [record]}
    attributes = [attribute(key, value) for key, value in (resource or {"service.name": "orders"}).items()]
    return {"resourceLogs": [{"resource": {"attributes": attributes}, "scopeLogs": [scope]}]}


def attribute(key: str, value: Any) -> dict[str, Any]:
    """Return a KeyValue of JSON with a text."""
    return {"key": key, "value": {"stringValue": value}}


def as_protobuf(exported: dict[str, Any]) -> bytes:
    """Return a request in JSON as OpenTelemetry's own classes write it in protobuf."""
    parsed = logs_service_pb2.ExportLogsServiceRequest()
    for group in exported["resourceLogs"]:
        written = parsed.resource_logs.add()
        _add_attributes(written.resource.attributes, group["resource"]["attributes"])
        for scope_logs in group["scopeLogs"]:
            scope = written.scope_logs.add()
            scope.scope.name, scope.scope.version = (
                scope_logs["scope"]["name"],
                scope_logs["scope"]["version"],
            )
            for record in scope_logs["logRecords"]:
                _add_record(scope.log_records.add(), record)
    return parsed.SerializeToString()


def _add_record(written: Any, record: dict[str, Any]) -> None:
    written.time_unix_nano = int(record.get("timeUnixNano", 0))
    written.observed_time_unix_nano = int(record.get("observedTimeUnixNano", 0))
    written.severity_number = record.get("severityNumber", 0)
    written.severity_text = record.get("severityText", "")
    if "body" in record:
        _set_value(written.body, record["body"])
    _add_attributes(written.attributes, record.get("attributes", []))
    written.trace_id = bytes.fromhex(record.get("traceId", ""))
    written.span_id = bytes.fromhex(record.get("spanId", ""))
    written.flags = record.get("flags", 0)
    written.event_name = record.get("eventName", "")


def _add_attributes(written: Any, attributes: Sequence[dict[str, Any]]) -> None:
    for one in attributes:
        pair = written.add(key=one["key"])
        _set_value(pair.value, one["value"])


def _set_value(written: Any, value: dict[str, Any]) -> None:
    for kind, held in value.items():
        if kind == "arrayValue":
            written.array_value.SetInParent()
            for one in held["values"]:
                _set_value(written.array_value.values.add(), one)
        elif kind == "kvlistValue":
            written.kvlist_value.SetInParent()
            _add_attributes(written.kvlist_value.values, held["values"])
        elif kind == "bytesValue":
            written.bytes_value = base64.b64decode(held)
        else:
            name = {"stringValue": "string_value", "boolValue": "bool_value"}.get(kind)
            name = name or {"intValue": "int_value", "doubleValue": "double_value"}[kind]
            setattr(
                written, name, int(held) if kind == "intValue" else float(held) if "double" in kind else held
            )


FULL = {
    "timeUnixNano": str(NS),
    "observedTimeUnixNano": str(NS + 5),
    "severityNumber": 17,
    "severityText": "ERROR",
    "body": {"stringValue": "disk is full"},
    "attributes": [attribute("http.route", "/orders")],
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "flags": 1,
    "eventName": "disk",
}

VALUES: list[tuple[dict[str, Any], object, str]] = [
    ({"stringValue": "x"}, "x", "x"),
    ({"boolValue": True}, True, "true"),
    ({"boolValue": False}, False, "false"),
    ({"intValue": "-9007199254740993"}, -9007199254740993, "-9007199254740993"),
    ({"doubleValue": 1.5}, 1.5, "1.5"),
    ({"doubleValue": "NaN"}, "NaN", "NaN"),
    ({"doubleValue": "-Infinity"}, "-Infinity", "-Infinity"),
    ({"bytesValue": "AP8="}, "AP8=", "AP8="),
    (
        {"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "a"}, {}]}},
        [1, "a", None],
        '[1,"a",null]',
    ),
    ({"kvlistValue": {"values": [attribute("a", "b")]}}, {"a": "b"}, '{"a":"b"}'),
]
