"""`redrive`: each message once, none hidden once it has ended, none lost by an interruption."""

import json
import uuid
from typing import Any

import pytest
from click.testing import Result

from logstead.cli.redrive import move
from logstead.entry import entry_as_json
from logstead.recovery.message import ParkedEntry, ParkedPack, encode_message, with_failure
from logstead.storage.pack import make_pack
from tests.unit.cli.fake_queues import DENIED, FakeQueues
from tests.unit.cli.fake_stage import run
from tests.unit.storage.pack_samples import PACK, entry

AT = "2026-02-09T21:50:20.846154+00:00"
OUTPUTS = {"demo": {"DeadLetterQueueUrl": "dead", "RetryQueueUrl": "retry"}}
ENTRIES = [
    encode_message(
        ParkedEntry(entry(number, f"entry {number}", id=str(uuid.UUID(int=number))), AT, "throttled")
    )
    for number in range(30)
]
LETTERS = [with_failure(body, reason="still throttled", attempts=3, at=AT) for body in ENTRIES]


def redrive(queues: FakeQueues, *options: str) -> Result:
    """Run the command."""
    return run("redrive", *options, outputs=OUTPUTS, sqs=queues)


def shown(done: Result) -> list[dict[str, Any]]:
    """Return what a dry run printed."""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("receive_s", (0.1, 20.0), ids=("fast", "slow"))
def test_a_dry_run_shows_each_message_once_and_hides_none_when_it_is_over(receive_s: float) -> None:
    """However slow the receives are, and though SQS hands some out twice."""
    queues = FakeQueues(dead=LETTERS, retry=[])
    queues.receive_s = receive_s
    queues.twice = {"dead-3", "dead-12"}
    done = redrive(queues, "--dry-run")
    assert done.exit_code == 0, done.output
    assert [one["entry"]["message"] for one in shown(done)] == [f"entry {number}" for number in range(30)]
    assert "30 in the dead-letter queue" in done.stderr
    assert "30 x still throttled" in done.stderr
    assert queues.visible("dead") == 30
    assert queues.bodies("retry") == []


@pytest.mark.parametrize("error", (KeyboardInterrupt(), DENIED), ids=("interrupt", "refusal"))
@pytest.mark.parametrize("options", ((), ("--dry-run",)), ids=("move", "dry run"))
def test_a_run_that_ends_early_hides_no_message(options: tuple[str, ...], error: BaseException) -> None:
    """The next run, or a colleague's, sees them at once."""
    queues = FakeQueues(dead=LETTERS, retry=[])
    queues.fail("receive_message" if options else "send_message", 3, error)
    done = redrive(queues, *options)
    assert done.exit_code == 1
    assert queues.visible("dead") == len(queues.bodies("dead")) == (30 if options else 28)


def test_a_dry_run_tells_how_far_it_came_when_it_is_interrupted() -> None:
    """What was shown is counted by reason."""
    queues = FakeQueues(dead=LETTERS, retry=[])
    queues.fail("receive_message", 3, KeyboardInterrupt())
    assert "20 x still throttled" in redrive(queues, "--dry-run").stderr


def test_messages_that_can_not_be_given_back_are_told() -> None:
    """With how long they stay hidden, and without a failure of what was shown."""
    queues = FakeQueues(dead=LETTERS[:3], retry=[])
    queues.fail("change_message_visibility_batch", 1, DENIED)
    done = redrive(queues, "--dry-run")
    assert done.exit_code == 0
    assert len(shown(done)) == 3
    assert "15 minutes" in done.stderr
    assert queues.visible("dead") == 0


def test_no_more_are_shown_than_asked_for() -> None:
    """The others are not touched."""
    queues = FakeQueues(dead=LETTERS, retry=[])
    assert len(shown(redrive(queues, "--dry-run", "--max", "12"))) == 12
    assert sum(message.receives for message in queues.queues["dead"]) == 12


