"""Hostile paths and query strings over a table of damaged items: never a 5xx."""

import random
from collections import Counter
from typing import Any

import pytest

from logstead.entry import LogEntry
from logstead.storage.item import entry_as_item
from tests.unit.service import PAYLOAD_FORMATS, Service, make_event

ID = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"
TIME = "2026-02-09T21:50:20.846154+00:00"
NAMES = (
    *("limit", "since", "until", "severity", "source", "order", "cursor", "dateTime", "q", "regex", "case"),
    *(
        "attributes.a",
        "attributes.",
        "attributes.a.b",
        "attributes..",
        "limit ",
        "LIMIT",
        "",
        "\u00e9",
        "x" * 900,
    ),
)
VALUES = (
    *(
        "",
        "0",
        "1",
        "5",
        "1000",
        "1001",
        "-1",
        "\u0661",
        "NaN",
        "info",
        "error,info",
        ",",
        "newest",
        "oldest",
        "up",
    ),
    *(
        "15m",
        "0s",
        "999999d",
        "1w",
        TIME,
        "2026-02-09 21:50:20Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
    ),
    *(
        "\0",
        "\ud800",
        "\U0001f600",
        "a" * 5_000,
        "%",
        "%00",
        "{}",
        "[",
        "(a+)+$",
        "ignore",
        "null",
        "true",
        "web",
    ),
)
PATHS = ("/", "/", "/", "/" + ID, "/" + ID.upper(), "/export", "/x", "/histogram", "//", "/\ud800")
BROKEN: tuple[dict[str, Any], ...] = (
    *({}, {"Severity": {"N": "1"}}, {"Message": {"NULL": True}}, {"Attributes": {"S": '{"a":1e999}'}}),
    *({"Attributes": {"S": '{"a":"\\ud800"}'}}, {"ExpiresAt": {"S": "never"}}, {"ExpiresAt": {"N": "1e30"}}),
)


def table_of_damage(app: Service, source: random.Random) -> None:
    """Fill the table with entries of which many are damaged, ids and times of other writers included."""
    for number in range(60):
        entry_id = source.choice(
            [ID[:-2] + f"{number:02d}", f"id {number}", "\u00e9" * number + "x", "~~" + str(number)]
        )
        moment = source.choice(
            [TIME, f"2026-02-09T21:{number:02d}:00.000000+00:00", "x", "9", "2026", "\u00e9"]
        )
        entry = LogEntry(entry_id, moment, "info", "m", "web", '{"a":{"b":"x"}}')
        item: dict[str, Any] = {**entry_as_item(entry, "LOG", None), **source.choice(BROKEN)}
        app.dynamodb.items[entry_id] = item


@pytest.mark.parametrize("seed", (1, 2, 3))
def test_hostile_queries_never_fail_the_service(seed: int) -> None:
    """1,500 requests in all: 200, 400 or 404, nothing printed, each page's cursor good for the next page."""
    source = random.Random(seed)
    app = Service()
    table_of_damage(app, source)
    statuses: Counter[int] = Counter()
    for _ in range(500):
        query = [
            (source.choice(NAMES), source.choice(VALUES)) for _ in range(source.choice((0, 1, 1, 1, 2, 3)))
        ]
        path, payload_format = source.choice(PATHS), source.choice(PAYLOAD_FORMATS)
        event = make_event("GET", path, payload_format=payload_format)
        event |= {"rawQueryString": as_raw(query), "multiValueQueryStringParameters": as_lists(query)}
        reply = app.get_event(event)
        statuses[reply.status] += 1
        assert reply.status in (200, 400, 404), (path, query, reply.body, app.printed)
        if reply.status == 200 and path == "/" and (cursor := reply.json().get("nextCursor")):
            event = make_event(query=[*query, ("cursor", cursor)])
            event["rawQueryString"] = as_raw([*query, ("cursor", cursor)])
            assert app.get_event(event).status == 200, query
    assert app.printed_text() == ""
    assert min(statuses[status] for status in (200, 400, 404)) > 20


def as_raw(query: list[tuple[str, str]]) -> str:
    """Return a query string as clients that escape little send it."""
    return "&".join(f"{name}={value}" for name, value in query)


def as_lists(query: list[tuple[str, str]]) -> dict[str, list[str]] | None:
    """Return a query as REST APIs pass it."""
    lists: dict[str, list[str]] = {}
    for name, value in query:
        lists.setdefault(name, []).append(value)
    return lists or None
