"""LogTable: conditional puts, gets by id, and the newest of a shard. The only module that calls DynamoDB."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from logstead.entry import LogEntry, same_content
from logstead.errors import Conflict, StorageUnavailable
from logstead.storage.client import CONDITION_FAILED, DynamoDBClient, storage_failures
from logstead.storage.item import Item, entry_as_item, entry_from_item, expires_at
from logstead.storage.key import INDEX_NAME, shard_of

_NOT_EXPIRED: Final = "attribute_not_exists(ExpiresAt) OR ExpiresAt > :now"


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it stands in the table; `is_new` tells this put from an earlier one's."""

    entry: LogEntry
    is_new: bool


class WriteTable:
    """LogTable as the ingest function may use it."""

    def __init__(
        self, client: DynamoDBClient, table_name: str, *, write_shards: int, retention_days: int | None
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._write_shards = write_shards
        self._retention_days = retention_days

    def put_entry(self, entry: LogEntry, received_at: str, now_s: int) -> Stored:
        """Store an entry by one conditional put, with no read first.

        The same id with the same content is a replay: the stored entry is returned. An expired item
        that TTL has not deleted yet counts as gone.

        Raises:
            Conflict: the id is taken by other content, which stands.
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        item = entry_as_item(
            entry,
            shard_of(entry.id, self._write_shards),
            expires_at(entry.date_time, received_at, self._retention_days),
        )
        standing = self._put_if_absent(item, now_s)
        if standing is None:
            return Stored(entry, is_new=True)
        stored = entry_from_item(standing)
        if not same_content(entry, stored):
            raise Conflict(f"The id {entry.id} is taken by an entry with other content; use a new id.")
        # Nobody else can know an id made a moment ago: then it is this put whose first reply was lost.
        return Stored(stored, is_new="id" in entry.filled)

    def _put_if_absent(self, item: Item, now_s: int) -> Item | None:
        """Put an item whose key is free; return the item that stands where it is not."""
        from botocore.exceptions import ClientError  # noqa: PLC0415  # see storage.client

        with storage_failures():
            try:
                self._client.put_item(
                    TableName=self._table_name,
                    Item=item,
                    ConditionExpression="attribute_not_exists(LogID) OR ExpiresAt <= :now",
                    ExpressionAttributeValues={":now": {"N": str(now_s)}},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != CONDITION_FAILED:
                    raise
                standing: Item = error.response.get("Item") or {}
                return standing
        return None


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of one shard, newest first, and where the next page starts (None: there is none)."""

    items: list[Item]
    next_key: Item | None


class ReadTable:
    """LogTable as the read function may use it."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def get_entry(self, entry_id: str, now_s: int) -> LogEntry | None:
        """Return the entry with this id, or None where there is none or it has expired.

        Strongly consistent: what a POST has acknowledged is found at once.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        with storage_failures():
            reply = self._client.get_item(
                TableName=self._table_name, Key={"LogID": {"S": entry_id}}, ConsistentRead=True
            )
        item = reply.get("Item")
        return None if item is None or _has_expired(item, now_s) else entry_from_item(item)

    def query_newest(self, log_type: str, count: int, now_s: int, start_key: Item | None) -> Page:
        """Return up to `count` items of a shard, newest first, expired ones left out.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        start = {} if start_key is None else {"ExclusiveStartKey": start_key}
        with storage_failures():
            reply = self._client.query(
                TableName=self._table_name,
                IndexName=INDEX_NAME,
                KeyConditionExpression="LogType = :log_type",
                FilterExpression=_NOT_EXPIRED,
                ExpressionAttributeValues={":log_type": {"S": log_type}, ":now": {"N": str(now_s)}},
                ScanIndexForward=False,
                Limit=count,
                **start,
            )
        if "Items" not in reply:  # botocore takes a garbled reply for an empty one
            raise StorageUnavailable("The storage's reply can't be read; send it again.")
        return Page(reply["Items"], reply.get("LastEvaluatedKey"))


def _has_expired(item: Mapping[str, Mapping[str, Any]], now_s: int) -> bool:
    expires = item.get("ExpiresAt", {}).get("N")
    return isinstance(expires, str) and expires.isdecimal() and int(expires) <= now_s
