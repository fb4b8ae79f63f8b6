"""The protobuf messages of OTLP logs and of Loki's push, as `protobuf` classes.

Texts are declared as `bytes`, which are the same on the wire: `protobuf` refuses a whole request for one
`string` that is not UTF-8, while the agents' own encoders (Go's) let such lines pass. So are the messages
that repeat by the thousand: each is parsed by itself, so a broken one costs itself alone, and their count is
known before memory is spent on them. Only what is read is declared; the runtime skips the rest. Tests compare
the numbers with OpenTelemetry's published classes.

Sources: opentelemetry-proto v1 (logs, common, resource, collector), google/rpc/status.proto, and Grafana's
pkg/push/push.proto.
"""

from functools import cache
from typing import Any, Final

from logstead.errors import MalformedBody

BYTES: Final = "bytes"
REPEATED: Final = "repeated"
_TYPES: Final = {
    "double": 1,
    "int64": 3,
    "int32": 5,
    "fixed64": 6,
    "fixed32": 7,
    "bool": 8,
    BYTES: 12,
    "uint32": 13,
}
_MESSAGE_TYPE: Final = 11

Field = tuple[int, str, str]
"""Number, type (a message's name, or a scalar's), label: empty, `repeated`, or the name of its oneof."""

SCHEMA: Final[dict[str, dict[str, Field]]] = {
    "AnyValue": {
        "string_value": (1, BYTES, "value"),
        "bool_value": (2, "bool", "value"),
        "int_value": (3, "int64", "value"),
        "double_value": (4, "double", "value"),
        "array_value": (5, "ArrayValue", "value"),
        "kvlist_value": (6, "KeyValueList", "value"),
        "bytes_value": (7, BYTES, "value"),
    },
    "ArrayValue": {"values": (1, "AnyValue", REPEATED)},
    "KeyValueList": {"values": (1, "KeyValue", REPEATED)},
    "KeyValue": {"key": (1, BYTES, ""), "value": (2, "AnyValue", "")},
    "Resource": {"attributes": (1, "KeyValue", REPEATED)},
    "InstrumentationScope": {
        "name": (1, BYTES, ""),
        "version": (2, BYTES, ""),
        "attributes": (3, "KeyValue", REPEATED),
    },
    "LogRecord": {
        "time_unix_nano": (1, "fixed64", ""),
        "severity_number": (2, "int32", ""),
        "severity_text": (3, BYTES, ""),
        "body": (5, "AnyValue", ""),
        "attributes": (6, "KeyValue", REPEATED),
        "dropped_attributes_count": (7, "uint32", ""),
        "flags": (8, "fixed32", ""),
        "trace_id": (9, BYTES, ""),
        "span_id": (10, BYTES, ""),
        "observed_time_unix_nano": (11, "fixed64", ""),
        "event_name": (12, BYTES, ""),
    },
    "ScopeLogs": {"scope": (1, BYTES, ""), "log_records": (2, BYTES, REPEATED)},
    "ResourceLogs": {"resource": (1, BYTES, ""), "scope_logs": (2, BYTES, REPEATED)},
    "ExportLogsServiceRequest": {"resource_logs": (1, BYTES, REPEATED)},
    "ExportLogsPartialSuccess": {"rejected_log_records": (1, "int64", ""), "error_message": (2, BYTES, "")},
    "ExportLogsServiceResponse": {"partial_success": (1, "ExportLogsPartialSuccess", "")},
    "Status": {"code": (1, "int32", ""), "message": (2, BYTES, "")},
    "PushRequest": {"streams": (1, BYTES, REPEATED)},
    "StreamAdapter": {"labels": (1, BYTES, ""), "entries": (2, BYTES, REPEATED)},
    "EntryAdapter": {
        "timestamp": (1, "Timestamp", ""),
        "line": (2, BYTES, ""),
        "structured_metadata": (3, "LabelPairAdapter", REPEATED),
    },
    "LabelPairAdapter": {"name": (1, BYTES, ""), "value": (2, BYTES, "")},
    "Timestamp": {"seconds": (1, "int64", ""), "nanos": (2, "int32", "")},
}


def message(name: str) -> Any:
    """Return the class of a message of `SCHEMA`."""
    return _classes()[name]


def parse(name: str, data: bytes) -> Any:
    """Return a message of `SCHEMA` read from its bytes.

    Raises:
        MalformedBody: they are not one.
    """
    try:
        return _classes()[name].FromString(data)
    except _decode_error() as error:
        raise MalformedBody(f"The body is no protobuf {name}: {error}.") from None


@cache
def _decode_error() -> type[Exception]:
    from google.protobuf.message import DecodeError  # noqa: PLC0415  # as in _classes

    return DecodeError


@cache
def _classes() -> dict[str, Any]:
    """Make the classes, at the first request that needs one: the import takes 20 ms."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: PLC0415

    file: Any = descriptor_pb2.FileDescriptorProto(name="logstead.proto", package="logstead", syntax="proto3")
    for name, fields in SCHEMA.items():
        described = file.message_type.add(name=name)
        for field_name, (number, type_name, label) in fields.items():
            field = described.field.add(name=field_name, number=number)
            field.label = field.LABEL_REPEATED if label == REPEATED else field.LABEL_OPTIONAL
            if type_name in _TYPES:
                field.type = _TYPES[type_name]
            else:
                field.type, field.type_name = _MESSAGE_TYPE, f".logstead.{type_name}"
            if label not in ("", REPEATED):
                field.oneof_index = 0
                if not described.oneof_decl:
                    described.oneof_decl.add(name=label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"logstead.{name}"))
        for name in SCHEMA
    }
