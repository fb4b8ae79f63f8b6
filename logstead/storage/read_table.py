"""LogTable as the read function may use it: gets by id, and queries of the index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from logstead.entry import LogEntry
from logstead.errors import StorageUnavailable
from logstead.storage.client import DynamoDBClient, storage_failures
from logstead.storage.item import Item, entry_from_item
from logstead.storage.key import INDEX_NAME
from logstead.storage.pack_header import HEADER_PREFIX

_NOT_EXPIRED: Final = "attribute_not_exists(ExpiresAt) OR ExpiresAt > :now"


@dataclass(frozen=True, slots=True)
class IndexRange:
    """A part of a shard: index times from `oldest` to `newest`, both included, None for no bound."""

    log_type: str
    oldest: str | None
    newest: str | None
    newest_first: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of an index range, in its direction, and where the next page starts (None: nowhere)."""

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
        item = self._get(entry_id)
        return None if item is None or _has_expired(item, now_s) else entry_from_item(item)

    def has_pack(self, pack: str, now_s: int) -> bool:
        """Tell whether a pack's header stands: only then do its entries exist.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        item = self._get(HEADER_PREFIX + pack)
        return item is not None and not _has_expired(item, now_s)

    def _get(self, log_id: str) -> Item | None:
        with storage_failures():
            reply = self._client.get_item(
                TableName=self._table_name, Key={"LogID": {"S": log_id}}, ConsistentRead=True
            )
        return reply.get("Item")

    def query_index(
        self,
        part: IndexRange,
        count: int,
        now_s: int,
        start_key: Item | None,
        attributes: Sequence[str] | None = None,
    ) -> Page:
        """Return up to `count` items of a part of a shard, by index time, expired ones left out.

        `attributes` are those that the items come with; None: all.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        conditions, values = ["LogType = :log_type"], {":log_type": {"S": part.log_type}}
        if part.oldest is not None and part.newest is not None:
            conditions.append("#time BETWEEN :oldest AND :newest")
        elif part.oldest is not None:
            conditions.append("#time >= :oldest")
        elif part.newest is not None:
            conditions.append("#time <= :newest")
        bounds = {":oldest": part.oldest, ":newest": part.newest}
        values |= {name: {"S": bound} for name, bound in bounds.items() if bound is not None}
        optional: dict[str, Any] = {} if start_key is None else {"ExclusiveStartKey": start_key}
        names: dict[str, str] = {}  # some are reserved words of DynamoDB's
        if len(conditions) > 1:
            names["#time"] = "DateTime"
        if attributes is not None:
            names |= {f"#{name}": name for name in attributes}
            optional["ProjectionExpression"] = ", ".join(f"#{name}" for name in attributes)
        if names:
            optional["ExpressionAttributeNames"] = names
        with storage_failures():
            reply = self._client.query(
                TableName=self._table_name,
                IndexName=INDEX_NAME,
                KeyConditionExpression=" AND ".join(conditions),
                FilterExpression=_NOT_EXPIRED,
                ExpressionAttributeValues={**values, ":now": {"N": str(now_s)}},
                ScanIndexForward=not part.newest_first,
                Limit=count,
                **optional,
            )
        if "Items" not in reply:  # botocore takes a garbled reply for an empty one
            raise StorageUnavailable("The storage's reply can't be read; send it again.")
        return Page(reply["Items"], reply.get("LastEvaluatedKey"))


def _has_expired(item: Mapping[str, Mapping[str, Any]], now_s: int) -> bool:
    expires = item.get("ExpiresAt", {}).get("N")
    return isinstance(expires, str) and expires.isdecimal() and int(expires) <= now_s
