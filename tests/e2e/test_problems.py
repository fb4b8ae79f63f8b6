"""Every problem of docs/api.md that a client can provoke."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pytest

from local.failures import FailureWatch
from local.service import Service
from logstead import limits
from logstead.http import PROBLEM_TYPE_PREFIX, PROBLEMS
from tests.e2e.keep_alive import KeepAlive
from tests.e2e.seeding import make_entries, moment, seed

UNKNOWN_ID: Final = "6f1d0c35-0d4e-4a2b-9b6f-1f5c6f0a7e11"
ENTRY: Final = b'{"severity": "info", "message": "m"}'
LARGEST: Final = ENTRY[:-2] + b"m" * (limits.ENTRY_BODY_BYTES_MAX - len(ENTRY)) + ENTRY[-2:]
STATUS: Final = {slug: status.value for status, slug in PROBLEMS.values()}
ELSEWHERE: Final = {
    "conflict": "test_an_id_s_other_content_is_a_conflict_and_the_stored_entry_stands",
    "internal-error": "test_settings.py",
    "not-configured": "test_settings.py",
    "storage-misconfigured": "test_settings.py",
    "storage-unavailable": "test_settings.py",
    "unauthorized": "the stage has no keys",
    "forbidden": "the stage has no keys",
    "keys-unavailable": "the stage has no keys",
    "idempotency-key-reused": "for batches only",
    "unknown-encoding": "for agents' paths only",
    "pack-unreadable": "test_stored_items.py",
}
"""Where the other problem types are provoked, or why this stage has none of them."""


@dataclass(frozen=True)
class Provoked:
    """A request, and the problem that it gets."""

    slug: str
    host: str
    path: str = ""
    method: str = "GET"
    body: bytes | None = None
    fields: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def read(slug: str, path: str, *fields: str) -> Provoked:
    """Return a GET of the read host that gets a problem."""
    return Provoked(slug, "read", path, fields=fields)


def post(slug: str, body: bytes, *fields: str, path: str = "") -> Provoked:
    """Return a POST to the ingest host that gets a problem."""
    return Provoked(slug, "ingest", path, "POST", body, fields)


def refused(host: str, method: str, allow: str, path: str = "") -> Provoked:
    """Return a request whose method its path doesn't have."""
    body = b"" if method == "HEAD" else ENTRY
    return Provoked("method-not-allowed", host, path, method, body, headers={"allow": allow})


READS: Final = "GET, HEAD, OPTIONS"
WRITES: Final = "POST, OPTIONS"
CASES: Final = (
    post("malformed-body", b""),
    post("malformed-body", b"not json"),
    post("malformed-body", b"\xff" + ENTRY),
    post("invalid-entry", b"{}", "severity", "message"),
    post(
        "invalid-entry",
        b'{"id": 1, "dateTime": "now", "severity": "x", "message": " ", "source": "", "attributes": []}',
        *("id", "dateTime", "severity", "message", "source", "attributes"),
    ),
    post("body-too-large", LARGEST + b" "),
    post("body-too-large", b"\xff" * 1_000_000),
    post("not-found", ENTRY, path="entries"),
    post("not-found", ENTRY, path="%2e%2e/etc/passwd"),
    post("not-found", ENTRY, path=UNKNOWN_ID),
    read("invalid-parameter", "?limit=0", "limit"),
    read("invalid-parameter", "?limit=1001", "limit"),
    read("invalid-parameter", "?limit=1&limit=2", "limit"),
    read(
        "invalid-parameter",
        "?limit=-1&order=up&severity=INFO&nope=1",
        *("nope", "order", "severity", "limit"),
    ),
    read("invalid-parameter", "?since=2026-02-09T21:50:20&until=tomorrow", "since", "until"),
    read("invalid-parameter", "?since=1h&until=2h", "until"),
    read("invalid-parameter", "?cursor=bm8", "cursor"),
    read("invalid-parameter", "export?limit=10001", "limit"),
    read("invalid-parameter", UNKNOWN_ID + "?limit=1", "limit"),
    read("not-found", "nope"),
    read("not-found", "%00"),
    read("not-found", UNKNOWN_ID[:-1]),
    read("not-found", UNKNOWN_ID + "/x"),
    read("entry-not-found", UNKNOWN_ID),
    *(refused("ingest", method, WRITES) for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH")),
    *(refused("read", method, READS) for method in ("POST", "PUT", "DELETE", "PATCH")),
    refused("read", "POST", READS, "export"),
    refused("read", "DELETE", READS, UNKNOWN_ID),
)


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.slug}-{case.method}-{case.host}-{case.path[:40]}"
)
def test_a_wrong_request_gets_its_problem(service: Service, client: KeepAlive, case: Provoked) -> None:
    """The documented status and type, every field that is wrong, and nothing about the service's inside."""
    url = (service.ingest_url if case.host == "ingest" else service.read_url) + case.path
    reply = client.request(case.method, url, body=case.body)
    assert reply.status == STATUS[case.slug], reply
    assert case.headers.items() <= reply.headers.items()
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    if case.method == "HEAD":
        assert reply.body == b""
        return
    problem = reply.json()
    assert problem["type"] == PROBLEM_TYPE_PREFIX + case.slug
    assert problem["status"] == reply.status
    assert problem["title"]
    assert problem["detail"]
    assert [one["field"] for one in problem.get("errors", [])] == list(case.fields)
    assert all(one["problem"] for one in problem.get("errors", []))
    assert service.table_name.encode() not in reply.body
    assert b"Traceback" not in reply.body


