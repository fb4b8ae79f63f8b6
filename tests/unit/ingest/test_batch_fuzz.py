"""Hostile batches through the whole ingest function: from coded bytes to what a read shows of them."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstead.storage.item import entry_as_item
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_header import PackHeader
from tests.unit.entry_check import broken_rules
from tests.unit.ingest.batch_samples import SAMPLES
from tests.unit.ingest.coders import CODERS
from tests.unit.ingest.test_batch_retries import shown
from tests.unit.ingest.test_decoder_fuzz import ODD
from tests.unit.service import Service

EXAMPLES: Final = 560
"""For each of the samples: 5,040 in all."""
CPU_S_MAX: Final = 5
"""For one body, of a few kB: a hang, not a slow machine."""


class Edit(NamedTuple):
    """A change at a place, which is a fraction of the length."""

    place: float
    length: int
    put_in: bytes
    keeps: bool

    def apply(self, body: bytes) -> bytes:
        """Return the body with this change."""
        begin = int(self.place * len(body))
        end = begin if self.keeps else begin + self.length
        return body[:begin] + self.put_in + body[end:]


EDITS: Final = st.builds(
    Edit,
    st.floats(0, 1),
    st.sampled_from((0, 1, 2, 8, 64)),
    st.sampled_from(ODD) | st.binary(max_size=8),
    st.booleans(),
)
CODINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "": bytes,
    **CODERS,
    "x-gzip": CODERS["gzip"],
    "identity": bytes,
    "br": bytes,
    "gzip, gzip": lambda body: CODERS["gzip"](CODERS["gzip"](body)),
}


class Hostile(NamedTuple):
    """What becomes of a real body: edited, coded, edited again, and sent as base64 or as text."""

    inner: list[Edit]
    coding: str
    outer: list[Edit]
    is_text: bool
    key: str | None

    def body(self, body: bytes) -> str | bytes:
        """Return what is sent in place of a body."""
        coded = edited(CODINGS[self.coding](edited(body, self.inner)), self.outer)
        return coded.decode("utf-8", "replace") if self.is_text else coded

    def headers(self) -> dict[str, str]:
        """Return what its headers say of it."""
        named = {"content-encoding": self.coding, "idempotency-key": self.key}
        return {name: text for name, text in named.items() if text is not None}


HOSTILE: Final = st.builds(
    Hostile,
    st.lists(EDITS, max_size=1) | st.lists(EDITS, max_size=4),
    st.just("") | st.sampled_from(list(CODINGS)),
    st.just([]) | st.just([]) | st.lists(EDITS, max_size=2),
    st.sampled_from((False, False, False, True)),
    st.just(None) | st.sampled_from((None, "a-key", "b-key", "", "x" * 300, "caf\u00e9")),
)
"""Weighted so that some reach the table, for each sample."""


def edited(body: bytes, edits: Sequence[Edit]) -> bytes:
    """Return a body with all changes."""
    for edit in edits:
        body = edit.apply(body)
    return body


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=EXAMPLES)
@given(hostile=HOSTILE)
def test_a_hostile_batch_is_the_clients_fault_at_most_and_what_is_stored_can_be_read(
    name: str, hostile: Hostile
) -> None:
    """Each is sent twice: a retry of what nobody means to send is no fault of the service either."""
    sample = SAMPLES[name]
    app = Service(retention_days=30)
    headers = {**sample.headers, **hostile.headers()}
    began = time.process_time()
    replies = [app.post(hostile.body(sample.body), path=sample.path, headers=headers) for _ in range(2)]
    assert time.process_time() - began < CPU_S_MAX
    assert max(reply.status for reply in replies) < 500
    assert app.printed_text() == ""
    check_stored(app)


def check_stored(app: Service) -> None:
    """Hold each entry to the rules, each header to its body, and all of them to what a read shows."""
    items = app.dynamodb.items
    found = [item for log_id, item in items.items() if "#" not in log_id]
    packs = [log_id.removeprefix("BODY#") for log_id in items if log_id.startswith("BODY#")]
    for pack in packs:
        entries = PackBody(pack, items["BODY#" + pack]["Body"]["B"]).entries()
        assert PackHeader.from_item(items["PACK#" + pack]).count == len(entries)
        found += [entry_as_item(entry, "LOG", None) for entry in entries]
    now = datetime.now(UTC)
    assert [broken for item in found if (broken := broken_rules(item, now=now))] == []
    told = {(item["DateTime"]["S"], item["LogID"]["S"]) for item in found}
    assert sorted(told) == sorted((entry["dateTime"], entry["id"]) for entry in shown(app))
