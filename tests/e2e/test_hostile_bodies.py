"""Hostile bodies over HTTP: the deployed service answers as the handlers do in process, and never a 5xx."""

from datetime import UTC, datetime
from typing import Final

from local.failures import FailureWatch
from local.service import Reply, Service
from tests.docs import markdown
from tests.e2e.keep_alive import KeepAlive, in_order, side_by_side
from tests.unit import service as in_process
from tests.unit.entry_check import broken_rules
from tests.unit.ingest.fuzz import hostile_bodies

BODIES: Final = 300
SEED: Final = 2026
IN_FLIGHT: Final = 6
AS_BASE64: Final = "application/octet-stream"
"""A body of this type reaches the function byte by byte; one of a text type may be mangled on the way."""
TEXT_TYPES: Final = ("application/json", "application/x-www-form-urlencoded", "text/plain; charset=utf-16")
TAKEN: Final = frozenset({200, 201, 409})
"""Which of these a body gets depends on what was stored before it."""


def test_hostile_bodies_get_no_5xx_and_what_is_stored_keeps_every_rule(
    empty_service: Service, client: KeepAlive
) -> None:
    """300 bodies: the answers of the handler in process, one item for each 201, and a silent log."""
    watch = FailureWatch(empty_service)
    watch.new()
    bodies = list(hostile_bodies(SEED, BODIES))
    app = in_process.Service()
    expected = [app.post(body).status for body in bodies]

    replies = side_by_side(lambda body: client.post(body, AS_BASE64), bodies, IN_FLIGHT)

    for body, reply, status in zip(bodies, replies, expected, strict=True):
        assert reply.status == status or {reply.status, status} <= TAKEN, (body, reply)
        assert reply.status < 400 or _is_problem(reply), (body, reply)
    assert len({reply.status for reply in replies}) >= 4, "the bodies no longer reach every answer"
    assert watch.new() == []
    _check_stored(empty_service, client, replies)


def test_text_that_is_no_text_gets_no_5xx_and_what_is_stored_keeps_every_rule(
    empty_service: Service, client: KeepAlive
) -> None:
    """The same with types that say text, whatever the edge makes of bytes that are none."""
    watch = FailureWatch(empty_service)
    watch.new()
    calls = [
        (body, TEXT_TYPES[number % len(TEXT_TYPES)])
        for number, body in enumerate(hostile_bodies(SEED + 1, BODIES // 3))
    ]
    replies = side_by_side(lambda call: client.post(*call), calls, IN_FLIGHT)
    for call, reply in zip(calls, replies, strict=True):
        assert reply.status in TAKEN or (reply.status < 500 and _is_problem(reply)), (call, reply)
    assert watch.new() == []
    _check_stored(empty_service, client, replies)


def _is_problem(reply: Reply) -> bool:
    return (
        reply.headers["content-type"] == "application/problem+json"
        and reply.json()["status"] == reply.status
        and reply.json()["type"].startswith("urn:logstead:problem:")
    )


def _check_stored(service: Service, client: KeepAlive, replies: list[Reply]) -> None:
    """Hold the table, the replies and what is read back to one another."""
    now = datetime.now(UTC)
    items = service.items()
    assert [(item, broken) for item in items if (broken := broken_rules(item, now=now))] == []
    created = [reply.json() for reply in replies if reply.status == 201]
    replayed = [reply.json() for reply in replies if reply.status == 200]
    assert len(items) == len(created) > 0
    assert client.walk(limit=1_000) == in_order(created)
    assert all(entry in created for entry in replayed)


def test_the_documented_hostile_bodies_get_their_answers_over_http(client: KeepAlive) -> None:
    """The table of docs/api.md, as a client would try it."""
    rows = markdown.rows(markdown.read("docs/api.md"), "body")
    assert len(rows) > 10
    for row in rows:
        body = b"" if "(empty)" in row["body"] else markdown.code(row["body"]).encode()
        reply = client.post(body)
        assert reply.status == int(row["status"]), (row, reply)
        if reply.status >= 400:
            slug = markdown.code(row["type, or what is stored"])
            assert reply.json()["type"] == f"urn:logstead:problem:{slug}", row
