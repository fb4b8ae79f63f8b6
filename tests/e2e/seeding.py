"""Entries put straight into the deployed table: many, old or expired ones, which HTTP would not take."""

import random
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infra.stages import STAGES
from local.service import BATCH_WRITES_MAX, Service
from logstead.entry import LogEntry, date_time_text
from logstead.storage.item import entry_as_item
from logstead.storage.key import shard_of

SHARDS: Final = STAGES["local"].write_shards
NOON: Final = datetime(2026, 2, 9, 12, 0, 0, 500_000, UTC)


def moment(**ago: float) -> str:
    """Return the `dateTime` of so long before a noon: `moment(days=1)`."""
    return date_time_text(NOON - timedelta(**ago))


def make_entries(
    times: Iterable[str], source: random.Random, message: str = "seeded"
) -> list[dict[str, Any]]:
    """Return entries with these times and ids of their own, as clients send and see them."""
    return [
        {
            "id": str(uuid.UUID(int=source.getrandbits(128), version=4)),
            "dateTime": time,
            "severity": "info",
            "message": message,
        }
        for time in times
    ]


def seed(service: Service, entries: Iterable[dict[str, Any]], expires_at: int | None = None) -> None:
    """Put entries into the table, each into the shard that the service would choose."""
    put_items(service, [_item(entry, expires_at) for entry in entries])


def put_items(service: Service, items: Sequence[dict[str, Any]]) -> None:
    """Put items in DynamoDB's own form."""
    dynamodb = service.client("dynamodb")
    for first in range(0, len(items), BATCH_WRITES_MAX):
        requests = [{"PutRequest": {"Item": item}} for item in items[first : first + BATCH_WRITES_MAX]]
        reply = dynamodb.batch_write_item(RequestItems={service.table_name: requests})
        assert not reply["UnprocessedItems"]


def as_entry(entry: dict[str, Any], filled: tuple[str, ...] = ()) -> LogEntry:
    """Return the service's own form of an entry of `make_entries`."""
    assert entry.keys() == {"id", "dateTime", "severity", "message"}
    return LogEntry(entry["id"], entry["dateTime"], entry["severity"], entry["message"], filled=filled)


def _item(entry: dict[str, Any], expires_at: int | None) -> dict[str, Any]:
    known = as_entry(entry)
    return entry_as_item(known, shard_of(known.id, SHARDS), expires_at)
