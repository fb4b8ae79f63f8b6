"""Replay: parked entries -> the table, each message for itself.

A message ends in one of three ways: it is done with (stored, or found stored), it comes back later
(its visibility is set to the next backoff), or it is kept for a person in the dead-letter queue, with
the reason. A replay of what was in truth stored changes nothing, as ids and times were fixed before
parking.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from logstead.errors import StorageMisconfigured, StorageUnavailable
from logstead.recovery.message import Parked, UnreadableMessage, decode_message, encode_message, with_failure
from logstead.recovery.store import Unstorable

JITTER: Final = 0.2
"""By how much of itself a backoff may be longer or shorter, so that entries don't return as one wave."""


@dataclass(frozen=True, slots=True)
class Received:
    """One receive of one message; `attempt` counts from 1."""

    message_id: str
    body: str
    receipt_handle: str
    attempt: int

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Received":
        """Read a record of Lambda's SQS event."""
        return cls(
            message_id=record["messageId"],
            body=record["body"],
            receipt_handle=record["receiptHandle"],
            attempt=int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
        )


@dataclass(frozen=True, slots=True)
class Replay:
    """What replaying needs: how to store, to hide a message for a while, and to keep one for a person."""

    store: Callable[[Parked], None]
    hide: Callable[[str, int], None]
    """(receipt handle, seconds)"""
    keep_dead: Callable[[str], None]
    """(message body)"""
    now: Callable[[], str]
    backoffs_s: Sequence[int]
    """The pauses before the second, third … attempt; an attempt after the last one is final."""

    def replay(self, received: Received) -> str | None:
        """Replay one message; return None where it is done with, else why it must come back.

        Whatever fails here leaves the message in the queue: it is never deleted before it is stored or
        kept.
        """
        try:
            self.store(decode_message(received.body))
        except UnreadableMessage as error:  # no later attempt can end otherwise
            self._keep(received, received.body, str(error))
        except Unstorable as error:
            self._keep(received, encode_message(error.left), str(error))
        except (StorageUnavailable, StorageMisconfigured) as error:
            if received.attempt > len(self.backoffs_s):
                self._keep(received, received.body, str(error))
                return None
            self.hide(received.receipt_handle, jittered(self.backoffs_s[received.attempt - 1]))
            return str(error)
        return None

    def _keep(self, received: Received, body: str, reason: str) -> None:
        self.keep_dead(with_failure(body, reason=reason, attempts=received.attempt, at=self.now()))


def jittered(backoff_s: int) -> int:
    """Return a backoff with jitter, in whole seconds, at least one."""
    return max(1, round(backoff_s * random.uniform(1 - JITTER, 1 + JITTER)))  # noqa: S311  # no secret
