"""The ledger finds each kind of planted bug in the real flows, run in process over a table that fails."""

import io
import json
import random
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from logstead.access.gate import open_gate
from logstead.config import ReplayConfig, WriteTableConfig
from logstead.entry import LogEntry
from logstead.failure_log import make_logger
from logstead.ingest.handler import make_routes
from logstead.recovery.handler import make_replay
from logstead.recovery.message import ParkedEntry, decode_message, encode_message
from logstead.recovery.replay import Received, Replay
from logstead.recovery.retry_queue import RetryQueue
from logstead.serve import make_http_handler
from logstead.storage.client import Deadline
from logstead.storage.write_table import WriteTable
from tests.faults.ledger import Content, Fault, Kind, Ledger
from tests.unit.fakes import FakeDynamoDB
from tests.unit.service import Service, decode_reply, make_event

BACKOFFS_S = (1, 2)
LOST_REPLY = ConnectionClosedError(endpoint_url="http://127.0.0.1")


@dataclass
class FakeSQS:
    """The two queues in memory, as far as sending and hiding go."""

    retry: deque[str] = field(default_factory=deque)
    dead: list[str] = field(default_factory=list)

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        """Take one message."""
        (self.retry if arguments["QueueUrl"] == "retry" else self.dead).append(arguments["MessageBody"])
        return {}

    def change_message_visibility(self, **_arguments: Any) -> dict[str, Any]:
        """Hide nothing: the run below replays when it pleases."""
        return {}


class Run:
    """The ingest and replay flows over one failing table and two queues, with a ledger."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.ledger = Ledger()
        self.sqs = FakeSQS()
        self.service = Service(FakeDynamoDB())
        table_config = WriteTableConfig("LogTable")
        queue = RetryQueue("retry", self.sqs)
        logger = make_logger(io.StringIO())
        routes = make_routes(table_config, self.service.dynamodb, Deadline(), queue, logger)
        self.ingest = make_http_handler(routes, open_gate, logger)
        replay_config = ReplayConfig(table_config, "retry", "dead", BACKOFFS_S)
        table = WriteTable(self.service.dynamodb, table_config)
        self.replay: Replay = make_replay(replay_config, table, self.sqs, ())
        self.deletes_first = False

    def post(self, entry: Content) -> None:
        """Post an entry whose put may fail, before or after it took effect."""
        if self.random.random() < 0.5:
            after_effect = self.random.random() < 0.5
            self.service.dynamodb.fail("put_item", LOST_REPLY, after_effect=after_effect)
        event = make_event("POST", body=json.dumps(entry))
        reply = decode_reply(self.ingest(event, None))
        self.ledger.sent(entry, str(reply.status), is_acknowledged=reply.status < 300)

    def replay_all(self) -> None:
        """Replay until the queue is empty; now and then the put fails, or the function ends half-way."""
        attempts: dict[str, int] = {}
        while self.sqs.retry:
            body = self.sqs.retry.popleft()
            attempts[body] = attempts.get(body, 0) + 1
            if self.random.random() < 0.3 and attempts[body] <= len(BACKOFFS_S):
                self.service.dynamodb.fail("put_item", LOST_REPLY)
            reason = self.replay.replay(Received("m", body, "r", attempts[body]))
            if reason is not None and not self.deletes_first:
                self.sqs.retry.append(body)

    def check(self) -> list[Fault]:
        """Return what is wrong at the end."""
        shown = self.service.get(query=[("limit", "1000")]).json()["logs"]
        dead = [json.loads(body)["entry"] for body in self.sqs.dead]
        for entry in dead:
            entry.pop("filled")
        return self.ledger.check(shown, dead)


def run(plant: Callable[[Run], None], seed: int = 1) -> set[Kind]:
    """Run with a bug planted, and return the kinds of faults that the ledger finds."""
    one = Run(seed)
    plant(one)
    for _ in range(60):
        entry = _entry(one.random)
        one.post(entry)
        if one.random.random() < 0.2:  # an id used for other content, while the first may still be parked
            one.post({**entry, "message": "other"})
    one.replay_all()
    return {fault.kind for fault in one.check()}


def _entry(source: random.Random) -> Content:
    return {
        "id": str(uuid.UUID(int=source.getrandbits(128), version=4)),
        "dateTime": f"2026-02-09T21:50:20.{source.randrange(1_000_000):06d}+00:00",
        "severity": "info",
        "message": f"{source.getrandbits(64):x}",
    }


def _nothing(_: Run) -> None:
    pass


def _acknowledge_before_the_write(one: Run) -> None:
    queue = one.sqs
    queue.send_message = lambda **_: {}  # type: ignore[method-assign]  # queued, it says, and keeps nothing


def _new_id_on_retry(one: Run) -> None:
    store = one.replay.store

    def with_new_id(parked: Any) -> None:
        assert isinstance(parked, ParkedEntry)
        fresh: LogEntry = parked.entry._replace(id=str(uuid.UUID(int=one.random.getrandbits(128), version=4)))
        store(replace(parked, entry=fresh))

    one.replay = replace(one.replay, store=with_new_id)


def _delete_before_storing(one: Run) -> None:
    one.deletes_first = True


def _drop_conflicts(one: Run) -> None:
    one.replay = replace(one.replay, keep_dead=lambda _body: None)


@pytest.mark.parametrize("seed", range(5))
def test_without_a_bug_the_accounts_are_right(seed: int) -> None:
    """Half of the puts fail, a tenth of the ids meet other content: nothing is lost, doubled or made up."""
    assert run(_nothing, seed) == set()


@pytest.mark.parametrize(
    ("plant", "kind"),
    (
        (_acknowledge_before_the_write, Kind.LOST),
        (_new_id_on_retry, Kind.PHANTOM),
        (_delete_before_storing, Kind.LOST),
        (_drop_conflicts, Kind.LOST),
    ),
)
def test_a_planted_bug_is_found(plant: Callable[[Run], None], kind: Kind) -> None:
    """Each kind of bug that the faults are there to find."""
    assert kind in run(plant)


def test_a_parked_entry_survives_its_message() -> None:
    """What is replayed is what was parked, to the letter."""
    parked = ParkedEntry(
        LogEntry("a", "t", "info", "\u00e9\U0001f600", None, '{"a":1}', ("dateTime",)), "now", "why"
    )
    assert decode_message(encode_message(parked)) == parked
