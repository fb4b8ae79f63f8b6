"""OTLP's JSON encoding -> records: lowerCamelCase names, ids in hex, 64-bit numbers as text or number."""

from collections.abc import Iterator
from typing import cast

import msgspec

from logstead import limits
from logstead.errors import MalformedBody
from logstead.ingest import severity
from logstead.ingest.batch import check_row_count
from logstead.ingest.json_rows import decode_mending, decode_rows
from logstead.ingest.json_split import DECODE_FAILURES, check_containers
from logstead.ingest.otlp_record import Record, Shared, make_shared, pairs_as_object

_INT64_DIGITS = 20
_OTHERS = ("traceId", "spanId", "flags", "eventName", "droppedAttributesCount")
Json = dict[str, object]


class _ScopeLogs(msgspec.Struct, rename="camel"):
    scope: msgspec.Raw = msgspec.Raw()
    log_records: list[msgspec.Raw] | None = None


class _ResourceLogs(msgspec.Struct, rename="camel"):
    resource: msgspec.Raw = msgspec.Raw()
    scope_logs: list[_ScopeLogs] | None = None


class _Request(msgspec.Struct, rename="camel"):
    resource_logs: list[_ResourceLogs] | None = None


_decode = msgspec.json.Decoder(_Request).decode


def read_records(body: bytes) -> Iterator[tuple[Record | str, Shared, int]]:
    """Yield each record (or why it could not be read), what it shares, and its own bytes.

    Raises:
        MalformedBody: the body is no such JSON.
        BodyTooLarge: there are too many records.
    """
    check_containers(body)
    count = 0
    for group in _decode_request(body).resource_logs or ():
        resource = _decode_shared(bytes(group.resource))
        for scope_logs in group.scope_logs or ():
            scope = _decode_shared(bytes(scope_logs.scope))
            raws = [bytes(raw) for raw in scope_logs.log_records or ()]
            count += len(raws)
            check_row_count(count)
            shared = make_shared(
                _object(resource.get("attributes")),
                {"name": scope.get("name"), "version": scope.get("version")},
                _object(scope.get("attributes")),
                len(bytes(group.resource)) + len(bytes(scope_logs.scope)),
            )
            for row in decode_rows(raws, mends=lambda _: True):
                if row.fields is None:
                    yield (
                        "; ".join(f"{one.field} {one.problem}" for one in row.problems),
                        shared,
                        row.size_bytes,
                    )
                else:
                    yield _record(row.fields), shared, row.size_bytes


def _decode_request(body: bytes) -> _Request:
    try:
        return decode_mending(body, _decode)
    except DECODE_FAILURES as error:
        raise MalformedBody(f"The body is no OTLP JSON: {error}.") from None


def _decode_shared(text: bytes) -> Json:
    """Decode what all records get; if it is too long for an entry, they are refused for their size."""
    if text in (b"", b"null") or len(text) > limits.BATCH_ENTRY_BYTES_MAX:
        return {}
    (row,) = decode_rows([text], mends=lambda _: True)
    if row.fields is None:
        raise MalformedBody("The body has a resource or a scope that is no sound JSON object.", row.problems)
    return row.fields


def _record(fields: Json) -> Record | str:
    try:
        return Record(
            _whole(fields.get("timeUnixNano")),
            _whole(fields.get("observedTimeUnixNano")),
            _severity_number(fields.get("severityNumber")),
            str(fields.get("severityText") or ""),
            _value(fields.get("body")),
            _object(fields.get("attributes")),
            _others(fields),
        )
    except RecursionError:
        return "nests too deep"


def _whole(number: object) -> int:
    """Return a whole number of 64 bits, which may be a text; 0 for what is none."""
    if isinstance(number, str) and number.isdecimal() and number.isascii():
        return int(number[:20])
    return int(number) if isinstance(number, int | float) else 0


def _severity_number(value: object) -> int:
    """Return `severityNumber`, which protobuf's JSON mapping lets be its name too; 0 for what is neither."""
    if isinstance(value, str) and value in severity.OTLP_NUMBER_NAMES:
        return severity.OTLP_NUMBER_NAMES[value]
    return _whole(value)


def _others(fields: Json) -> Json:
    others = {name: fields[name] for name in _OTHERS if fields.get(name)}
    number = fields.get("severityNumber")
    if number and not _severity_number(number):  # no number, so it is kept as it was sent
        others["severityNumber"] = number
    return others


def _object(pairs: object) -> Json:
    if not isinstance(pairs, list):
        return {}
    return pairs_as_object(
        (str(pair.get("key", "")), _value(pair.get("value"))) for pair in pairs if isinstance(pair, dict)
    )


def _value(any_value: object) -> object:
    """Return an AnyValue as the plain value that it wraps."""
    if not isinstance(any_value, dict) or not any_value:
        return any_value or None
    kind, value = next(iter(cast("Json", any_value).items()))
    if kind == "intValue" and isinstance(value, str):
        return int(value) if value.removeprefix("-").isdecimal() and len(value) <= _INT64_DIGITS else value
    if kind == "arrayValue" and isinstance(value, dict):
        values = value.get("values")
        return [_value(one) for one in values] if isinstance(values, list) else []
    if kind == "kvlistValue" and isinstance(value, dict):
        return _object(value.get("values"))
    return value
