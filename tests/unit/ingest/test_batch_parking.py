"""Batches that the table can't take: parked and replayed, or refused so that the sender keeps them."""

import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from logstead.config import ReplayConfig, WriteTableConfig
from logstead.recovery.handler import make_replay
from logstead.recovery.message import Parked, ParkedPack, decode_message
from logstead.recovery.replay import Received
from logstead.recovery.retry_queue import RetryQueue
from logstead.storage.client import DeadlinePassed
from logstead.storage.write_table import WriteTable
from tests.unit.fakes import FakeDynamoDB, client_error
from tests.unit.ingest import test_firehose
from tests.unit.ingest.batch_samples import SAMPLES, Sample
from tests.unit.ingest.test_batch_retries import IDS, KEYED, ROWS, post, row, shown
from tests.unit.ingest.test_native_batch import VECTOR, body_of
from tests.unit.recovery.fake_sqs import FakeSQS
from tests.unit.service import Reply, Service

THROTTLED: Final = client_error("ThrottlingException", "PutItem")
LOST_REPLY: Final = "not answered, though it took effect"
PASSING: Final[dict[str, Exception]] = {
    "throttled": THROTTLED,
    "failed inside": client_error("InternalServerError", "PutItem", status=500),
    "unreachable": EndpointConnectionError(endpoint_url="https://x"),
    "not connected": ConnectTimeoutError(endpoint_url="https://x"),
    LOST_REPLY: ReadTimeoutError(endpoint_url="https://x"),
    "out of time": DeadlinePassed(),
}
TO_BE_MENDED: Final[dict[str, Exception]] = {
    "no table": client_error("ResourceNotFoundException", "PutItem"),
    "no right": client_error("AccessDeniedException", "PutItem"),
    "no key": client_error("KMSAccessDeniedException", "PutItem"),
    "an error that nobody thought of": client_error("ValidationException", "PutItem"),
    "a bug": RuntimeError("a bug"),
}
"""No retry helps until a person does: an agent must keep what it has all the same."""
NATIVE_RETRIED: Final = frozenset({429, 500, 502, 503, 504})
RETRIED: Final = frozenset({429, 502, 503, 504})
"""Statuses after which every agent of a protocol sends the batch again: OTLP's, as no list is shorter."""


