import json
import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from logstead.storage.item import entry_as_item
from logstead.storage.pack_decode import PackBody
from tests.unit.entry_check import broken_rules
from tests.unit.ingest.fuzz import hostile_bodies
from tests.unit.service import PAYLOAD_FORMATS, Reply, Service

BODIES = 5_000
ANSWERS = {
    (201, None),
    (200, None),
    (400, "malformed-body"),
    (400, "invalid-entry"),
    (409, "conflict"),
    (413, "body-too-large"),
}


def assert_packed(app: Service, accepted: int, new_items: int) -> None:
    """Hold a batch to its reply: so many entries in one pack, each of which keeps every rule."""
    assert new_items == (2 if accepted else 0)
    if accepted:
        body_item = list(app.dynamodb.items.values())[-2]
        pack = body_item["LogID"]["S"].removeprefix("BODY#")
        entries = PackBody(pack, body_item["Body"]["B"]).entries()
        assert len(entries) == accepted
        for entry in entries:
            assert broken_rules(entry_as_item(entry, "LOG", None), now=datetime.now(UTC)) == []


def answer(reply: Reply) -> tuple[int, str | None]:
    """Return what a reply says in short."""
    return reply.status, None if reply.status < 400 else reply.problem()


@pytest.mark.parametrize("seed", (1, 2026))
def test_hostile_bodies_never_fail_the_service_nor_break_a_rule_of_what_is_stored(seed: int) -> None:
    """5,000 bodies through the handler: no 5xx, nothing printed, and all that is stored keeps every rule."""
    app = Service(shards=3, retention_days=30)
    source = random.Random(seed)
    answers: Counter[tuple[int, str | None]] = Counter()
    for body in hostile_bodies(seed, BODIES // 2):
        before = len(app.dynamodb.items)
        as_text = source.random() < 0.5
        posted = body.decode("utf-8", "surrogateescape") if as_text else body
        reply = app.post(posted, payload_format=source.choice(PAYLOAD_FORMATS))
        answers[answer(reply)] += 1
        assert answer(reply) in ANSWERS, body
        if reply.status == 200 and "accepted" in reply.json():  # the mutations made a batch of it
            assert_packed(app, reply.json()["accepted"], len(app.dynamodb.items) - before)
            continue
        assert len(app.dynamodb.items) == before + (reply.status == 201), body
        if reply.status in (200, 201):
            assert_stored_as_sent(app, json.loads(body.decode("utf-8-sig")), reply.json())
    assert app.printed_text() == ""
    assert answers.keys() == ANSWERS, "the bodies no longer reach every answer"
    assert answers[201, None] > BODIES // 50, "hardly a body keeps the rules"
    singles = [item for name, item in app.dynamodb.items.items() if "#" not in name]
    for item in singles:
        assert broken_rules(item, now=datetime.now(UTC)) == [], item
    shown = app.get("/", query=[("limit", "1000")])
    assert shown.status == 200
    assert shown.json()["count"] >= min(len(singles), 1_000)


def assert_stored_as_sent(app: Service, sent: dict[str, object], shown: dict[str, object]) -> None:
    """Hold the item, the reply and what was sent to one another."""
    item = app.dynamodb.items[str(shown["id"])]
    assert item["Message"]["S"] == shown["message"] == sent["message"]
    assert item["Severity"]["S"] == shown["severity"] == sent["severity"]
    assert shown.get("source") == sent.get("source")
    known = {"id", "dateTime", "severity", "message", "source", "attributes"}
    inside = sent.get("attributes") or {}
    assert isinstance(inside, dict)
    attributes = inside | {name: value for name, value in sent.items() if name not in known}
    assert shown.get("attributes", {}) == attributes
    assert json.loads(item.get("Attributes", {"S": "{}"})["S"]) == attributes
