"""An in-memory SQS: what the service sends and hides, with SQS's own refusals."""

import re
from collections import deque
from typing import Any

from tests.unit.fakes import client_error

MESSAGE_BYTES_MAX = 1024 * 1024
# What the SendMessage API says of a message: other characters are refused.
_TAKEN = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")


class FakeSQS:
    """Queues by URL; `hidden` are visibility changes as (receipt handle, seconds)."""

    def __init__(self) -> None:
        self.sent: dict[str, list[str]] = {}
        self.hidden: list[tuple[str, int]] = []
        self._faults: deque[Exception] = deque()

    def fail(self, *errors: Exception) -> None:
        """Let the next calls fail."""
        self._faults.extend(errors)

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        """Send one message."""
        self._fail_now()
        body = arguments["MessageBody"]
        if not _TAKEN.fullmatch(body):
            raise client_error("InvalidMessageContents", "SendMessage")
        if len(body.encode()) > MESSAGE_BYTES_MAX:
            raise client_error("InvalidParameterValue", "SendMessage", message="longer than 1 MiB")
        self.sent.setdefault(arguments["QueueUrl"], []).append(body)
        return {"MessageId": str(len(self.sent))}

    def change_message_visibility(self, **arguments: Any) -> dict[str, Any]:
        """Hide a received message for so many seconds more."""
        self._fail_now()
        assert 0 <= arguments["VisibilityTimeout"] <= 43_200
        self.hidden.append((arguments["ReceiptHandle"], arguments["VisibilityTimeout"]))
        return {}

    def _fail_now(self) -> None:
        if self._faults:
            raise self._faults.popleft()