class FaultyTable(FakeDynamoDB):
    """Fails the puts of chosen numbers, before or after they take effect."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: dict[int, tuple[Exception, bool]] = {}
        self._numbers = itertools.count()  # taken by several threads

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        """Put one item, or fail."""
        error, after_effect = self.faults.get(next(self._numbers), (None, True))
        reply = super().put_item(**arguments) if after_effect else {}
        if error is not None:
            raise error
        return reply


@dataclass
class Parking:
    """The service over a table that fails, with a retry queue or without."""

    has_queue: bool = True
    table: FaultyTable = field(default_factory=FaultyTable)
    sqs: FakeSQS = field(default_factory=FakeSQS)

    def __post_init__(self) -> None:
        queue = RetryQueue("retry", self.sqs) if self.has_queue else None
        self.app = Service(self.table, retry_queue=queue)

    def fail(self, error: Exception, *puts: int, after_effect: bool = False) -> None:
        """Let the puts of these numbers fail, the first put of all is 0."""
        self.table.faults |= dict.fromkeys(puts, (error, after_effect))

    def parked(self) -> list[Parked]:
        """Return what is in the retry queue."""
        return [decode_message(body) for body in self.sqs.sent.get("retry", [])]

    def replay(self) -> None:
        """Replay all of the queue, which must succeed."""
        config = ReplayConfig(WriteTableConfig("LogTable"), "retry", "dead", (1, 1))
        table = WriteTable(self.table, config.table)
        replay = make_replay(config, table, self.sqs, ())
        for number, body in enumerate(self.sqs.sent.get("retry", [])):
            assert replay.replay(Received(f"id-{number}", body, "handle", 1)) is None
        assert "dead" not in self.sqs.sent


def parked_pack(parking: Parking) -> ParkedPack:
    """Return the one pack in the retry queue."""
    (parked,) = parking.parked()
    assert isinstance(parked, ParkedPack)
    return parked


def test_a_pack_whose_body_can_t_be_written_is_parked_whole() -> None:
    """202; nothing is to be seen before the replay, and all of it once after it."""
    parking = Parking()
    parking.fail(THROTTLED, 0)
    reply = post(parking.app, ROWS)
    assert (reply.status, reply.json()["accepted"]) == (202, len(ROWS))
    parked = parked_pack(parking)
    assert (parked.pack.header.count, parked.pack.header.body_bytes) == (3, len(parked.pack.body))
    assert parking.table.items == {}
    parking.replay()
    entries = shown(parking.app)
    assert sorted(entry["message"] for entry in entries) == [one["message"] for one in ROWS]
    parking.replay()
    assert shown(parking.app) == entries


def test_a_pack_whose_header_alone_can_t_be_written_is_parked_without_its_body() -> None:
    """The body stands already; the replay makes it visible."""
    parking = Parking()
    parking.fail(THROTTLED, 1)
    assert post(parking.app, ROWS).status == 202
    parked = parked_pack(parking)
    assert (parked.pack.header.count, parked.pack.body) == (3, b"")
    assert [name[:5] for name in parking.table.items] == ["BODY#"]
    assert shown(parking.app) == []
    parking.replay()
    assert len(shown(parking.app)) == len(ROWS)


def test_a_parked_pack_that_its_sender_sends_again_is_stored_once() -> None:
    """The replay finds it there, or the sender does."""
    for has_replay_first in (True, False):
        parking = Parking()
        parking.fail(THROTTLED, 1)  # the claim is put 0
        assert post(parking.app, ROWS, **KEYED).status == 202
        if has_replay_first:
            parking.replay()
        assert post(parking.app, ROWS, **KEYED).status == 200
        parking.replay()
        assert len(shown(parking.app)) == len(ROWS)
        assert len(parking.table.items) == 3


def test_a_key_that_can_t_be_claimed_is_no_202() -> None:
    """Nothing would tell a retry of the batch from another one while it is parked, so its sender keeps it."""
    parking = Parking()
    parking.fail(THROTTLED, 0)
    reply = post(parking.app, ROWS, **KEYED)
    assert (reply.status, reply.problem()) == (503, "storage-unavailable")
    assert (parking.parked(), parking.table.items) == ([], {})


def test_a_batch_of_which_nothing_is_accepted_has_used_its_key() -> None:
    """Its claim is all that is written; the mended batch is another one."""
    parking = Parking()
    assert post(parking.app, [{"message": "no severity"}], **KEYED).status == 400
    assert [name[:6] for name in parking.table.items] == ["BATCH#"]
    assert post(parking.app, ROWS, **KEYED).status == 422
    assert shown(parking.app) == []


def test_one_pack_of_several_is_parked_and_the_others_are_stored() -> None:
    """Each is one message; an entry stored by itself is one too."""
    parking = Parking()
    rows = [row(IDS[n], date_time=f"2026-02-09T11:0{n}:00Z") for n in range(5)]
    rows.append({"id": IDS[5], "severity": "info", "message": "m"})
    parking.fail(THROTTLED, 0, 4)
    reply = post(parking.app, rows)
    assert (reply.status, reply.json()["accepted"]) == (202, 6)
    assert (len(parking.parked()), len(shown(parking.app))) == (2, 4)
    parking.replay()
    assert sorted(entry["id"] for entry in shown(parking.app)) == IDS[:6]


def test_where_parking_fails_too_nothing_is_acknowledged_and_a_retry_stores_once() -> None:
    """503 with `Retry-After`, though another pack of the batch may stand."""
    parking = Parking()
    rows = [row(IDS[n], date_time=f"2026-02-09T11:0{n}:00Z") for n in range(2)]
    parking.fail(THROTTLED, 0)
    parking.sqs.fail(client_error("ServiceUnavailable", "SendMessage", status=503))
    reply = post(parking.app, rows)
    assert (reply.status, reply.problem()) == (503, "storage-unavailable")
    assert reply.headers["retry-after"]
    assert parking.parked() == []
    assert len(shown(parking.app)) <= 1
    assert post(parking.app, rows).json()["accepted"] == 2
    assert sorted(entry["id"] for entry in shown(parking.app)) == IDS[:2]
    assert len(parking.table.items) == 4


class SlowTable(FakeDynamoDB):
    """Fails the first put once the second has begun, which takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count()
        self._second_began = threading.Event()

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        """Put one item, or fail."""
        number = next(self._numbers)
        if number == 0:
            assert self._second_began.wait(10)
            raise THROTTLED
        if number == 1:
            self._second_began.set()
            time.sleep(0.1)
        return super().put_item(**arguments)