def test_every_problem_type_is_provoked_or_said_to_be_elsewhere() -> None:
    """A new type of problem needs a case here, or a reason."""
    assert {case.slug for case in CASES} | set(ELSEWHERE) == set(STATUS)


def test_wrong_requests_cost_no_write_and_no_log_line(empty_service: Service, client: KeepAlive) -> None:
    """What the client did wrong is told to the client, and to nobody else."""
    watch = FailureWatch(empty_service)
    watch.new()
    for case in CASES[::3]:
        url = (empty_service.ingest_url if case.host == "ingest" else empty_service.read_url) + case.path
        client.request(case.method, url, body=case.body)
    assert empty_service.items() == []
    assert watch.new() == []


@pytest.mark.usefixtures("empty_service")
def test_an_id_s_other_content_is_a_conflict_and_the_stored_entry_stands(client: KeepAlive) -> None:
    """201, then 200 with the stored entry, then 409 for each other content."""
    (entry,) = make_entries([moment()], random.Random(1))
    assert [client.post(entry).status for _ in range(2)] == [201, 200]
    without_time = {name: value for name, value in entry.items() if name != "dateTime"}
    again = client.post(without_time)
    assert (again.status, again.json()) == (200, entry)  # a time that the service fills in is not compared
    for other in ({"message": "other"}, {"dateTime": moment(seconds=1)}, {"source": "web"}, {"a": 1}):
        reply = client.post(entry | other)
        assert (reply.status, reply.json()["type"]) == (409, PROBLEM_TYPE_PREFIX + "conflict"), other
    assert client.walk() == [entry]


def test_a_cursor_of_another_query_is_refused(empty_service: Service, client: KeepAlive) -> None:
    """It would lead to a wrong page; only `limit` may change from page to page."""
    seed(empty_service, make_entries([moment()] * 3, random.Random(3)))
    cursor = client.get(limit=1).json()["nextCursor"]
    assert client.get(limit=2, cursor=cursor).json()["count"] == 2
    for query in ({"order": "oldest"}, {"severity": "info"}, {"since": moment()}):
        reply = client.get(cursor=cursor, **query)
        assert (reply.status, [one["field"] for one in reply.json()["errors"]]) == (400, ["cursor"]), query
    damaged = client.get(cursor=cursor[:9] + ("A" if cursor[9] != "A" else "B") + cursor[10:])
    assert (damaged.status, damaged.json()["errors"][0]["field"]) == (400, "cursor")


def test_the_largest_body_is_taken(client: KeepAlive) -> None:
    """10,240 bytes, of which one more is too many."""
    assert len(LARGEST) == limits.ENTRY_BODY_BYTES_MAX
    assert client.post(LARGEST).status == 201
