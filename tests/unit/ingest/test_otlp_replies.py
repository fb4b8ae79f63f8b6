import json

import pytest
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2

from logstead import limits
from logstead.errors import FieldProblem, LogsteadError, StorageMisconfigured
from logstead.http import JSON, PROTOBUF
from logstead.ingest import otlp
from logstead.ingest.batch import DecodedBatch, Outcome, Refusal
from logstead.ingest.protobuf_messages import message
from tests.unit.ingest.agent_service import RECEIPT, request


def replied(outcome: Outcome, content_type: str) -> tuple[int, bytes, str]:
    """Return the reply to an outcome."""
    asked = request("/v1/logs", headers={"content-type": content_type})
    response = otlp.reply(asked, DecodedBatch([]), outcome, RECEIPT)
    return response.status, response.body, response.headers["content-type"]


REFUSED = (Refusal(3, (FieldProblem("attributes", "nests deeper than 32 levels"),)),)


def test_full_success_leaves_partial_success_unset() -> None:
    """In the request's encoding, which an empty body still names."""
    assert replied(Outcome(5), JSON) == (200, b"{}", JSON)
    assert replied(Outcome(5, is_queued=True), PROTOBUF) == (200, b"", PROTOBUF)


def test_partial_success_tells_how_many_were_rejected_and_why() -> None:
    """As OpenTelemetry's own classes read it."""
    status, body, _ = replied(Outcome(5, REFUSED), JSON)
    text = "5 stored, 1 refused: [3] attributes nests deeper than 32 levels"
    assert (status, json.loads(body)) == (
        200,
        {"partialSuccess": {"rejectedLogRecords": "1", "errorMessage": text}},
    )
    status, body, _ = replied(Outcome(5, REFUSED), PROTOBUF)
    partial = logs_service_pb2.ExportLogsServiceResponse.FromString(body).partial_success
    assert (status, partial.rejected_log_records, partial.error_message) == (200, 1, text)


def test_nothing_accepted_is_an_error_that_no_client_retries() -> None:
    """400 with a Status message."""
    status, body, _ = replied(Outcome(0, REFUSED), JSON)
    assert (status, json.loads(body)["code"]) == (400, 3)


@pytest.mark.parametrize("content_type", (JSON, PROTOBUF))
@pytest.mark.parametrize("error", (StorageMisconfigured("no table"), LogsteadError("The service failed.")))
def test_a_fault_of_the_service_is_never_a_500(error: LogsteadError, content_type: str) -> None:
    """OTLP clients drop a batch on 500 and keep it on 503."""
    response = otlp.error_reply(request("/v1/logs", headers={"content-type": content_type}), error, RECEIPT)
    assert (response.status, response.content_type) == (503, content_type)
    assert response.headers["retry-after"] == str(limits.RETRY_AFTER_S)
    read = json.loads(response.body) if content_type == JSON else message("Status").FromString(response.body)
    assert (read["message"] if content_type == JSON else read.message.decode()) == error.detail
