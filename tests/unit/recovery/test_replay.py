"""Replay: each message for itself ends stored, postponed or kept for a person, and is never lost."""

import io
import json
import uuid
from dataclasses import replace
from typing import Any

import pytest

from logstead import limits
from logstead.config import ReplayConfig, WriteTableConfig
from logstead.entry import LogEntry
from logstead.failure_log import make_logger
from logstead.recovery.handler import make_batch_handler, make_replay
from logstead.recovery.message import ParkedEntry, ParkedGroup, ParkedPack, encode_message
from logstead.recovery.replay import JITTER, jittered
from logstead.storage.bodies import body_of
from logstead.storage.pack import make_pack
from logstead.storage.pack_codec import ZLIB, ZSTD
from logstead.storage.pack_decode import PackBody
from logstead.storage.write_table import WriteTable
from tests.unit.fakes import FakeDynamoDB, client_error
from tests.unit.recovery.fake_sqs import FakeSQS
from tests.unit.storage.pack_samples import entry as sample

RECEIVED = "2026-02-09T21:50:20.846154+00:00"
THROTTLED = client_error("ThrottlingException", "PutItem")
BACKOFFS_S = (100, 1_000)
LATER = 2**40 + 1


def message(number: int, text: str = "m") -> str:
    """Return the message of a parked entry."""
    entry = LogEntry(f"0b5c2f4e-9f0a-4c57-8a55-{number:012x}", RECEIVED, "info", text)
    return encode_message(ParkedEntry(entry, RECEIVED, "why"))


class Replayer:
    """The replay function over fakes."""

    def __init__(self) -> None:
        self.dynamodb = FakeDynamoDB()
        self.sqs = FakeSQS()
        self.stream = io.StringIO()
        config = ReplayConfig(WriteTableConfig("LogTable", write_shards=3), "retry", "dead", BACKOFFS_S)
        table = WriteTable(self.dynamodb, config.table)
        self.handler = make_batch_handler(make_replay(config, table, self.sqs, ()), make_logger(self.stream))

    def receive(self, *bodies: str, attempt: int = 1) -> list[str]:
        """Hand messages to the function; return the ids that must come back."""
        records: list[dict[str, Any]] = [
            {
                "messageId": f"id-{number}",
                "receiptHandle": f"handle-{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(attempt)},
            }
            for number, body in enumerate(bodies)
        ]
        failed: Any = self.handler({"Records": records}, None)["batchItemFailures"]
        return [one["itemIdentifier"] for one in failed]

    def dead(self) -> list[dict[str, Any]]:
        """Return what was kept for a person."""
        return [json.loads(body) for body in self.sqs.sent.get("dead", [])]


def test_a_parked_entry_is_stored_and_done_with() -> None:
    """Nothing comes back, nothing is kept, nothing is printed."""
    replayer = Replayer()
    assert replayer.receive(message(1), message(2)) == []
    assert len(replayer.dynamodb.items) == 2
    assert replayer.sqs.sent == {}
    assert replayer.stream.getvalue() == ""


def test_a_replay_of_what_is_stored_changes_nothing() -> None:
    """The reply of the first attempt was lost, or the client sent it again: one entry."""
    replayer = Replayer()
    replayer.receive(message(1))
    before = dict(replayer.dynamodb.items)
    assert replayer.receive(message(1), message(1), attempt=3) == []
    assert replayer.dynamodb.items == before
    assert replayer.dead() == []


def test_one_that_fails_comes_back_later_and_the_others_are_stored() -> None:
    """A poison message never blocks the rest; it is hidden for its own backoff."""
    replayer = Replayer()
    replayer.dynamodb.fail("put_item", THROTTLED)
    assert replayer.receive(message(1), message(2), message(3)) == ["id-0"]
    assert len(replayer.dynamodb.items) == 2
    ((handle, seconds),) = replayer.sqs.hidden
    assert handle == "handle-0"
    assert 80 <= seconds <= 120
    assert replayer.stream.getvalue().count("\n") == 1


