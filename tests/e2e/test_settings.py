"""Functions whose settings, table or rights are wrong, and settings that a live stage may change."""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from local.emulator import free_port
from local.service import Reply, Service
from logstead import limits
from tests.e2e.copies import Copies, Copy
from tests.e2e.keep_alive import KeepAlive, in_order
from tests.e2e.seeding import SHARDS, make_entries, moment

ENTRY: Final = b'{"severity": "info", "message": "m"}'
REQUESTS: Final = {"Ingest": ("POST", "", ENTRY), "Read": ("GET", "", None)}
BY_ID: Final = str(uuid.UUID(int=1, version=4))


@pytest.fixture(scope="module")
def copies(service: Service) -> Iterator[Copies]:
    """Return what makes copies of the deployed functions."""
    with Copies(service) as making:
        yield making


def check_problem(reply: Reply, status: int, slug: str, hidden: str = "LogTable") -> dict[str, Any]:
    """Return the problem of a reply, which tells nothing of the service's inside."""
    problem: dict[str, Any] = reply.json()
    assert (reply.status, problem["type"]) == (status, f"urn:logstead:problem:{slug}"), reply
    assert reply.headers["content-type"] == "application/problem+json"
    for text in (hidden, "Traceback", "arn:", "Exception", "botocore"):
        assert text not in reply.body.decode()
    return problem


@pytest.mark.parametrize("function", tuple(REQUESTS))
@pytest.mark.parametrize(
    "settings",
    (
        pytest.param({"TABLE_NAME": None}, id="unset"),
        pytest.param({"TABLE_NAME": " "}, id="empty"),
    ),
)
def test_a_function_without_its_table_s_name_says_so_to_everybody_and_once_in_the_log(
    copies: Copies, function: str, settings: dict[str, str | None]
) -> None:
    """Every request gets a 503 that names the variable; one line says it, however many come."""
    copy = copies.make(function, settings)
    for method, path, body in (REQUESTS[function], ("GET", BY_ID, None), ("PUT", "nope", b"\xff")):
        problem = check_problem(copy.request(method, path, body), 503, "not-configured")
        assert problem["errors"] == [{"field": "TABLE_NAME", "problem": "is unset or empty"}]
    (line,) = copy.logged()
    assert "TABLE_NAME" in line["message"]


def test_every_setting_that_is_wrong_is_named_at_once(copies: Copies) -> None:
    """One deploy mends them all."""
    copy = copies.make("Ingest", {"TABLE_NAME": None, "WRITE_SHARDS": "0", "RETENTION_DAYS": "never"})
    problem = check_problem(copy.request(*REQUESTS["Ingest"]), 503, "not-configured")
    named = [one["field"] for one in problem["errors"]]
    assert named == ["TABLE_NAME", "WRITE_SHARDS", "RETENTION_DAYS"]


def _denied(copies: Copies, function: str) -> tuple[Copy, str]:
    table = copies.make_table()
    return copies.make(function, {"TABLE_NAME": table}), table


def _missing(copies: Copies, function: str) -> tuple[Copy, str]:
    table = f"Missing{uuid.uuid4()}"
    return copies.make(function, {"TABLE_NAME": table}, any_table=True), table


def _without_index(copies: Copies, function: str) -> tuple[Copy, str]:
    table = copies.make_table()
    return copies.make(function, {"TABLE_NAME": table}, any_table=True), table


def _of_another_key(copies: Copies, function: str) -> tuple[Copy, str]:
    table = copies.make_table("Other")
    return copies.make(function, {"TABLE_NAME": table}, any_table=True), table


@pytest.mark.parametrize(
    ("function", "wrong", "slug", "cause"),
    (
        ("Ingest", _missing, "storage-misconfigured", "ResourceNotFoundException"),
        ("Read", _missing, "storage-misconfigured", "ResourceNotFoundException"),
        ("Ingest", _denied, "storage-misconfigured", "AccessDeniedException"),
        ("Read", _denied, "storage-misconfigured", "AccessDeniedException"),
        ("Read", _without_index, "storage-misconfigured", "does not have the specified index"),
        ("Ingest", _of_another_key, "internal-error", "ValidationException"),
    ),
)
def test_a_table_that_is_not_as_it_must_be_is_a_500_and_one_log_line(
    copies: Copies, function: str, wrong: Callable[[Copies, str], tuple[Copy, str]], slug: str, cause: str
) -> None:
    """The client learns that it isn't at fault, the log why: the trace and the request."""
    copy, table = wrong(copies, function)
    method, path, body = REQUESTS[function]
    check_problem(copy.request(method, path, body), 500, slug, table)
    (line,) = copy.logged()
    assert line["level"] == "ERROR"
    assert cause in line["trace"]
    assert line["requestId"]
    assert line["event"]["requestContext"]["http"]["method"] == method


def test_a_missing_index_costs_lists_only(copies: Copies) -> None:
    """Entries are still taken, and found by their ids."""
    table = copies.make_table()
    posted = copies.make("Ingest", {"TABLE_NAME": table}, any_table=True).request("POST", "", ENTRY)
    assert posted.status == 201
    found = copies.make("Read", {"TABLE_NAME": table}, any_table=True).request("GET", posted.json()["id"])
    assert (found.status, found.json()) == (200, posted.json())


@pytest.mark.parametrize("function", tuple(REQUESTS))
def test_a_storage_that_can_t_be_reached_is_a_503_that_says_when_to_come_back(
    copies: Copies, function: str
) -> None:
    """Within the function's own time, so that the caller gets it instead of Lambda's 502."""
    nobody = f"http://127.0.0.1:{free_port()}"
    copy = copies.make(function, {"AWS_ENDPOINT_URL_DYNAMODB": nobody, "RETRY_QUEUE_URL": None})
    reply = copy.request(*REQUESTS[function])
    check_problem(reply, 503, "storage-unavailable")
    assert reply.headers["retry-after"] == str(limits.RETRY_AFTER_S)
    (line,) = copy.logged()
    assert "EndpointConnectionError" in line["trace"]


def test_retention_is_stored_with_an_entry_and_counts_from_its_receipt(
    copies: Copies, empty_service: Service, client: KeepAlive
) -> None:
    """An old entry that was accepted is not gone at once; the client sees nothing of it."""
    copy = copies.make("Ingest", {"RETENTION_DAYS": "1"})
    posted = copy.request("POST", "", ENTRY[:-1] + b', "dateTime": "2020-01-01T00:00:00Z"}')
    assert posted.status == 201
    (item,) = empty_service.items()
    assert abs(int(item["ExpiresAt"]["N"]) - time.time() - 86_400) < 120
    assert client.walk() == [posted.json()]


def test_shards_can_be_raised_on_a_live_stage(
    copies: Copies, empty_service: Service, client: KeepAlive
) -> None:
    """What one shard holds is read among what many hold, and a repeated id is still one entry."""
    one_shard = copies.make("Ingest", {"WRITE_SHARDS": "1"})
    entries = make_entries((moment(minutes=minute // 2) for minute in range(30)), random.Random(30))
    with KeepAlive(replace(empty_service, ingest_url=one_shard.url)) as before:
        assert [before.post(entry).status for entry in entries[:10]] == [201] * 10
    assert {item["LogType"]["S"] for item in empty_service.items()} == {"LOG"}
    assert [client.post(entry).status for entry in entries[5:]] == [200] * 5 + [201] * 20
    assert len({item["LogType"]["S"] for item in empty_service.items()}) == SHARDS
    assert client.walk(limit=4) == in_order(entries)
