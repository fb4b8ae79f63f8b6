"""Hostile rows in batches, through the handler: no 5xx, and all that can be read back keeps the rules."""

import json
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from logstead.entry import LogEntry, canonical_json
from logstead.storage.item import entry_as_item
from tests.unit.entry_check import broken_rules
from tests.unit.ingest.fuzz import hostile_bodies
from tests.unit.service import Service

BATCHES = 250


@pytest.mark.parametrize("seed", (3, 2027))
def test_hostile_batches_never_fail_the_service_nor_break_a_rule_of_what_is_read_back(seed: int) -> None:
    """Some 1,500 hostile rows as arrays and as lines: what is accepted is read back, by the rules, once."""
    app = Service(shards=2)
    source = random.Random(seed)
    rows = [row for row in hostile_bodies(seed, 6 * BATCHES) if len(row) < 5_000]
    statuses: Counter[int] = Counter()
    accepted = 0
    while rows:
        batch = [rows.pop() for _ in range(min(len(rows), source.randrange(1, 9)))]
        as_lines = source.random() < 0.6
        body = (
            b"\n".join(row.replace(b"\n", b" ") for row in batch)
            if as_lines
            else b"[" + b",".join(batch) + b"]"
        )
        content_type = "application/x-ndjson" if as_lines else "application/json"
        reply = app.post(body, headers={"content-type": content_type})
        statuses[reply.status] += 1
        assert reply.status in (200, 400), (reply.body, app.printed)
        if reply.status == 200:
            accepted += reply.json()["accepted"]
    assert app.printed_text() == ""
    assert min(statuses.values()) > 20
    check_read_back(app, accepted)


def check_read_back(app: Service, accepted: int) -> None:
    """Walk through the table and hold every entry to the rules."""
    shown: list[dict[str, Any]] = []
    query: list[tuple[str, str]] = []
    while True:
        reply = app.get("/export", query=query)
        shown += [json.loads(line) for line in reply.body.splitlines()]
        cursor = reply.headers.get("logstead-next-cursor")
        if cursor is None:
            break
        query = [("cursor", cursor)]
    now = datetime.now(UTC)
    for one in shown:
        attributes = canonical_json(one["attributes"]) if "attributes" in one else None
        entry = LogEntry(
            one["id"], one["dateTime"], one["severity"], one["message"], one.get("source"), attributes
        )
        assert broken_rules(entry_as_item(entry, "LOG", None), now=now) == [], one
    keys = [(one["dateTime"], one["id"]) for one in shown]
    assert keys == sorted(set(keys), reverse=True)
    # Rows of the fuzz share an id on purpose, and some of them a time as well: those are shown once.
    assert accepted * 0.8 <= len(shown) <= accepted