@pytest.mark.parametrize(("attempt", "backoff_s"), ((1, 100), (2, 1_000)))
def test_each_attempt_waits_for_its_own_backoff(attempt: int, backoff_s: int) -> None:
    """Growing pauses, with jitter."""
    replayer = Replayer()
    replayer.dynamodb.fail("put_item", THROTTLED)
    assert replayer.receive(message(1), attempt=attempt) == ["id-0"]
    assert abs(replayer.sqs.hidden[0][1] - backoff_s) <= backoff_s * JITTER


@pytest.mark.parametrize("error", (THROTTLED, client_error("ResourceNotFoundException", "PutItem")), ids=repr)
@pytest.mark.parametrize("attempt", (3, 4))
def test_after_the_last_attempt_it_is_kept_with_the_reason(error: Exception, attempt: int) -> None:
    """A person reads the entry, why it failed, how often, and when."""
    replayer = Replayer()
    replayer.dynamodb.fail("put_item", error)
    assert replayer.receive(message(1), attempt=attempt) == []
    (dead,) = replayer.dead()
    assert dead["entry"]["message"] == "m"
    assert dead["failure"]["attempts"] == attempt
    assert "storage" in dead["failure"]["reason"]
    assert dead["failure"]["at"]


def test_an_id_that_is_taken_by_other_content_is_kept_at_once() -> None:
    """It was acknowledged, so it is not dropped; no later attempt can end otherwise."""
    replayer = Replayer()
    replayer.receive(message(1, "first"))
    before = dict(replayer.dynamodb.items)
    assert replayer.receive(message(1, "other")) == []
    assert replayer.dynamodb.items == before
    (dead,) = replayer.dead()
    assert dead["entry"]["message"] == "other"
    assert "other content" in dead["failure"]["reason"]


def test_an_unreadable_message_is_kept_at_once_as_it_came() -> None:
    """A person finds its text."""
    replayer = Replayer()
    assert replayer.receive("no JSON \u00e9") == []
    (dead,) = replayer.dead()
    assert dead["body"] == "no JSON \u00e9"


@pytest.mark.parametrize("failure", ("hide", "keep", "crash"))
def test_a_message_that_can_neither_be_hidden_nor_kept_stays_in_the_queue(failure: str) -> None:
    """It is never deleted before it is stored or kept, and the other messages go their way."""
    replayer = Replayer()
    replayer.dynamodb.fail("put_item", ZeroDivisionError() if failure == "crash" else THROTTLED)
    replayer.sqs.fail(THROTTLED)
    attempt = 3 if failure == "keep" else 1
    assert replayer.receive(message(1), message(2), attempt=attempt) == ["id-0"]
    assert len(replayer.dynamodb.items) == 1
    assert '"ERROR"' in replayer.stream.getvalue()


def pack_message(*, with_body: bool, codec: int = ZSTD) -> str:
    """Return the message of a parked pack of two entries."""
    pack = make_pack("0b5c2f4e-9f0a-8c57-8a55-3a2f3d0b9000", [sample(1), sample(2)], None, codec)
    assert pack is not None
    body = pack.body if with_body else b""
    return encode_message(ParkedPack(replace(pack, body=body), RECEIVED, "why"))


def test_a_pack_is_replayed_body_first_and_a_header_alone() -> None:
    """What is left of a pack is put, again and again if need be, and changes nothing that stands."""
    replayer = Replayer()
    assert replayer.receive(pack_message(with_body=False)) == []
    assert [name.split("#")[0] for name in replayer.dynamodb.items] == ["PACK"]
    assert replayer.receive(pack_message(with_body=True)) == []
    before = dict(replayer.dynamodb.items)
    assert [name.split("#")[0] for name in before] == ["PACK", "BODY"]
    assert replayer.receive(pack_message(with_body=True), pack_message(with_body=False), attempt=2) == []
    assert replayer.dynamodb.items == before


