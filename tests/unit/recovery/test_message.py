"""Parked messages: a round trip, in what SQS takes, and damage told apart."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead.entry import LogEntry
from logstead.recovery.message import (
    Parked,
    ParkedEntry,
    ParkedGroup,
    ParkedPack,
    UnreadableMessage,
    decode_message,
    encode_message,
    with_failure,
    without_failure,
)
from logstead.storage.pack import make_pack
from tests.unit.recovery.fake_sqs import FakeSQS
from tests.unit.storage.pack_samples import entry

RECEIVED = "2026-02-09T21:50:20.846154+00:00"
ENTRY = LogEntry(
    "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11", RECEIVED, "info", "caf\u00e9\0", "web", '{"a":[1,null]}', ("id",)
)
MADE = make_pack("0b5c2f4e-9f0a-8c57-8a55-3a2f3d0b9000", [entry(1), None, entry(2)], 2**40)
assert MADE is not None
PACK = MADE
PARKED: tuple[Parked, ...] = (
    ParkedEntry(ENTRY, RECEIVED, "why"),
    ParkedPack(PACK, RECEIVED, "why"),
    ParkedPack(type(PACK)(PACK.header, b""), RECEIVED, "why"),
    ParkedGroup((ParkedPack(PACK, RECEIVED, "why"), ParkedEntry(ENTRY, RECEIVED, "why")), RECEIVED, "why"),
)


@pytest.mark.parametrize("parked", PARKED, ids=("entry", "pack", "header", "group"))
def test_what_is_parked_is_what_is_replayed(parked: Parked) -> None:
    """Ids, times, filled fields and the pack's bytes survive, also a stay in the dead-letter queue."""
    body = encode_message(parked)
    dead = with_failure(body, reason="why not", attempts=3, at=RECEIVED)
    assert decode_message(body) == parked
    assert decode_message(dead) == parked
    assert decode_message(without_failure(dead)) == parked
    assert json.loads(dead)["failure"] == {"reason": "why not", "attempts": 3, "at": RECEIVED}


TEXTS = st.text(min_size=1).filter(lambda text: bool(text.strip()) and text.isprintable())


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.none() | TEXTS)
def test_a_message_is_in_what_sqs_takes_and_in_ascii(message: str, source: str | None) -> None:
    """SQS refuses control characters and some others: none leaves the service."""
    parked = ParkedEntry(LogEntry(ENTRY.id, RECEIVED, "info", message, source), RECEIVED, "why")
    body = encode_message(parked)
    assert body.isascii()
    FakeSQS().send_message(QueueUrl="q", MessageBody=body)
    assert decode_message(body) == parked


def damaged(**changes: Any) -> str:
    """Return an entry's message with changed fields; `...` leaves one out."""
    message = json.loads(encode_message(PARKED[0])) | changes
    return json.dumps({name: value for name, value in message.items() if value is not ...})


@pytest.mark.parametrize(
    "body",
    (
        *("", "x", "[]", "null", "[" * 50_000, "{}", '{"version":1}', '{"version":1,"kind":"entry"}'),
        damaged(version=2),
        damaged(version="1"),
        damaged(kind="batch"),
        damaged(entry=...),
        damaged(entry=[]),
        damaged(entry={"id": "x"}),
        damaged(entry={**json.loads(damaged())["entry"], "message": 5}),
        damaged(entry={**json.loads(damaged())["entry"], "filled": 5}),
        damaged(receivedAt=...),
        damaged(receivedAt=5),
        damaged(kind="pack"),
        damaged(kind="pack", body="%", header={}),
        damaged(kind="pack", body="", header={}),
        damaged(kind="pack", body="", header=None),
    ),
)
def test_a_message_that_is_none_of_ours_is_unreadable_and_keeps_its_text(body: str) -> None:
    """A person finds it in the dead-letter queue as it came, and a redrive gives it back so."""
    with pytest.raises(UnreadableMessage):
        decode_message(body)
    dead = with_failure(body, reason="x", attempts=1, at=RECEIVED)
    given_back = without_failure(dead)
    try:
        assert json.loads(given_back) == json.loads(body)
    except (ValueError, RecursionError):
        assert given_back == body


@given(st.text())
def test_any_text_is_parked_or_unreadable(body: str) -> None:
    """Decoding fails in one way only."""
    with pytest.raises(UnreadableMessage):
        decode_message(body)
