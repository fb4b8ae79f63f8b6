"""Every class of failure of a DynamoDB call: its problem, its log line, and what a client is told."""

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from logstead import limits
from logstead.storage.client import DeadlinePassed
from tests.unit.fakes import client_error
from tests.unit.service import REQUEST_ID, Service

URL = "https://dynamodb.eu-west-1.amazonaws.com/"
GOOD = {"severity": "info", "message": "hello"}

UNAVAILABLE = {
    "throttled": client_error("ThrottlingException", "x"),
    "over the table's throughput": client_error("ProvisionedThroughputExceededException", "x"),
    "over the account's throughput": client_error("RequestLimitExceeded", "x"),
    "control plane busy": client_error("LimitExceededException", "x"),
    "internal error": client_error("InternalServerError", "x", status=500),
    "unavailable": client_error("ServiceUnavailable", "x", status=503),
    "5xx without a code": client_error("", "x", status=502),
    "no connection": exceptions.EndpointConnectionError(endpoint_url=URL),
    "connect timeout": exceptions.ConnectTimeoutError(endpoint_url=URL),
    "read timeout": exceptions.ReadTimeoutError(endpoint_url=URL),
    "connection closed": exceptions.ConnectionClosedError(endpoint_url=URL),
    "proxy": exceptions.ProxyConnectionError(proxy_url=URL),
    "tls": exceptions.SSLError(endpoint_url=URL, error="handshake"),
    "reply cut short": exceptions.ResponseStreamingError(error="IncompleteRead"),
    "fewer bytes than said": exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
    "garbled reply": ResponseParserError("Unable to parse response"),
    "deadline passed": DeadlinePassed(),
    "index being built": client_error(
        "ValidationException", "x", message="Cannot read from backfilling global secondary index"
    ),
}
MISCONFIGURED = {
    "missing table": client_error("ResourceNotFoundException", "x", message="Requested resource not found"),
    "missing index": client_error(
        "ValidationException", "x", message="The table does not have the specified index: DateTimeIndex"
    ),
    "access denied": client_error("AccessDeniedException", "x", message="arn:aws:iam::000000000000:role/x"),
    "unknown key": client_error("UnrecognizedClientException", "x"),
    "expired key": client_error("ExpiredTokenException", "x"),
    "bad signature": client_error("InvalidSignatureException", "x"),
    "no credentials": exceptions.NoCredentialsError(),
    "half a credential": exceptions.PartialCredentialsError(provider="env", cred_var="x"),
    "credentials not fetched": exceptions.CredentialRetrievalError(provider="x", error_msg="y"),
}
UNEXPECTED = {
    "another refusal": client_error("ValidationException", "x", message="One or more parameter values"),
    "a programming error": ZeroDivisionError("LogTable"),
    "bad parameters": exceptions.ParamValidationError(report="LogTable"),
}
CASES = tuple(
    pytest.param(error, *answer, id=name)
    for failures, answer in (
        (UNAVAILABLE, (503, "storage-unavailable")),
        (MISCONFIGURED, (500, "storage-misconfigured")),
        (UNEXPECTED, (500, "internal-error")),
    )
    for name, error in failures.items()
)


@pytest.mark.parametrize("operation", ("put_item", "get_item", "query"))
@pytest.mark.parametrize(("error", "status", "problem"), CASES)
def test_every_failure_of_dynamodb_is_a_defined_problem_and_one_log_line(
    app: Service, operation: str, error: Exception, status: int, problem: str
) -> None:
    """503 with `Retry-After` where a retry can help, else 500; the line has the cause, the reply has not."""
    app.dynamodb.fail(operation, error)
    if operation == "put_item":
        reply = app.post(GOOD)
    else:
        reply = app.get("/0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11" if operation == "get_item" else "/")
    assert (reply.status, reply.problem()) == (status, problem)
    assert reply.headers.get("retry-after") == (str(limits.RETRY_AFTER_S) if status == 503 else None)
    assert not any(secret in reply.body for secret in (b"LogTable", b"arn:", b"Traceback", b"amazonaws"))
    (line,) = app.printed
    assert line["level"] == "ERROR"
    assert line["requestId"] == REQUEST_ID
    assert type(error).__name__ in line["trace"]
    assert line["event"]["rawPath"]


@pytest.mark.parametrize("error", (*UNAVAILABLE.values(), *MISCONFIGURED.values()), ids=repr)
def test_a_lost_reply_to_a_put_is_healed_by_the_clients_retry(app: Service, error: Exception) -> None:
    """A write that took effect though its reply was lost: sent again it is a replay, stored once."""
    entry = {**GOOD, "id": "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"}
    app.dynamodb.fail("put_item", error, after_effect=True)
    assert app.post(entry).status >= 500
    assert app.post(entry).status == 200
    assert len(app.dynamodb.items) == 1


def test_a_reply_of_another_shape_is_no_empty_page(app: Service) -> None:
    """A query's reply that lost its items to corruption is a 503, never a page without them."""
    app.post(GOOD)
    app.dynamodb.query = lambda **_: {"message": "garbled"}  # type: ignore[method-assign]  # one garbled reply
    assert app.get().problem() == "storage-unavailable"
