import json
from typing import Any

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from logstead import limits
from logstead.entry import LogEntry
from logstead.errors import BodyTooLarge, MalformedBody
from logstead.http import JSON, PROTOBUF
from logstead.ingest import otlp, severity
from logstead.ingest.batch import DecodedBatch
from logstead.ingest.protobuf_messages import SCHEMA, message
from tests.unit.ingest.agent_service import RECEIPT, AgentService, entries_of, request, settle
from tests.unit.ingest.otlp_samples import FULL, NS, VALUES, as_protobuf, attribute, export

TIME = "2026-02-09T12:00:00.123456+00:00"
UID = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"


def decode(body: bytes, content_type: str = PROTOBUF, **headers: str) -> DecodedBatch:
    """Decode a body as sent to `/v1/logs`."""
    return otlp.decode(request("/v1/logs", body, headers={"content-type": content_type, **headers}), RECEIPT)


def both(record: dict[str, Any], resource: dict[str, Any] | None = None) -> LogEntry:
    """Return the entry of a record, the same from both encodings."""
    exported = export(record, resource)
    (from_json,) = entries_of(decode(json.dumps(exported).encode(), JSON))
    (from_protobuf,) = entries_of(decode(as_protobuf(exported)))
    assert from_json == from_protobuf
    return from_json


def attributes_of(entry: LogEntry) -> Any:
    """Return an entry's attributes."""
    return json.loads(entry.attributes or "{}")


def test_a_full_record_becomes_an_entry_from_both_encodings() -> None:
    """Every part of it is a field or an attribute; the nanoseconds too."""
    entry = both(FULL)
    assert (entry.date_time, entry.severity, entry.message, entry.source) == (
        TIME,
        "error",
        "disk is full",
        "orders",
    )
    assert attributes_of(entry) == {
        "resource": {"service.name": "orders"},
        "scope": {"name": "shop", "version": "1.2"},
        "http.route": "/orders",
        "severityText": "ERROR",
        "severityNumber": 17,
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "flags": 1,
        "eventName": "disk",
        "nanoseconds": 789,
    }


@pytest.mark.parametrize(("first", "last", "name", "ours"), severity.OTLP_NUMBERS)
def test_every_severity_number_has_its_severity(first: int, last: int, name: str, ours: str) -> None:
    """The number counts before the text, which counts where there is no number."""
    for number in (first, last):
        assert both({"severityNumber": number, "severityText": "?", "timeUnixNano": "1"}).severity == ours
    assert both({"severityText": name.title(), "timeUnixNano": "1"}).severity == ours


def test_a_record_that_says_next_to_nothing_is_stored_all_the_same() -> None:
    """No time (the service's own counts), no level (info), no body."""
    entry = both({})
    assert (entry.filled, entry.severity, entry.message) == (("id", "dateTime"), "info", "(empty)")
    assert both({"eventName": "user.login"}).message == "user.login"
    assert both({"observedTimeUnixNano": str(NS)}).date_time == TIME


def test_a_time_far_ahead_is_kept_beside_the_services_own() -> None:
    """The sender's clock is wrong, its line is not."""
    ahead = str(NS + 10**18)
    entry = both({"timeUnixNano": ahead})
    assert "dateTime" in entry.filled
    assert attributes_of(entry)["timeUnixNano"] == ahead


@pytest.mark.parametrize(("value", "plain", "text"), VALUES, ids=lambda value: str(value)[:20])
def test_every_kind_of_value_is_kept(value: dict[str, Any], plain: object, text: str) -> None:
    """As an attribute it is plain JSON; as a body it is text, and an attribute if it is no text."""
    assert attributes_of(both({"attributes": [{"key": "k", "value": value}]}))["k"] == plain
    entry = both({"body": value})
    assert entry.message == text
    assert attributes_of(entry).get("body") == (None if isinstance(plain, str) else plain)


def test_an_attribute_with_the_name_of_a_part_of_the_record_is_not_lost() -> None:
    """All of the record's attributes are then found under `attributes`."""
    entry = both(
        {"severityText": "INFO", "attributes": [attribute("severityText", "mine"), attribute("a", "b")]}
    )
    assert attributes_of(entry)["severityText"] == "INFO"
    assert attributes_of(entry)["attributes"] == {"severityText": "mine", "a": "b"}


def test_a_key_given_twice_keeps_both_values() -> None:
    """OTLP forbids it; some senders do it."""
    entry = both({"attributes": [attribute("k", "a"), attribute("k", "b")]})
    assert attributes_of(entry)["k"] == ["a", "b"]


def test_a_uid_that_is_a_uuid_is_the_entrys_id() -> None:
    """Any other is an attribute like all."""
    assert both({"attributes": [attribute("log.record.uid", UID.upper())]}).id == UID
    other = both({"attributes": [attribute("log.record.uid", "01ARZ3NDEKTSV4RRFFQ69G5FAV")]})
    assert "id" in other.filled
    assert attributes_of(other)["log.record.uid"] == "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def test_json_takes_numbers_in_both_forms_and_ignores_what_it_does_not_know() -> None:
    """64-bit numbers may be text or number; unknown fields come from newer senders."""
    exported = export({**FULL, "timeUnixNano": NS, "severityNumber": "17", "new": [1]})
    exported["new"] = {"a": None}
    (entry,) = entries_of(decode(json.dumps(exported).encode(), "application/json; charset=utf-8"))
    assert (entry.date_time, entry.severity) == (TIME, "error")


