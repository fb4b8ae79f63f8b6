"""What does not compress, and grows when it is stored: cut into packs that hold it, or refused by index."""

import json
import random
from typing import Any

import pytest

from logstead import limits
from logstead.http import JSON, PROTOBUF
from tests.unit.ingest import otlp_samples, test_loki
from tests.unit.service import Service

ROWS = 6
CHARACTERS = 63_000


def noise(seed: int) -> str:
    """Return a text of seven random bits a character, a quarter of it control characters."""
    rnd = random.Random(seed)
    return "".join(map(chr, rnd.choices(range(128), k=CHARACTERS)))


def otlp() -> tuple[str, bytes]:
    """Return records with a noisy attribute, and where they go."""
    exported = otlp_samples.export({})
    exported["resourceLogs"][0]["scopeLogs"][0]["logRecords"] = [
        {**otlp_samples.FULL, "attributes": [otlp_samples.attribute("noise", noise(seed))]}
        for seed in range(ROWS)
    ]
    return "/v1/logs", otlp_samples.as_protobuf(exported)


def loki() -> tuple[str, bytes]:
    """Return lines with noisy metadata, and where they go."""
    lines = [(test_loki.NS + seed, f"line {seed}", {"noise": noise(seed)}) for seed in range(ROWS)]
    return test_loki.PATH, test_loki.block(test_loki.as_protobuf([({"app": "a"}, lines)]))


def noises(app: Service) -> list[str]:
    """Return the noise of each entry, whatever page it is on."""
    found: list[str] = []
    query: list[tuple[str, str]] = []
    while True:
        page = app.get("/", query=query).json()
        found += [entry["attributes"]["noise"] for entry in page["logs"]]
        if "nextCursor" not in page:
            return sorted(found)
        query = [("cursor", page["nextCursor"])]


@pytest.mark.parametrize("make", (otlp, loki))
def test_control_characters_in_protobuf_are_counted_as_they_are_stored(make: Any) -> None:
    """One byte as sent, six as stored: such rows are too many for one pack, and all are stored."""
    app = Service()
    path, body = make()
    assert app.post(body, path=path, headers={"content-type": PROTOBUF}).status in {200, 204}
    assert noises(app) == sorted(map(noise, range(ROWS)))


def test_entries_that_one_item_cant_hold_are_refused_by_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of the service would have the client send them for ever; the rest of the batch is stored."""
    rows = [
        {"severity": "info", "message": noise(seed), "dateTime": f"2026-02-09T12:0{seed // 2}:00Z"}
        for seed in range(4)
    ]
    rows[3] = {**rows[3], "message": "short"}
    monkeypatch.setattr(limits, "PACK_BODY_BYTES_MAX", CHARACTERS + 10_000)
    app = Service()
    reply = app.post(json.dumps(rows), headers={"content-type": JSON})
    shown = reply.json()
    assert (reply.status, shown["accepted"], shown["refused"]) == (200, 2, 2)
    assert [one["index"] for one in shown["errors"]] == [0, 1]
    assert "one item" in shown["errors"][0]["errors"][0]["problem"]
    assert app.get("/").json()["count"] == 2
