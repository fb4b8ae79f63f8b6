"""The dead-letter queue as a person sees it: each message once, and hidden from others meanwhile."""

from collections.abc import Iterator
from typing import Any, Final

import click
from botocore.exceptions import BotoCoreError, ClientError

Message = dict[str, Any]
"""A message as SQS hands it out: `MessageId`, `ReceiptHandle`, `Body`."""

HIDDEN_S: Final = 900
"""How long a message that was received stays hidden, should the command be killed before it gives it back."""
_RECEIVED_MAX: Final = 10  # SQS's own limit, of changes in one call too
_WAIT_S: Final = 2
_EMPTY_RECEIVES: Final = 2
"""A queue is spread over servers, and one receive may miss some: it is empty after two."""
_STATES: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class DeadLetters:
    """A queue's messages. What was received and not deleted is hidden until `give_back`."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._held: dict[str, str] = {}
        """Message id -> the newest receipt handle."""
        self._deleted: set[str] = set()

    def count(self) -> int:
        """Return about how many messages there are, those included that somebody looks at just now."""
        reply = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=list(_STATES))
        return sum(int(reply["Attributes"][state]) for state in _STATES)

    def receive(self, wanted: int) -> Iterator[Message]:
        """Yield up to `wanted` messages, each once, though SQS may hand it out again."""
        left, empty_receives = wanted, 0
        while left > 0 and empty_receives < _EMPTY_RECEIVES:
            reply = self._sqs.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=min(left, _RECEIVED_MAX),
                VisibilityTimeout=HIDDEN_S,
                WaitTimeSeconds=_WAIT_S,
            )
            new = self._hold(reply.get("Messages", []))
            empty_receives = 0 if new else empty_receives + 1
            left -= len(new)
            yield from new

    def delete(self, message: Message) -> None:
        """Delete a message that was received."""
        message_id = message["MessageId"]
        self._sqs.delete_message(
            QueueUrl=self._queue_url, ReceiptHandle=self._held.get(message_id, message["ReceiptHandle"])
        )
        self._deleted.add(message_id)
        self._held.pop(message_id, None)

    def give_back(self) -> None:
        """Let others see again, at once, what was received and not deleted.

        A failure is told and no more: by themselves they come back after `HIDDEN_S`.
        """
        handles = list(self._held.values())
        try:
            for begin in range(0, len(handles), _RECEIVED_MAX):
                changes = [
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for number, handle in enumerate(handles[begin : begin + _RECEIVED_MAX])
                ]
                # Those that it refuses are not hidden by us any more.
                self._sqs.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=changes)
        except (BotoCoreError, ClientError) as error:
            click.echo(f"Some messages stay hidden for up to {HIDDEN_S // 60} minutes: {error}", err=True)
        self._held.clear()

    def _hold(self, messages: list[Message]) -> list[Message]:
        """Note receipt handles, delete again what was deleted already, and return what is new."""
        new = []
        for message in messages:
            message_id = message["MessageId"]
            if message_id in self._deleted:  # a server missed it, as SQS says may happen
                self.delete(message)
                continue
            if message_id not in self._held:
                new.append(message)
            self._held[message_id] = message["ReceiptHandle"]
        return new