def test_one_broken_record_costs_itself_alone() -> None:
    """In protobuf bytes that are no record, in JSON what is no object; broken UTF-8 is mended."""
    request_ = message("ExportLogsServiceRequest")()
    scope = message("ScopeLogs")(log_records=[b"\xff\xff", b"*\x04\n\x02\xffx"])
    request_.resource_logs.append(
        message("ResourceLogs")(scope_logs=[scope.SerializeToString()]).SerializeToString()
    )
    taken, outcome = settle(decode(request_.SerializeToString()))
    assert [one.index for one in outcome.refused] == [0]
    assert [entry.message for entry in taken] == ["\ufffdx"]

    body = json.dumps(export({"body": {"stringValue": "A"}})).encode()
    body = body.replace(b'[{"body"', b'[5, {"body"').replace(b'"A"', b'"\\ud800"')
    taken, outcome = settle(decode(body, JSON))
    assert [one.index for one in outcome.refused] == [0]
    assert [entry.message for entry in taken] == ["\ufffd"]


@pytest.mark.parametrize("body", (b"\xff", b"nonsense", b"\x0a\x05\x0a"))
def test_what_is_no_request_is_refused_as_a_whole(body: bytes) -> None:
    """In either encoding."""
    with pytest.raises(MalformedBody):
        decode(body)
    with pytest.raises(MalformedBody):
        decode(body, JSON)


def test_records_that_share_too_much_are_refused() -> None:
    """Shared attributes count in each entry: a small body must not make gigabytes of entries."""
    exported = export({}, {"service.name": "x" * 200_000})
    exported["resourceLogs"][0]["scopeLogs"][0]["logRecords"] *= 400
    for body, content_type in ((json.dumps(exported).encode(), JSON), (as_protobuf(exported), PROTOBUF)):
        with pytest.raises(BodyTooLarge, match=str(limits.BATCH_SPREAD_BYTES_MAX)):
            decode(body, content_type)
    exported = export({}, {"service.name": "x" * limits.BATCH_ENTRY_BYTES_MAX})
    for body, content_type in ((json.dumps(exported).encode(), JSON), (as_protobuf(exported), PROTOBUF)):
        assert settle(decode(body, content_type))[1].accepted == 0


@pytest.mark.parametrize("compression", list(Compression))
def test_the_python_sdk_exports_unchanged(compression: Compression, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenTelemetry's own SDK and exporter, with each of its compressions, and a passing fault on the way."""
    service = AgentService()
    service.fail_once()
    exporter = OTLPLogExporter("http://logs/v1/logs", compression=compression, session=service.session())
    monkeypatch.setattr(limits, "RETRY_AFTER_S", 0)
    provider = LoggerProvider(Resource({"service.name": "orders", "pod": "a"}), shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    for number in (SeverityNumber.INFO, SeverityNumber.WARN, SeverityNumber.FATAL):
        provider.get_logger("shop", "1.2").emit(
            LogRecord(
                timestamp=NS,
                severity_number=number,
                severity_text=number.name,
                body={"event": "login", "tries": [1, 2]} if number is SeverityNumber.WARN else "it works",
                attributes={"n": 1, "ok": True, "list": ("a", "b")},
            )
        )
    provider.force_flush()
    provider.shutdown()
    assert len(service.received) == 2
    assert [entry.severity for entry in service.entries] == ["info", "warning", "error"]
    assert [entry.message for entry in service.entries] == [
        "it works",
        '{"event":"login","tries":[1,2]}',
        "it works",
    ]
    assert {(entry.date_time, entry.source) for entry in service.entries} == {(TIME, "orders")}
    assert attributes_of(service.entries[0])["list"] == ["a", "b"]


@pytest.mark.parametrize(
    ("number", "level", "kept"),
    (
        ("SEVERITY_NUMBER_FATAL", "error", 21),
        ("SEVERITY_NUMBER_WARN3", "warning", 15),
        ("SEVERITY_NUMBER_ERROR1", "info", "SEVERITY_NUMBER_ERROR1"),
        ("17", "error", 17),
        ("loud", "info", "loud"),
        ({"a": 1}, "info", {"a": 1}),
    ),
    ids=str,
)
def test_a_severity_number_may_be_its_name_in_json(number: object, level: str, kept: object) -> None:
    """As protobuf's JSON mapping has it; what is neither is kept as it was sent."""
    record = {"timeUnixNano": str(NS), "body": {"stringValue": "m"}, "severityNumber": number}
    (entry,) = entries_of(decode(json.dumps(export(record)).encode(), "application/json"))
    assert (entry.severity, attributes_of(entry)["severityNumber"]) == (level, kept)


PUBLISHED = {
    name: getattr(module, name).DESCRIPTOR
    for module in (common_pb2, resource_pb2, logs_pb2, logs_service_pb2)
    for name in SCHEMA
    if hasattr(module, name)
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_messages_are_the_published_ones(name: str) -> None:
    """Numbers and wire types agree with OpenTelemetry's classes; texts and messages may be read as bytes."""
    ours, theirs = message(name).DESCRIPTOR.fields_by_name, PUBLISHED[name].fields_by_name
    kinds = {9: {12}, 11: {11, 12}, 14: {5}}
    for field_name, field in ours.items():
        other = theirs[field_name]
        assert field.number == other.number
        assert field.type in kinds.get(other.type, {other.type})
        assert field.is_repeated == other.is_repeated


def test_what_the_sdk_encodes_is_what_the_published_classes_read() -> None:
    """The helper of this file writes what the SDK's encoder does: an empty batch is an empty message."""
    assert encode_logs([]).SerializeToString() == as_protobuf({"resourceLogs": []}) == b""
    assert decode(b"").rows == []