def test_no_write_is_under_way_when_the_reply_is_given() -> None:
    """Lambda would stop it in the middle, and let it go on within another request."""
    app = Service(SlowTable())
    rows = [row(IDS[n], date_time=f"2026-02-09T11:0{n}:00Z") for n in range(2)]
    assert post(app, rows).status == 503
    assert len(shown(app)) == 1


def _known_again() -> dict[str, Sample]:
    """Return a body of each protocol by which a retry is known."""
    json_type = {"content-type": "application/json"}
    agents = {name: sample for name, sample in SAMPLES.items() if sample.path != "/"}
    return agents | {
        "firehose": agents["firehose"]._replace(body=test_firehose.delivery(b"GET / 200\n", b'{"ts":1}')),
        "native ids": Sample("/", json_type, body_of([row(IDS[n]) for n in range(3)], "array")),
        "native agents": Sample("/", json_type, body_of(VECTOR, "array")),
        "native key": Sample("/", json_type | KEYED, body_of(ROWS, "array")),
    }


KNOWN_AGAIN: Final = _known_again()


def send(app: Service, sample: Sample) -> Reply:
    """Send a sample."""
    return app.post(sample.body, path=sample.path, headers=sample.headers)


def whole(sample: Sample) -> tuple[int, int]:
    """Return how many entries a sample comes to, and how many puts."""
    app = Service()
    assert send(app, sample).status < 300
    return len(shown(app)), app.dynamodb.operations().count("put_item")


@pytest.mark.parametrize("fault", (PASSING | TO_BE_MENDED).keys())
@pytest.mark.parametrize("name", KNOWN_AGAIN)
def test_a_fault_never_makes_a_sender_drop_and_its_retry_stores_once(name: str, fault: str) -> None:
    """At each put; without a queue to park in."""
    sample = KNOWN_AGAIN[name]
    entries, puts = whole(sample)
    for number in range(puts):
        parking = Parking(has_queue=False)
        parking.fail((PASSING | TO_BE_MENDED)[fault], number, after_effect=fault == LOST_REPLY)
        reply = send(parking.app, sample)
        assert reply.status in (NATIVE_RETRIED if sample.path == "/" else RETRIED)
        assert fault in TO_BE_MENDED or (reply.status == 503 and reply.headers["retry-after"])
        assert parking.app.printed, "a failure is logged"
        assert send(parking.app, sample).status < 300
        assert len(shown(parking.app)) == entries


@pytest.mark.parametrize("fault", ("throttled", LOST_REPLY))
@pytest.mark.parametrize("name", KNOWN_AGAIN)
def test_what_is_acknowledged_is_stored_or_parked(name: str, fault: str) -> None:
    """At each put; the claim of a key is never parked, so it is a 503."""
    sample = KNOWN_AGAIN[name]
    entries, puts = whole(sample)
    claims = puts % 2
    for number in range(puts):
        parking = Parking()
        parking.fail(PASSING[fault], number, after_effect=fault == LOST_REPLY)
        reply = send(parking.app, sample)
        if number < claims:
            assert reply.status == 503
            assert send(parking.app, sample).status < 300
        else:
            assert reply.status < 300
            assert len(parking.parked()) == 1
        parking.replay()
        assert len(shown(parking.app)) == entries
        assert send(parking.app, sample).status < 300
        assert len(shown(parking.app)) == entries
