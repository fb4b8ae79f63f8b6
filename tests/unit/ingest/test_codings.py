"""Content encodings, of every protocol, through the whole ingest function: decoders themselves see none."""

from typing import Any

import pytest

from logstead.ingest.content_encoding import CODINGS
from tests.unit.ingest import test_loki
from tests.unit.ingest.batch_samples import SAMPLES, Sample, streams
from tests.unit.ingest.coders import CODERS
from tests.unit.service import Service


def stored(sample: Sample, body: bytes, **headers: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the status of a body and what it comes to, less what is made at random or by the clock."""
    app = Service()
    reply = app.post(body, path=sample.path, headers={**sample.headers, **headers})
    entries = app.get("/", query=[("limit", "1000")]).json()["logs"]
    for entry in entries:
        del entry["id"]
        if not entry["dateTime"].startswith("2026-02-09T"):
            del entry["dateTime"]
    return reply.status, sorted(entries, key=str)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_coded_body_is_inflated(name: str, coding: str) -> None:
    """Whatever the coding, the same entries. Loki's protobuf is a snappy block already."""
    sample = SAMPLES[name]
    is_coded = (name, coding) == ("loki protobuf", "snappy")
    coded = sample.body if is_coded else CODERS[coding](sample.body)
    status, entries = stored(sample, sample.body)
    assert entries
    assert stored(sample, coded, **{"content-encoding": coding}) == (status, entries)


@pytest.mark.parametrize("coding", (None, "", "snappy", "Snappy"))
def test_a_push_of_loki_names_its_block_or_does_not(coding: str | None) -> None:
    """Vector names it by default, Promtail and Alloy don't; it is one block all the same."""
    sample = SAMPLES["loki protobuf"]
    block = test_loki.block(test_loki.as_protobuf(streams()))
    headers = {} if coding is None else {"content-encoding": coding}
    status, entries = stored(sample, block, **headers)
    assert (status, len(entries)) == (204, 2)
