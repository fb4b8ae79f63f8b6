"""In-memory queues with a clock of their own: what is received is hidden for a while, then comes back."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.unit.fakes import client_error


@dataclass(slots=True)
class Message:
    """A message in a queue; a receipt handle is good until the next receive."""

    message_id: str
    body: str
    visible_s: float = 0.0
    receives: int = 0

    @property
    def handle(self) -> str:
        """The receipt handle of the last receive."""
        return f"{self.message_id}/{self.receives}"


class FakeQueues:
    """Queues by URL, oldest message first. A receive takes `receive_s`.

    `fail` lets a later call raise. As SQS says may happen, what is in `sticky` survives its first delete, and
    what is in `twice` is not hidden by its first receive.
    """

    def __init__(self, **bodies: list[str]) -> None:
        self.now_s = 0.0
        self.receive_s = 0.1
        self.calls: Counter[str] = Counter()
        self.sticky: set[str] = set()
        self.twice: set[str] = set()
        self._failures: dict[tuple[str, int], BaseException] = {}
        self.queues = {
            url: [Message(f"{url}-{number}", body) for number, body in enumerate(texts)]
            for url, texts in bodies.items()
        }

    def fail(self, operation: str, number: int, error: BaseException) -> None:
        """Let the call of an operation that has this number, counted from 1, raise."""
        self._failures[operation, number] = error

    def bodies(self, url: str) -> list[str]:
        """Return the bodies in a queue, hidden ones included."""
        return [message.body for message in self.queues[url]]

    def visible(self, url: str) -> int:
        """Return how many messages a receive could get now."""
        return sum(message.visible_s <= self.now_s for message in self.queues[url])

    def receive_message(self, **arguments: Any) -> dict[str, Any]:
        """Receive and hide."""
        self._called("receive_message")
        assert 1 <= arguments["MaxNumberOfMessages"] <= 10
        self.now_s += self.receive_s
        queue = self.queues[arguments["QueueUrl"]]
        found = [message for message in queue if message.visible_s <= self.now_s]
        found = found[: arguments["MaxNumberOfMessages"]]
        for message in found:
            message.receives += 1
            if message.message_id in self.twice:
                self.twice.remove(message.message_id)
            else:
                message.visible_s = self.now_s + arguments["VisibilityTimeout"]
        if not found:
            self.now_s += arguments["WaitTimeSeconds"]
            return {}
        return {
            "Messages": [
                {"MessageId": message.message_id, "ReceiptHandle": message.handle, "Body": message.body}
                for message in found
            ]
        }

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        """Send one message."""
        self._called("send_message")
        queue = self.queues[arguments["QueueUrl"]]
        queue.append(Message(f"sent-{self.calls['send_message']}", arguments["MessageBody"]))
        return {}

    def delete_message(self, **arguments: Any) -> dict[str, Any]:
        """Delete by the newest receipt handle; another has no effect, and no error."""
        self._called("delete_message")
        for queue in self.queues.values():
            for message in list(queue):
                if message.handle == arguments["ReceiptHandle"]:
                    if message.message_id in self.sticky:
                        self.sticky.remove(message.message_id)
                        message.visible_s = 0.0
                    else:
                        queue.remove(message)
        return {}

    def change_message_visibility_batch(self, **arguments: Any) -> dict[str, Any]:
        """Hide messages for another time from now on."""
        self._called("change_message_visibility_batch")
        entries = arguments["Entries"]
        assert 1 <= len(entries) <= 10
        assert len({entry["Id"] for entry in entries}) == len(entries)
        seconds = {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in entries}
        for message in self.queues[arguments["QueueUrl"]]:
            if message.handle in seconds:
                message.visible_s = self.now_s + seconds[message.handle]
        return {}

    def get_queue_attributes(self, **arguments: Any) -> dict[str, Any]:
        """Count messages by their state."""
        self._called("get_queue_attributes")
        url = arguments["QueueUrl"]
        counts = {
            "ApproximateNumberOfMessages": self.visible(url),
            "ApproximateNumberOfMessagesNotVisible": len(self.queues[url]) - self.visible(url),
        }
        return {"Attributes": {name: str(counts[name]) for name in arguments["AttributeNames"]}}

    def _called(self, operation: str) -> None:
        self.calls[operation] += 1
        error = self._failures.get((operation, self.calls[operation]))
        if error is not None:
            raise error


DENIED = client_error("AccessDenied", "SendMessage", message="not you")
