"""The real botocore client against loopback sockets that misbehave."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, IncompleteReadError

from logstead.errors import StorageUnavailable
from logstead.storage.client import (
    CONDITION_FAILED,
    Deadline,
    DynamoDBClient,
    make_dynamodb_client,
    refuse_cut_reply,
    storage_failures,
)

CONNECT = socket.socket.connect  # before the fixture that refuses a network to unit tests


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Return a listening loopback socket that botocore's DynamoDB client is pointed at."""
    monkeypatch.setattr(socket.socket, "connect", CONNECT)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        for name, value in {
            "AWS_ENDPOINT_URL_DYNAMODB": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            monkeypatch.setenv(name, value)
        yield server


@contextmanager
def answering(
    server: socket.socket, *replies: bytes, before_reply: Callable[[], None] = lambda: None
) -> Iterator[list[bytes]]:
    """Answer one connection after another with each of `replies`; yield the requests, as they come."""
    requests: list[bytes] = []

    def serve() -> None:
        for reply in replies:
            connection, _ = server.accept()
            with connection:
                requests.append(connection.recv(65536))
                before_reply()
                connection.sendall(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield requests
    thread.join(timeout=5)


def http(status: str, body: bytes, *, length: int | None = None) -> bytes:
    """Return an HTTP/1.1 reply; `length` lies about that of the body."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n".encode() + body


def error_reply(code: str, **fields: object) -> bytes:
    """Return DynamoDB's reply of an error."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no", **fields}
    return http("400 Bad Request", json.dumps(body).encode())


def put(client: DynamoDBClient) -> None:
    """Put an item as the service does."""
    with storage_failures():
        client.put_item(TableName="LogTable", Item={"LogID": {"S": "x"}})


def pass_now(deadline: Deadline) -> None:
    """Let a deadline pass."""
    deadline.start(time.monotonic() - 1, 0)


def put_late(listener: socket.socket, reply: bytes) -> None:
    """Put an item whose one reply comes after the last moment at which an attempt may be sent."""
    deadline = Deadline()
    client = make_dynamodb_client(deadline, read_timeout_s=10, connections=1)
    with answering(listener, reply, before_reply=lambda: pass_now(deadline)) as requests:
        put(client)
    assert len(requests) == 1


def test_a_socket_that_never_answers_costs_no_more_than_the_deadline(listener: socket.socket) -> None:
    """Once the deadline leaves no time for an attempt, none is sent, and no pause is made before it."""
    deadline = Deadline()
    client = make_dynamodb_client(deadline, read_timeout_s=1, connections=1)
    began_s = time.monotonic()
    deadline.start(began_s + 1.9, 1)
    with pytest.raises(StorageUnavailable, match="reached"):
        put(client)
    assert 1 <= time.monotonic() - began_s < 1.9
    assert connections(listener) == 1


def test_a_passed_deadline_sends_nothing(listener: socket.socket) -> None:
    """A deadline that has passed before the first attempt: no connection is made."""
    deadline = Deadline()
    client = make_dynamodb_client(deadline, read_timeout_s=1, connections=1)
    pass_now(deadline)
    with pytest.raises(StorageUnavailable, match="in time"):
        put(client)
    assert connections(listener) == 0


def test_a_passed_deadline_spares_the_pause_of_a_failure_alone() -> None:
    """What is no failure, and a refused condition, are left to botocore, deadline or not."""
    deadline = Deadline()
    failed = SimpleNamespace(status_code=400), {"Error": {"Code": "ThrottlingException"}}
    refused = SimpleNamespace(status_code=400), {"Error": {"Code": CONDITION_FAILED}}
    done: Any = (SimpleNamespace(status_code=200), {})
    assert deadline.spare_pause(failed, None) is None
    pass_now(deadline)
    assert deadline.spare_pause(failed, None) is False
    assert deadline.spare_pause(None, TimeoutError()) is False
    assert deadline.spare_pause(refused, None) is None
    assert deadline.spare_pause(done, None) is None


def connections(listener: socket.socket) -> int:
    """Return how many connections wait in a listener's queue."""
    listener.settimeout(0.05)
    for count in range(100):
        try:
            listener.accept()[0].close()
        except TimeoutError:
            return count
    raise AssertionError("connections without end")


def test_a_throttle_is_tried_again_with_the_same_request(listener: socket.socket) -> None:
    """Within the deadline a throttled attempt is followed by another, which may succeed."""
    deadline = Deadline()
    client = make_dynamodb_client(deadline, read_timeout_s=10, connections=1)
    with answering(listener, error_reply("ThrottlingException"), http("200 OK", b"{}")) as requests:
        put(client)
    assert [request.split(b"\r\n")[0] for request in requests] == [b"POST / HTTP/1.1"] * 2


@pytest.mark.parametrize(
    "reply",
    (
        b"",
        http("200 OK", b"{}", length=100),
        http("500 Internal Server Error", b"<html>"),
        http("503 Service Unavailable", b""),
        error_reply("ThrottlingException"),
        error_reply("ProvisionedThroughputExceededException"),
    ),
    ids=("closed", "cut short", "500 of no JSON", "503", "throttled", "over throughput"),
)
def test_a_late_failure_of_the_wire_is_unavailable(listener: socket.socket, reply: bytes) -> None:
    """What botocore would try again, had it time, ends in a problem that a retry can help."""
    with pytest.raises(StorageUnavailable):
        put_late(listener, reply)


def test_a_reply_that_is_cut_short_is_no_answer() -> None:
    """Some versions of botocore take a cut reply for a whole one, and what it lacks for absent."""
    for said, is_whole in (("2", True), ("1", True), (None, True), ("3", False)):
        reply = {"headers": {} if said is None else {"content-length": said}, "body": b"{}"}
        if is_whole:
            refuse_cut_reply(reply)
        else:
            with pytest.raises(IncompleteReadError):
                refuse_cut_reply(reply)


def test_a_refused_connection_is_unavailable(listener: socket.socket) -> None:
    """Nobody listens: a problem that a retry can help."""
    deadline = Deadline()
    client: Any = make_dynamodb_client(deadline, read_timeout_s=10, connections=1)
    client.meta.events.register_last("before-send.dynamodb", lambda **_: pass_now(deadline))
    listener.close()
    with pytest.raises(StorageUnavailable, match="reached"):
        put(client)


def test_a_late_success_is_a_success(listener: socket.socket) -> None:
    """A reply that comes after the deadline's last start is taken as it is."""
    put_late(listener, http("200 OK", b"{}"))


def test_a_late_refusal_of_the_condition_is_told_as_such(listener: socket.socket) -> None:
    """A conflict found late is a conflict still, with the item that stands; it is no failure to park."""
    standing = {"LogID": {"S": "x"}}
    with pytest.raises(ClientError) as caught:
        put_late(listener, error_reply(CONDITION_FAILED, Item=standing))
    assert caught.value.response["Item"] == standing
