"""What the deployed functions logged about their failures: they log nothing else (docs/adr/0005)."""

import json
from typing import NamedTuple

from local.service import Service

PLATFORM_LINES = ("START RequestId:", "END RequestId:", "REPORT RequestId:", "INIT_START")


class Event(NamedTuple):
    """One logged line; the emulator gives it no id."""

    timestamp: int
    stream: str
    message: str


class FailureWatch:
    """Hands out each logged failure once, in the order of time."""

    def __init__(self, service: Service, since_ms: int = 0) -> None:
        self._client = service.client("logs")
        self._since_ms = dict.fromkeys(service.resources("AWS::Logs::LogGroup").values(), since_ms)
        self._seen = set[Event]()

    def new(self) -> list[str]:
        """Return what was logged since the last call, each as text for a person."""
        events = [event for group in self._since_ms for event in self._events(group)]
        return [readable(event.message) for event in sorted(events)]

    def _events(self, group: str) -> list[Event]:
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=self._since_ms[group]
        )
        # The last millisecond is asked for again, as more may have been logged in it.
        found = {
            Event(event["timestamp"], event["logStreamName"], event["message"])
            for page in pages
            for event in page["events"]
        }
        new = found - self._seen
        if new:
            latest = self._since_ms[group] = max(event.timestamp for event in new)
            self._seen |= {event for event in new if event.timestamp == latest}
        return [event for event in new if not event.message.startswith(PLATFORM_LINES)]


def readable(message: str) -> str:
    """Return a failure's JSON line as a line and its stack trace; any other text as it is."""
    try:
        line = json.loads(message)
        head = f"{line['time']} {line['level']} {line['message']}"
    except (ValueError, TypeError, KeyError):
        return message.rstrip()
    return f"{head}\n{line.get('trace', '')}".rstrip()
