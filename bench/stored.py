"""What each way of logging stores: the items that the service's own code puts, kept instead of sent."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from bench.corpus import as_sent
from logstead.config import WriteTableConfig
from logstead.entry import LogEntry, entry_as_json
from logstead.errors import StorageUnavailable
from logstead.http import Request
from logstead.ingest.routes import IngestRoutes
from logstead.recovery.message import Parked
from logstead.storage.client import Deadline
from logstead.storage.item import Item
from logstead.storage.write_table import WriteTable

_TABLE: Final = "LogTable"


@dataclass(slots=True)
class Recorder:
    """A client of DynamoDB that stores nothing and keeps what it was to put."""

    items: list[Item] = field(default_factory=list)

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        """Keep one item."""
        self.items.append(arguments["Item"])
        return {}

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        """Refuse: ingest never reads."""
        raise NotImplementedError(arguments)

    batch_get_item = query = get_item


class Refused(Exception):
    """The service did not take what the benchmark sent."""


def posted(bodies: Sequence[bytes]) -> list[Item]:
    """Return the items that the ingest function puts for these bodies, posted one after another."""
    recorder = Recorder()
    table = WriteTable(recorder, WriteTableConfig(_TABLE))
    post = IngestRoutes(table, _park, Deadline(), logging.getLogger("logstead"))("/")["POST"]
    for body in bodies:
        reply = post(Request("POST", "/", (), {"content-type": "application/json"}, body, "bench"))
        if reply.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise Refused(f"{reply.status}: {reply.body[:200]!r}")
    return recorder.items


def single_bodies(entries: Sequence[LogEntry]) -> list[bytes]:
    """Return the bodies of entries posted one by one."""
    return [json.dumps(entry_as_json(entry), ensure_ascii=False).encode() for entry in entries]


def batch_bodies(entries: Sequence[LogEntry], size: int) -> list[bytes]:
    """Return the bodies of entries posted in batches of `size`."""
    return [as_sent(entries[start : start + size]) for start in range(0, len(entries), size)]


def literal_items(entries: Sequence[LogEntry]) -> Iterator[Item]:
    """Yield the items of the specification taken literally, as `bench.baseline` puts them.

    It has no place for a source and attributes: they are left out, which makes it cheaper.
    """
    for entry in entries:
        texts = {
            "LogID": entry.id or "00000000-0000-4000-8000-000000000000",
            "DateTime": datetime.fromisoformat(entry.date_time).isoformat(),
            "Severity": entry.severity,
            "Message": entry.message,
            "LogType": "LOG",
        }
        yield {name: {"S": text} for name, text in texts.items()}


def _park(parked: Parked, _request: Request, _error: StorageUnavailable) -> None:
    raise Refused(parked.reason)
