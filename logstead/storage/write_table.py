"""LogTable as the functions that write may use it: conditional puts, and nothing else."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from logstead import limits
from logstead.config import WriteTableConfig
from logstead.entry import LogEntry, same_content
from logstead.errors import Conflict, IdempotencyKeyReused
from logstead.storage.bodies import body_of
from logstead.storage.client import DynamoDBClient
from logstead.storage.conditional_put import put_if_absent
from logstead.storage.item import Item, entry_as_item, entry_from_item, expires_at
from logstead.storage.key import shard_of

if TYPE_CHECKING:  # as in recovery.message
    from logstead.storage.pack import Pack
    from logstead.storage.pack_header import PackHeader

CLAIM_PREFIX: Final = "BATCH#"


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it stands in the table; `is_new` tells this put from an earlier one's."""

    entry: LogEntry
    is_new: bool


class WriteTable:
    """LogTable as the ingest and the replay function may use it."""

    def __init__(self, client: DynamoDBClient, config: WriteTableConfig) -> None:
        self._client = client
        self._config = config

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
            shard_of(entry.id, self._config.write_shards),
            expires_at(entry.date_time, received_at, self._config.retention_days),
        )
        standing = put_if_absent(self._client, self._config.name, item, now_s)
        if standing is None:
            return Stored(entry, is_new=True)
        stored = entry_from_item(standing)
        if not same_content(entry, stored):
            raise Conflict(f"The id {entry.id} is taken by an entry with other content; use a new id.")
        # Nobody else can know an id made a moment ago: then it is this put whose first reply was lost.
        return Stored(stored, is_new="id" in entry.filled)

    def put_pack_body(self, pack: "Pack", now_s: int) -> "Pack":
        """Store a pack's body; return the pack as it stands: this one, or one found standing.

        What is found there is this pack, put by an earlier attempt, maybe by other code or with another
        codec. Its header is copied, never computed anew, so that header and body agree.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
            PackUnreadable: what stands there is damaged.
        """
        item = pack.header.body_item(pack.body)
        standing = put_if_absent(self._client, self._config.name, item, now_s)
        if standing is None:
            return pack
        return replace(pack, header=pack.header.from_item(standing), body=body_of(standing))

    def put_pack_header(self, header: "PackHeader", now_s: int) -> bool:
        """Store a pack's header, after its body: now its entries exist. Tell whether it is new.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        item = header.header_item(shard_of(header.pack, self._config.write_shards))
        return put_if_absent(self._client, self._config.name, item, now_s) is None

    def expires_at(self, date_time: str, received_at: str) -> int | None:
        """Return when an entry or a pack with this newest time expires, in epoch seconds; None: never."""
        return expires_at(date_time, received_at, self._config.retention_days)

    def claim(self, batch: str, body_hash: str, received_at: str, now_s: int) -> str:
        """Claim a batch's idempotency key for its body; return the time of its first receipt.

        `batch` names the caller and the key.

        Raises:
            IdempotencyKeyReused: the key was used for another body.
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        item: Item = {
            "LogID": {"S": CLAIM_PREFIX + batch},
            "BodyHash": {"S": body_hash},
            "ReceivedAt": {"S": received_at},
            "ExpiresAt": {"N": str(now_s + limits.IDEMPOTENCY_KEY_DAYS * 86_400)},
        }
        standing = put_if_absent(self._client, self._config.name, item, now_s)
        if standing is None:
            return received_at
        if standing.get("BodyHash", {}).get("S") != body_hash:
            raise IdempotencyKeyReused("The Idempotency-Key was used for another body; use a new one.")
        return str(standing.get("ReceivedAt", {}).get("S", received_at))