def test_a_pack_whose_body_stands_in_another_codec_takes_its_header_from_there() -> None:
    """An earlier attempt was by other code: header and body must agree."""
    replayer = Replayer()
    replayer.receive(pack_message(with_body=True, codec=ZLIB))
    (header,) = [name for name in replayer.dynamodb.items if name.startswith("PACK#")]
    standing = replayer.dynamodb.items.pop(header)
    assert replayer.receive(pack_message(with_body=True, codec=ZSTD)) == []
    assert replayer.dynamodb.items[header] == standing


def test_entries_that_a_standing_pack_lacks_are_stored_in_another() -> None:
    """The later of two parked attempts has an entry that the earlier one refused, and was acknowledged."""
    pack = "0b5c2f4e-9f0a-8c57-8a55-3a2f3d0b9000"
    earlier, later = make_pack(pack, [None, sample(2)], 2**40), make_pack(pack, [sample(1), sample(2)], LATER)
    assert earlier is not None
    assert later is not None
    replayer = Replayer()
    for _ in range(2):
        parked = [encode_message(ParkedPack(one, RECEIVED, "why")) for one in (earlier, later)]
        assert replayer.receive(*parked) == []
        assert replayer.dead() == []
        bodies = {name[5:]: item for name, item in replayer.dynamodb.items.items() if name[:5] == "BODY#"}
        assert len(replayer.dynamodb.items) == 2 * len(bodies) == 4
        found = [(one, item) for one, item in bodies.items() if one != pack]
        ((other, item),) = found
        (entry,) = PackBody(other, body_of(item)).entries()
        assert (entry.message, item["ExpiresAt"]) == (sample(1).message, {"N": str(LATER)})


def test_of_a_group_what_can_t_be_stored_is_kept_for_a_person_and_the_rest_is_stored() -> None:
    """Also what stands behind it; and what is redriven is that part alone."""
    first, other, last = (
        ParkedEntry(
            sample(1)._replace(id=str(uuid.UUID(int=number)), message=message, filled=()), RECEIVED, ""
        )
        for number, message in ((1, "first"), (1, "other"), (2, "last"))
    )
    replayer = Replayer()
    assert replayer.receive(encode_message(ParkedGroup((first, other, last), RECEIVED, "why"))) == []
    (dead,) = replayer.dead()
    assert "is taken by an entry with other content" in dead["failure"]["reason"]
    assert [part["entry"]["message"] for part in dead["parts"]] == ["other"]
    assert [item["Message"]["S"] for item in replayer.dynamodb.items.values()] == ["first", "last"]


@pytest.mark.parametrize(
    ("error", "stored"), ((THROTTLED, 0), (client_error("ValidationException", "PutItem"), 1)), ids=repr
)
def test_a_group_comes_back_after_a_failure(error: Exception, stored: int) -> None:
    """At once where the table fails; where only a part is refused, after the others are stored."""
    replayer = Replayer()
    replayer.dynamodb.fail("put_item", error)
    parts = tuple(
        ParkedEntry(sample(1)._replace(id=str(uuid.UUID(int=n)), filled=()), RECEIVED, "") for n in (1, 2)
    )
    group = encode_message(ParkedGroup(parts, RECEIVED, "why"))
    assert replayer.receive(group) == ["id-0"]
    assert len(replayer.dynamodb.items) == stored
    assert replayer.receive(group, attempt=2) == []
    assert len(replayer.dynamodb.items) == 2
    assert replayer.dead() == []


def test_jitter_keeps_to_its_bounds_and_scatters() -> None:
    """Entries don't return as one wave; a pause is a whole second at least."""
    pauses = {jittered(1_000) for _ in range(500)}
    assert min(pauses) >= 1_000 * (1 - JITTER)
    assert max(pauses) <= 1_000 * (1 + JITTER)
    assert len(pauses) > 50
    assert jittered(0) == 1


def test_the_backoffs_of_the_limits_make_three_attempts() -> None:
    """Two pauses, three receives."""
    assert len(limits.REPLAY_BACKOFFS_S) == 2
