"""From a write that fails to the entry that is read: parked, replayed, kept for a person, redriven."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from local.emulator import client_environment, free_port
from local.service import Service
from logstead.cli.main import main
from logstead.entry import LogEntry
from logstead.recovery.message import ParkedEntry, encode_message
from tests.e2e.copies import Copies, Copy
from tests.e2e.refusing_proxy import RefusingProxy, refusing_proxy
from tests.e2e.waiting import wait_for

REPLAYED_S = 30
"""A busy machine's time for a replay that takes two seconds, or for three that take six."""
AT = "2026-02-09T21:50:20.000000+00:00"


@pytest.fixture
def quiet_service(empty_service: Service) -> Service:
    """Return the service with an empty table and empty queues."""
    for queue in ("RetryQueueUrl", "DeadLetterQueueUrl"):
        empty_service.client("sqs").purge_queue(QueueUrl=empty_service.outputs[queue])
    return empty_service


@pytest.fixture(scope="module")
def cut_off(service: Service) -> Iterator[Copy]:
    """Return a copy of the ingest function, same role and queue, that can't reach DynamoDB."""
    with Copies(service) as copies:
        nowhere = f"http://127.0.0.1:{free_port()}"
        yield copies.make("Ingest", {"AWS_ENDPOINT_URL_DYNAMODB": nowhere})


@pytest.fixture
def proxy(quiet_service: Service) -> Iterator[RefusingProxy]:
    """Put a proxy between the deployed replay function and DynamoDB."""
    replay, aws = quiet_service.function("Replay"), quiet_service.client("lambda")
    variables = replay["Environment"]["Variables"]

    def set_variables(values: dict[str, str]) -> None:
        aws.update_function_configuration(
            FunctionName=replay["FunctionName"], Environment={"Variables": values}
        )

    with refusing_proxy(quiet_service.endpoint_url) as running:
        set_variables(variables | {"AWS_ENDPOINT_URL_DYNAMODB": running.url})
        try:
            yield running
        finally:
            set_variables(variables)


def test_what_could_not_be_written_is_acknowledged_and_read_later(
    quiet_service: Service, cut_off: Copy
) -> None:
    """202 with the id that it will have; then it is in the table once, as it was received."""
    sent = {"severity": "info", "message": "the table was away"}
    reply = cut_off.request("POST", body=json.dumps(sent).encode())
    assert reply.status == 202, reply
    queued = reply.json()
    assert queued.pop("status") == "queued"
    assert queued | sent == queued
    assert _logs(quiet_service, 1) == [queued]
    assert quiet_service.get(queued["id"]).json() == queued
    assert _dead(quiet_service) == []


def test_a_client_that_retries_what_was_parked_makes_no_second_entry(
    quiet_service: Service, cut_off: Copy
) -> None:
    """Park, then the client retries, then the replay: one entry, and nothing in the dead-letter queue."""
    sent = {"id": str(uuid.uuid4()), "severity": "error", "message": "sent twice"}
    body = json.dumps(sent).encode()
    assert cut_off.request("POST", body=body).status == 202
    retried = quiet_service.post(sent)
    assert retried.status in {200, 201}, retried
    assert wait_for(lambda: _waiting(quiet_service), lambda count: count == 0, REPLAYED_S) == 0
    assert quiet_service.get().json()["logs"] == [retried.json()]
    assert len(quiet_service.items()) == 1
    assert _dead(quiet_service) == []


def test_a_message_that_can_never_be_stored_is_kept_while_others_pass_and_redriven_when_mended(
    quiet_service: Service, proxy: RefusingProxy
) -> None:
    """Three attempts, then the dead-letter queue with the reason; 100 others are stored meanwhile."""
    entries = [
        LogEntry(str(uuid.uuid4()), AT, "info", f"entry {number}", None, None) for number in range(101)
    ]
    poison = entries[50]
    proxy.refused = poison.id
    _park(quiet_service, entries)
    stored = {entry["id"] for entry in _logs(quiet_service, 100)}
    assert stored == {entry.id for entry in entries} - {poison.id}
    (letter,) = wait_for(lambda: _dead(quiet_service), bool, REPLAYED_S)
    assert letter["entry"]["id"] == poison.id
    assert letter["failure"]["attempts"] == 3
    assert letter["failure"]["reason"]

    looked = _cli(quiet_service, "redrive", "--dry-run")
    assert poison.id in looked.output
    assert len(_dead(quiet_service)) == 1, "given back at once"
    assert quiet_service.get(poison.id).status == 404

    proxy.refused = None
    assert "Moved 1" in wait_for(
        lambda: _cli(quiet_service, "redrive").output, lambda text: "Moved 1" in text, REPLAYED_S
    )
    found = wait_for(lambda: quiet_service.get(poison.id), lambda reply: reply.status == 200, REPLAYED_S)
    assert found.json()["message"] == "entry 50"
    assert _dead(quiet_service) == []


def _park(service: Service, entries: list[LogEntry]) -> None:
    messages = [encode_message(ParkedEntry(entry, AT, "by a test")) for entry in entries]
    for begin in range(0, len(messages), 10):
        batch = [
            {"Id": str(number), "MessageBody": body}
            for number, body in enumerate(messages[begin : begin + 10])
        ]
        service.client("sqs").send_message_batch(QueueUrl=service.outputs["RetryQueueUrl"], Entries=batch)


def _logs(service: Service, count: int) -> list[dict[str, Any]]:
    """Return the newest entries as soon as there are so many."""

    def look() -> list[dict[str, Any]]:
        logs: list[dict[str, Any]] = service.get(limit=200).json()["logs"]
        return logs

    return wait_for(look, lambda logs: len(logs) >= count, REPLAYED_S)


def _waiting(service: Service) -> int:
    """Return how many messages the retry queue has, whatever state they are in."""
    kinds = ("", "NotVisible", "Delayed")
    names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
    reply = service.client("sqs").get_queue_attributes(
        QueueUrl=service.outputs["RetryQueueUrl"], AttributeNames=names
    )
    return sum(int(reply["Attributes"][name]) for name in names)


def _dead(service: Service) -> list[dict[str, Any]]:
    """Return the dead letters, and leave them there."""
    reply = service.client("sqs").receive_message(
        QueueUrl=service.outputs["DeadLetterQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [json.loads(message["Body"]) for message in reply.get("Messages", [])]


def _cli(service: Service, *arguments: str) -> Result:
    stage = service.stack_name.partition("-")[2]
    environment = client_environment(service.endpoint_url)
    done = CliRunner().invoke(main, [*arguments, "--stage", stage], env=environment)
    assert done.exit_code == 0, done.output
    return done
