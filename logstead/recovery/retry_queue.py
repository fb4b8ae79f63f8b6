"""The retry queue: where a write that failed is parked, so that it can be acknowledged all the same."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol

from logstead import limits
from logstead.errors import StorageUnavailable
from logstead.http import Request
from logstead.recovery.message import Parked, encode_message
from logstead.storage.client import Deadline, DeadlinePassed, make_client

Park = Callable[[Parked, Request, StorageUnavailable], None]
"""Parks a write of a request, which failed for a reason; raises StorageUnavailable where it can't."""


class SQSClient(Protocol):
    """The calls of botocore's SQS client that the service makes."""

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        """Send one message."""

    def change_message_visibility(self, **arguments: Any) -> dict[str, Any]:
        """Hide a received message for so many seconds more."""


class RetryQueue:
    """Parks entries. Its client is made at the first use: the way of success does not pay for it.

    The parts of a batch are parked side by side, and making a client for each would take much of the time
    there is.
    """

    def __init__(
        self,
        queue_url: str,
        client: SQSClient | None = None,
        make: Callable[[Deadline], SQSClient] | None = None,
    ) -> None:
        self._queue_url = queue_url
        self._client = client
        self._make = make or make_sqs_client
        self._deadline = Deadline()
        self._making = Lock()

    def park(self, parked: Parked, ends_s: float) -> None:
        """Put an entry into the queue, before `ends_s` on the monotonic clock.

        Raises:
            StorageUnavailable: the queue can't take it either; nothing may be acknowledged.
        """
        from botocore import exceptions  # noqa: PLC0415  # see storage.client
        from botocore.parsers import ResponseParserError  # noqa: PLC0415  # see storage.client

        self._deadline.start(ends_s, limits.PARK_ATTEMPT_S)
        try:
            self._made_client().send_message(QueueUrl=self._queue_url, MessageBody=encode_message(parked))
        except (
            exceptions.BotoCoreError,
            exceptions.ClientError,
            ResponseParserError,
            DeadlinePassed,
        ) as error:
            raise StorageUnavailable(
                "Neither the storage nor the retry queue could take the entry; send it again."
            ) from error

    def _made_client(self) -> SQSClient:
        with self._making:
            if self._client is None:
                self._client = self._make(self._deadline)
            return self._client


def make_sqs_client(deadline: Deadline) -> SQSClient:
    """Return a low-level client whose attempts fit twice into `PARK_DEADLINE_S`."""
    client: SQSClient = make_client(
        "sqs",
        deadline,
        connect_timeout_s=limits.PARK_ATTEMPT_S / 3,
        read_timeout_s=limits.PARK_ATTEMPT_S * 2 / 3,
        connections=limits.BATCH_CONNECTIONS_MAX,
    )
    return client
