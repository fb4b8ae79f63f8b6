"""Parking: a write that failed is acknowledged with 202 only when the retry queue has it."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from logstead.config import WriteTableConfig
from logstead.entry import LogEntry, entry_as_json
from logstead.recovery.message import ParkedEntry, decode_message
from logstead.recovery.retry_queue import RetryQueue
from logstead.storage.client import Deadline, DeadlinePassed
from logstead.storage.write_table import WriteTable
from tests.unit.fakes import client_error
from tests.unit.recovery.fake_sqs import FakeSQS
from tests.unit.service import Service

FAILURES = (
    client_error("ThrottlingException", "PutItem"),
    client_error("InternalServerError", "PutItem", status=500),
    EndpointConnectionError(endpoint_url="https://x"),
    ConnectTimeoutError(endpoint_url="https://x"),
    DeadlinePassed(),
)


class Parking:
    """The service with a retry queue."""

    def __init__(self) -> None:
        self.sqs = FakeSQS()
        self.app = Service(retry_queue=RetryQueue("retry", self.sqs))

    def parked(self) -> list[ParkedEntry]:
        """Return the entries in the retry queue."""
        found = [decode_message(body) for body in self.sqs.sent.get("retry", [])]
        assert all(isinstance(one, ParkedEntry) for one in found)
        return found  # type: ignore[return-value]  # as just asserted


@pytest.mark.parametrize("error", FAILURES, ids=repr)
def test_a_write_that_a_retry_can_help_is_parked_and_acknowledged(error: Exception) -> None:
    """202 with the id and the time that it has for good; one warning tells of it."""
    parking = Parking()
    parking.app.dynamodb.fail("put_item", error)
    reply = parking.app.post({"severity": "info", "message": "caf\u00e9", "a": {"b": [1]}})
    shown = reply.json()
    assert (reply.status, shown.pop("status")) == (202, "queued")
    (parked,) = parking.parked()
    assert entry_as_json(parked.entry) == shown
    assert parked.entry.filled == ("id", "dateTime")
    assert parking.app.dynamodb.items == {}
    assert [line["level"] for line in parking.app.printed] == ["WARNING"]


@pytest.mark.parametrize(
    "error",
    (client_error("AccessDeniedException", "x"), EndpointConnectionError(endpoint_url="x"), DeadlinePassed()),
)
def test_if_parking_fails_too_nothing_is_acknowledged(error: Exception) -> None:
    """503 with `Retry-After`: the client keeps the entry."""
    parking = Parking()
    parking.app.dynamodb.fail("put_item", FAILURES[0])
    parking.sqs.fail(error)
    reply = parking.app.post({"severity": "info", "message": "m"})
    assert (reply.status, reply.problem()) == (503, "storage-unavailable")
    assert reply.headers["retry-after"]
    assert parking.parked() == []
    assert [line["level"] for line in parking.app.printed] == ["ERROR"]


def test_what_no_retry_can_help_is_never_parked() -> None:
    """A bad entry, a conflict, a missing table: they get their own answers."""
    parking = Parking()
    entry = {"id": "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11", "severity": "info", "message": "m"}
    assert parking.app.post({**entry, "severity": "x"}).status == 400
    assert parking.app.post(entry).status == 201
    assert parking.app.post({**entry, "message": "other"}).status == 409
    parking.app.dynamodb.fail("put_item", client_error("ResourceNotFoundException", "x"))
    assert parking.app.post(entry).status == 500
    assert parking.sqs.sent == {}


def test_park_then_the_client_retries_then_replay_is_one_entry() -> None:
    """Whoever comes first, the other one finds it stored."""
    parking = Parking()
    entry: dict[str, Any] = {"id": "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11", "severity": "info", "message": "m"}
    parking.app.dynamodb.fail("put_item", FAILURES[0])
    assert parking.app.post(entry).status == 202
    assert parking.app.post(entry).status == 201
    before = json.dumps(parking.app.dynamodb.items)
    (parked,) = parking.parked()
    table = WriteTable(parking.app.dynamodb, WriteTableConfig("LogTable"))
    assert not table.put_entry(parked.entry, parked.received_at, 0).is_new
    assert json.dumps(parking.app.dynamodb.items) == before


def test_parts_parked_side_by_side_share_one_client() -> None:
    """Making one for each part would use up much of the time that there is to park."""
    sqs = FakeSQS()
    made: list[Deadline] = []

    def make(deadline: Deadline) -> FakeSQS:
        made.append(deadline)
        time.sleep(0.05)
        return sqs

    queue = RetryQueue("retry", make=make)
    parked = ParkedEntry(LogEntry("id", "2026-02-09T21:50:20.846154+00:00", "info", "m"), "", "why")
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda _: queue.park(parked, time.monotonic() + 60), range(8)))
    assert len(made) == 1
    assert len(sqs.sent["retry"]) == 8