def test_a_pack_is_shown_by_its_header_and_an_entry_whole() -> None:
    """With why they failed and how often; the pack's body, half a megabyte, is left out."""
    pack = make_pack(PACK, [entry(number, "m" * 400, source="shop") for number in range(400)], None)
    assert pack is not None
    parked = encode_message(ParkedPack(pack, AT, "throttled"))
    letters = [LETTERS[7], with_failure(parked, reason="no\nluck", attempts=3, at=AT), parked]
    done = redrive(FakeQueues(dead=letters, retry=[]), "--dry-run")
    one_entry, failed, silent = shown(done)
    assert one_entry == {
        "kind": "entry",
        "entry": entry_as_json(entry(7, "entry 7", id=str(uuid.UUID(int=7)))),
        "receivedAt": AT,
        "reason": "throttled",
        "failure": {"reason": "still throttled", "attempts": 3, "at": AT},
    }
    assert failed["failure"]["attempts"] == 3
    assert (failed["kind"], failed["pack"], failed["entries"]) == ("pack", PACK, 400)
    assert sum(failed["severities"].values()) == 400
    assert (failed["oldest"], failed["newest"]) == (pack.header.oldest, pack.header.newest)
    assert failed["sources"] == ["shop"]
    assert failed["bodyBytes"] == len(pack.body)
    assert silent == failed | {"failure": None}
    assert max(map(len, done.stdout.splitlines())) < 1_000
    assert "1 x no luck" in done.stderr
    assert "1 x failed without a word" in done.stderr


@pytest.mark.parametrize("text", ('{"requestPayload":{"awslogs":{"data":"H4sI"}}}', "no JSON", "[" * 5_000))
def test_what_is_no_parked_entry_is_shown_whole_as_it_came(text: str) -> None:
    """Such as an event that a subscription's call failed with: only a person can make use of it."""
    kept = with_failure(text, reason="unknown", attempts=1, at=AT)
    plain, failed = shown(redrive(FakeQueues(dead=[text, kept], retry=[]), "--dry-run"))
    expected = json.loads(text) if text.startswith("{") else text
    assert plain["kind"] == failed["kind"] == "unreadable"
    assert plain["body"] == failed["body"] == expected
    assert failed["failure"]["reason"] == "unknown"


def test_all_messages_are_moved_as_they_were_parked() -> None:
    """And the count is told."""
    queues = FakeQueues(dead=LETTERS, retry=[])
    done = redrive(queues)
    assert done.exit_code == 0, done.output
    assert sorted(map(json.loads, queues.bodies("retry")), key=str) == sorted(
        map(json.loads, ENTRIES), key=str
    )
    assert queues.bodies("dead") == []
    assert "Moved 30.\n0 left." in done.stdout


def test_no_more_are_moved_than_asked_for() -> None:
    """The others stay, and can be seen."""
    queues = FakeQueues(dead=LETTERS, retry=[])
    assert "Moved 12.\n18 left." in redrive(queues, "--max", "12").stdout
    assert queues.visible("dead") == 18


def test_a_message_that_is_handed_out_again_is_moved_and_counted_once() -> None:
    """SQS may keep a copy of what was deleted: it is deleted again."""
    queues = FakeQueues(dead=LETTERS, retry=[])
    queues.sticky = {"dead-3", "dead-12"}
    assert "Moved 30.\n0 left." in redrive(queues).stdout
    assert len(queues.bodies("retry")) == 30


@pytest.mark.parametrize("error", (KeyboardInterrupt(), DENIED), ids=("interrupt", "refusal"))
@pytest.mark.parametrize(("operation", "moved"), (("send_message", 12), ("delete_message", 12)))
def test_a_move_that_ends_early_tells_what_it_moved_and_loses_nothing(
    operation: str, moved: int, error: BaseException
) -> None:
    """What was sent and not deleted comes twice, which replay turns into one entry."""
    queues = FakeQueues(dead=LETTERS, retry=[])
    queues.fail(operation, moved + 1, error)
    done = redrive(queues)
    assert done.exit_code == 1
    assert f"Moved {moved}." in done.stdout
    everything = [json.loads(body) for url in ("dead", "retry") for body in queues.bodies(url)]
    assert {one["entry"]["message"] for one in everything} == {f"entry {number}" for number in range(30)}
    assert queues.visible("dead") == 30 - moved


def test_a_move_ends_though_every_message_comes_back_at_once() -> None:
    """What arrives meanwhile is left for the next run: each is moved once."""
    queues = FakeQueues(dead=LETTERS)
    queues.queues["retry"] = queues.queues["dead"]
    assert list(move(queues, "dead", "retry", 30)) == list(range(1, 31))
    assert len(queues.bodies("dead")) == 30
    assert all("failure" not in json.loads(body) for body in queues.bodies("dead"))
