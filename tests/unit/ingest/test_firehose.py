import base64
import gzip
import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pytest

from logstead import limits
from logstead.errors import BodyTooLarge, FieldProblem, MalformedBody, StorageUnavailable, Unauthorized
from logstead.ingest import firehose
from logstead.ingest.batch import DecodedBatch, Outcome, Refusal
from tests.unit.ingest.agent_service import RECEIPT, entries_of, request, settle
from tests.unit.ingest.test_cloudwatch import SUBSCRIPTION

REQUEST_ID = "ed4acda5-034f-9f42-bba1-f29aea6d7d8f"
RECEIPT_MS = 1_770_673_820_846
# As AWS's developer guide has them, "HTTP endpoint delivery request and response specifications".
HEADERS = {
    "x-amz-firehose-protocol-version": "1.0",
    "x-amz-firehose-request-id": REQUEST_ID,
    "x-amz-firehose-source-arn": "arn:aws:firehose:us-east-1:000000000000:deliverystream/shop",
    "x-amz-firehose-access-key": "made-up",
    "content-type": "application/json",
}
COMMON = {"x-amz-firehose-common-attributes": json.dumps({"commonAttributes": {"env": "dev"}})}


def delivery(*records: bytes, timestamp: int = 1578090901599) -> bytes:
    """Return a request body with records of this data."""
    shown = [{"data": base64.b64encode(data).decode()} for data in records]
    return json.dumps({"requestId": REQUEST_ID, "timestamp": timestamp, "records": shown}).encode()


def decode(body: bytes, headers: Mapping[str, str] = HEADERS) -> DecodedBatch:
    """Decode a delivery."""
    return firehose.decode(request("/firehose", body, headers=headers), RECEIPT)


def test_a_record_of_text_is_an_entry() -> None:
    """Its source is the delivery stream; the line break at its end is none of the message."""
    (entry,) = entries_of(decode(delivery(b"GET / 200\n")))
    assert (entry.message, entry.severity, entry.source) == ("GET / 200", "info", "shop")
    assert (entry.filled, entry.attributes) == (("id", "dateTime"), None)


def test_a_record_of_json_objects_is_an_entry_each() -> None:
    """By the API's rules or an agent's, as on the native route; in lines or with nothing between."""
    native = b'{"dateTime":"2026-02-09T12:00:00Z","severity":"error","message":"a","source":"own"}'
    agent = b'{"timestamp":1770638400,"log":"b","level":"warn"}'
    first, second, third = entries_of(
        decode(delivery(native + b"\n" + agent + b"\n", agent + b'{"msg":"c","ts":1}'))
    )[:3]
    assert (first.message, first.severity, first.source) == ("a", "error", "own")
    assert first.attributes == '{"deliveryStream":"shop"}'
    assert (second.message, second.severity, second.source) == ("b", "warning", "shop")
    assert third.date_time == "2026-02-09T12:00:00.000000+00:00"


@pytest.mark.parametrize("data", (b'{"a":', b"{a}", b"[1]", b'"text"', b"5", b"{}}"))
def test_what_is_nearly_json_is_text(data: bytes) -> None:
    """Nothing that a producer sends is refused for its form."""
    (entry,) = entries_of(decode(delivery(data)))
    assert entry.message == data.decode()


def test_bytes_that_are_no_text_are_kept() -> None:
    """As text as far as that goes, and whole in base64."""
    (entry,) = entries_of(decode(delivery(b"\xff\x00ab")))
    assert entry.message == "\ufffd\x00ab"
    assert entry.attributes == '{"dataBase64":"/wBhYg=="}'
    assert entries_of(decode(delivery(b" ")))[0].message == "(empty)"


def test_cloudwatch_logs_through_firehose_are_read() -> None:
    """Each record is gzip, with many log events."""
    entries = entries_of(decode(delivery(gzip.compress(json.dumps(SUBSCRIPTION).encode()))))
    assert [entry.message for entry in entries] == [event["message"] for event in SUBSCRIPTION["logEvents"]]
    control = {**SUBSCRIPTION, "messageType": "CONTROL_MESSAGE"}
    assert decode(delivery(gzip.compress(json.dumps(control).encode()))).rows == []


def test_an_object_that_is_no_entry_is_an_agents() -> None:
    """Nobody is there to mend it, and one refused would send the whole delivery again, for hours."""
    records = (
        b'{"level":"error","msg":"boom"}',
        b'{"orderId":7}',
        b'{"severity":"warning","message":"late","orderId":8}',
    )
    first, second, third = entries_of(decode(delivery(*records)))
    assert (first.severity, first.message) == ("error", "boom")
    assert (second.severity, second.message, second.attributes) == ("info", '{"orderId":7}', '{"orderId":7}')
    assert (third.severity, third.message, third.attributes) == ("warning", "late", '{"orderId":8}')


def test_common_attributes_are_added_to_each_entry() -> None:
    """An entry's own attribute of the same name is not overwritten."""
    first, second = entries_of(decode(delivery(b"a", b'{"ts":1,"msg":"b","env":"own"}'), HEADERS | COMMON))
    assert first.attributes == '{"env":"dev"}'
    assert second.attributes == '{"commonAttributes":{"env":"dev"},"env":"own"}'
    broken = {**HEADERS, "x-amz-firehose-common-attributes": "{"}
    assert len(decode(delivery(b"a"), broken).rows) == 1


