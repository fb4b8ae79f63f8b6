"""`redrive`: move what reached the dead-letter queue back to the retry queue.

Each message is sent first and deleted after, so an interruption at any point loses nothing; one that
was sent and not deleted comes twice, which replay turns into one entry.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import click

from logstead.cli.options import with_stage
from logstead.cli.stack import Stage
from logstead.recovery.message import without_failure

_VISIBILITY_S: Final = 60
_PEEK_VISIBILITY_S: Final = 5
_WAIT_S: Final = 2
_EMPTY_RECEIVES: Final = 2
"""A queue is spread over servers, and one receive may miss some: it is empty after two."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Only tell what is there, by reason; nothing is moved.")
@click.option("--max", "most", type=click.IntRange(1), help="Move so many at the most.")
@with_stage
def redrive(stage: Stage, dry_run: bool, most: int | None) -> None:  # noqa: FBT001  # click passes options by name
    """Move messages from the dead-letter queue back to the retry queue.

    Mend the cause first: what can't be stored comes back. What arrives meanwhile is left for the next
    run, so the command ends.
    """
    sqs = stage.client("sqs")
    dead_letter_url, retry_url = stage.output("DeadLetterQueueUrl"), stage.output("RetryQueueUrl")
    waiting = _count(sqs, dead_letter_url)
    click.echo(f"{waiting} in the dead-letter queue of stage {stage.name}.", err=True)
    wanted = min(waiting, most or waiting)
    if dry_run:
        _tell(sqs, dead_letter_url, wanted)
        return
    moved = 0
    with click.progressbar(length=wanted, label="Moving", show_pos=True) as bar:
        for moved in move(sqs, dead_letter_url, retry_url, wanted):  # noqa: B007  # told below
            bar.update(1)
    click.echo(f"Moved {moved}; {_count(sqs, dead_letter_url)} left.")


def move(sqs: Any, dead_letter_url: str, retry_url: str, wanted: int) -> Iterator[int]:
    """Move up to `wanted` messages back, each sent before it is deleted; yields how many are moved so far."""
    for number, message in enumerate(_receive(sqs, dead_letter_url, wanted, _VISIBILITY_S), 1):
        sqs.send_message(QueueUrl=retry_url, MessageBody=without_failure(message["Body"]))
        sqs.delete_message(QueueUrl=dead_letter_url, ReceiptHandle=message["ReceiptHandle"])
        yield number


def _count(sqs: Any, queue_url: str) -> int:
    """Return about how many messages wait in a queue."""
    reply = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(reply["Attributes"]["ApproximateNumberOfMessages"])


def _tell(sqs: Any, queue_url: str, wanted: int) -> None:
    reasons: Counter[str] = Counter()
    for message in _receive(sqs, queue_url, wanted, _PEEK_VISIBILITY_S):
        reasons[_reason(message["Body"])] += 1
        click.echo(message["Body"])
    for reason, count in reasons.most_common():
        click.echo(f"{count} x {reason}", err=True)


def _receive(sqs: Any, queue_url: str, wanted: int, visibility_s: int) -> Iterator[dict[str, Any]]:
    """Yield up to `wanted` messages, each hidden for `visibility_s`."""
    left, empty_receives = wanted, 0
    while left > 0 and empty_receives < _EMPTY_RECEIVES:
        reply = sqs.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=min(left, 10),
            VisibilityTimeout=visibility_s,
            WaitTimeSeconds=_WAIT_S,
        )
        messages = reply.get("Messages", [])
        empty_receives = 0 if messages else empty_receives + 1
        left -= len(messages)
        yield from messages


def _reason(body: str) -> str:
    try:
        message = json.loads(body)
        return str(message["failure"]["reason"])
    except (ValueError, KeyError, TypeError):
        return "failed without a word: the replay function itself ended"
