"""`redrive`: move what reached the dead-letter queue back to the retry queue.

Each message is sent first and deleted after, so an interruption at any point loses nothing; one that
was sent and not deleted comes twice, which replay turns into one entry.
"""

import json
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from typing import Any

import click

from logstead.cli.dead_letters import DeadLetters
from logstead.cli.letter import describe, failure_reason
from logstead.cli.options import with_stage
from logstead.cli.stack import Stage
from logstead.recovery.message import without_failure


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what is there, and why; nothing is moved.")
@click.option("--max", "most", type=click.IntRange(1), help="Move, or show, so many at the most.")
@with_stage
def redrive(stage: Stage, dry_run: bool, most: int | None) -> None:  # noqa: FBT001  # click passes options by name
    """Move messages from the dead-letter queue back to the retry queue.

    Mend the cause first: what can't be stored comes back. What arrives meanwhile is left for the next
    run, so the command ends.
    """
    sqs = stage.client("sqs")
    dead_letter_url, retry_url = stage.output("DeadLetterQueueUrl"), stage.output("RetryQueueUrl")
    letters = DeadLetters(sqs, dead_letter_url)
    waiting = letters.count()
    click.echo(f"{waiting} in the dead-letter queue of stage {stage.name}.", err=True)
    wanted = min(waiting, most or waiting)
    if dry_run:
        _show(letters, wanted)
        return
    moved = 0
    try:
        with (
            click.progressbar(length=wanted, label="Moving", show_pos=True) as bar,
            closing(move(sqs, dead_letter_url, retry_url, wanted)) as moving,
        ):
            for moved in moving:  # noqa: B007  # told below
                bar.update(1)
    finally:  # also to who interrupts it
        click.echo(f"Moved {moved}.")
    click.echo(f"{letters.count()} left.")


def move(sqs: Any, dead_letter_url: str, retry_url: str, wanted: int) -> Generator[int, None, None]:
    """Move up to `wanted` messages back, each sent before it is deleted; yields how many are moved so far."""
    letters = DeadLetters(sqs, dead_letter_url)
    try:
        for number, message in enumerate(letters.receive(wanted), 1):
            sqs.send_message(QueueUrl=retry_url, MessageBody=without_failure(message["Body"]))
            letters.delete(message)
            yield number
    finally:
        letters.give_back()


def _show(letters: DeadLetters, wanted: int) -> None:
    """Print a line of JSON for each message, and to stderr how many have which reason."""
    reasons: Counter[str] = Counter()
    try:
        for message in letters.receive(wanted):
            letter = describe(message["Body"])
            reasons[failure_reason(letter)] += 1
            click.echo(json.dumps(letter))
    finally:
        letters.give_back()
        for reason, count in reasons.most_common():
            click.echo(f"{count} x {reason}", err=True)