def test_a_field_that_becomes_an_attribute_is_an_entrys_own() -> None:
    """One sent beside `attributes` is no name given twice, whatever the delivery stream adds."""
    row = {"severity": "info", "message": "m", "env": "own", "deliveryStream": "mine", "source": "s"}
    kept = '{"commonAttributes":{"env":"dev"},"deliveryStream":"mine","env":"own"}'
    (entry,) = entries_of(decode(delivery(json.dumps(row).encode()), HEADERS | COMMON))
    assert (entry.source, entry.attributes) == ("s", kept)
    inside = {**row, "attributes": {"env": "other"}}
    _, outcome = settle(decode(delivery(json.dumps(inside).encode()), HEADERS | COMMON))
    (refused,) = outcome.refused
    assert [(one.field, "is given twice" in one.problem) for one in refused.problems] == [("env", True)]


def test_a_retry_is_told_by_its_request_id_and_records() -> None:
    """Its `timestamp` may be another, so the body can't tell it."""
    first, again = decode(delivery(b"a", timestamp=1)), decode(delivery(b"a", timestamp=2))
    assert first.retry_key == again.retry_key == REQUEST_ID
    assert first.identity == again.identity
    assert first.identity != decode(delivery(b"b", timestamp=1)).identity


@pytest.mark.parametrize("body", (b"", b"{}", b"[]", b'{"records":[{"data":5}]}', b'{"records":{}}', b"\xff"))
def test_what_is_no_delivery_is_refused_as_a_whole(body: bytes) -> None:
    """It is not Firehose that sends it."""
    with pytest.raises(MalformedBody):
        decode(body)


def test_a_record_that_is_no_base64_or_too_long_is_refused() -> None:
    """By its index."""
    body = json.loads(delivery(b"x" * (limits.BATCH_ENTRY_BYTES_MAX + 1), b"good"))
    body["records"].insert(0, {"data": "*"})
    taken, outcome = settle(decode(json.dumps(body).encode()))
    assert [entry.message for entry in taken] == ["good"]
    assert [one.index for one in outcome.refused] == [0, 1]


def test_records_can_inflate_to_no_more_than_a_body_may() -> None:
    """All together, and neither can records that are broken at their end."""
    record = gzip.compress(bytes(5_000_000))
    with pytest.raises(BodyTooLarge):
        decode(delivery(*[record] * 5))
    broken = record[:-8] + b"\0" * 8
    assert entries_of(decode(delivery(broken)))[0].message.startswith("\x1f\ufffd")
    began = time.process_time()
    with pytest.raises(BodyTooLarge):
        decode(delivery(*[broken] * 200))
    assert time.process_time() - began < 3


def reply_to(outcome: Outcome) -> tuple[int, Any, str]:
    """Return the status, JSON and type of the reply to an outcome."""
    response = firehose.reply(request("/firehose", headers=HEADERS), decode(delivery(b"a")), outcome, RECEIPT)
    return response.status, json.loads(response.body), response.content_type


def test_success_is_exactly_a_200_with_the_request_id() -> None:
    """Also where entries are parked: Firehose takes no other status."""
    shown = {"requestId": REQUEST_ID, "timestamp": RECEIPT_MS}
    assert reply_to(Outcome(3)) == reply_to(Outcome(3, is_queued=True)) == (200, shown, "application/json")


def test_a_refusal_makes_firehose_keep_the_records() -> None:
    """A 400 is retried, then the records go to the bucket for failures; a 200 would lose what was refused."""
    status, shown, _ = reply_to(Outcome(3, (Refusal(0, (FieldProblem("entry", "is too long"),)),)))
    assert status == HTTPStatus.BAD_REQUEST
    assert shown["errorMessage"] == "3 stored, 1 refused: [0] entry is too long"
    many = tuple(Refusal(i, (FieldProblem("entry", "\ud800" * 99),)) for i in range(99))
    assert len(reply_to(Outcome(3, many))[1]["errorMessage"]) == firehose.ERROR_MESSAGE_CHARACTERS_MAX


@pytest.mark.parametrize(
    ("error", "status"),
    (
        (BodyTooLarge("long"), 400),
        (MalformedBody("bad"), 400),
        (StorageUnavailable("busy"), 503),
        (Unauthorized("?"), 401),
    ),
)
def test_an_error_is_never_a_413(error: Any, status: int) -> None:
    """After a 413 Firehose drops the records, and doesn't even keep them in the bucket."""
    response = firehose.error_reply(request("/firehose", headers=HEADERS), error, RECEIPT)
    assert (response.status, response.content_type) == (status, "application/json")
    assert json.loads(response.body) == {
        "requestId": REQUEST_ID,
        "timestamp": RECEIPT_MS,
        "errorMessage": error.detail,
    }


def test_no_reply_is_long_enough_to_be_compressed() -> None:
    """Firehose wants its reply as it is."""
    response = firehose.error_reply(
        request("/firehose", headers=HEADERS), MalformedBody("x" * 5_000), RECEIPT
    )
    assert len(response.body) < limits.COMPRESS_BYTES_MIN
