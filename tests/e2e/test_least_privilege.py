"""Each function may do what it does and nothing else, as the emulator enforces the deployed policies."""

from collections.abc import Callable
from typing import Any

import pytest

from local.service import Service
from tests.e2e.conftest import Attempt

KEY = {"LogID": {"S": "00000000-0000-4000-8000-000000000000"}}
PUT: dict[str, Any] = {"operation": "put_item", "Item": KEY}
GET: dict[str, Any] = {"operation": "get_item", "Key": KEY}
DELETE: dict[str, Any] = {"operation": "delete_item", "Key": KEY}
UPDATE: dict[str, Any] = {"operation": "update_item", "Key": KEY}
SCAN: dict[str, Any] = {"operation": "scan"}
QUERY_INDEX: dict[str, Any] = {
    "operation": "query",
    "IndexName": "DateTimeIndex",
    "KeyConditionExpression": "LogType = :shard",
    "ExpressionAttributeValues": {":shard": {"S": "LOG"}},
}


@pytest.mark.parametrize(
    ("function", "call", "expected"),
    (
        pytest.param("Ingest", PUT, "allowed", id="ingest-puts"),
        pytest.param("Ingest", GET, "AccessDeniedException", id="ingest-gets-not"),
        pytest.param("Ingest", QUERY_INDEX, "AccessDeniedException", id="ingest-queries-not"),
        pytest.param("Ingest", SCAN, "AccessDeniedException", id="ingest-scans-not"),
        pytest.param("Ingest", UPDATE, "AccessDeniedException", id="ingest-updates-not"),
        pytest.param("Ingest", DELETE, "AccessDeniedException", id="ingest-deletes-not"),
        pytest.param("Read", GET, "allowed", id="read-gets"),
        pytest.param("Read", QUERY_INDEX, "allowed", id="read-queries"),
        pytest.param("Read", SCAN, "AccessDeniedException", id="read-scans-not"),
        pytest.param("Read", PUT, "AccessDeniedException", id="read-puts-not"),
        pytest.param("Read", UPDATE, "AccessDeniedException", id="read-updates-not"),
        pytest.param("Read", DELETE, "AccessDeniedException", id="read-deletes-not"),
        pytest.param("Replay", PUT, "allowed", id="replay-puts"),
        pytest.param("Replay", GET, "AccessDeniedException", id="replay-gets-not"),
        pytest.param("Replay", SCAN, "AccessDeniedException", id="replay-scans-not"),
        pytest.param("Replay", DELETE, "AccessDeniedException", id="replay-deletes-not"),
    ),
)
def test_a_role_allows_what_its_function_does_and_no_more(
    as_function: Callable[[str], Attempt],
    service: Service,
    function: str,
    call: dict[str, Any],
    expected: str,
) -> None:
    """A missing grant and one too many both fail here."""
    answer = as_function(function)("dynamodb", TableName=service.table_name, **call)
    assert answer == expected


RETRY, DEAD = "RetryQueueUrl", "DeadLetterQueueUrl"
SEND: dict[str, Any] = {"operation": "send_message", "MessageBody": "{}"}
RECEIVE: dict[str, Any] = {"operation": "receive_message"}
PURGE: dict[str, Any] = {"operation": "purge_queue"}


@pytest.mark.parametrize(
    ("function", "queue", "call"),
    (
        pytest.param("Ingest", RETRY, RECEIVE, id="ingest-receives-not"),
        pytest.param("Ingest", RETRY, PURGE, id="ingest-purges-not"),
        pytest.param("Ingest", DEAD, SEND, id="ingest-sends-no-dead-letters"),
        pytest.param("Read", RETRY, SEND, id="read-sends-not"),
        pytest.param("Read", RETRY, RECEIVE, id="read-receives-not"),
        pytest.param("Replay", RETRY, SEND, id="replay-parks-not"),
        pytest.param("Replay", DEAD, RECEIVE, id="replay-receives-no-dead-letters"),
        pytest.param("Replay", DEAD, PURGE, id="replay-purges-no-dead-letters"),
    ),
)
def test_no_function_does_with_a_queue_what_is_not_its_work(
    as_function: Callable[[str], Attempt],
    service: Service,
    function: str,
    queue: str,
    call: dict[str, Any],
) -> None:
    """What each of them may do is shown by the recovery of an entry."""
    answer = as_function(function)("sqs", QueueUrl=service.outputs[queue], **call)
    assert answer == "AccessDenied"


@pytest.mark.parametrize("function", ("Ingest", "Read", "Replay"))
def test_no_function_reaches_a_table_that_is_not_its_own(
    as_function: Callable[[str], Attempt], function: str
) -> None:
    """The grants name the stage's table, not every table of the account."""
    attempt = as_function(function)
    for operation in ({"operation": "put_item", "Item": KEY}, {"operation": "get_item", "Key": KEY}):
        assert attempt("dynamodb", TableName="SomebodyElse", **operation) == "AccessDeniedException"
