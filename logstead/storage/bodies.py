"""Where the bodies of packs are kept: the one seam to cut at for keeping them elsewhere, as in S3."""

from collections.abc import Mapping, Sequence
from typing import Any

from logstead.errors import StorageUnavailable
from logstead.storage.client import DynamoDBClient, storage_failures
from logstead.storage.pack_header import BODY_PREFIX

_ROUNDS_MAX = 4
"""How often a batch get is asked for what it left over. Then: 503."""


def body_of(item: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return the body in a body item; empty where it is missing or broken, which no pack's is."""
    body = item.get("Body", {}).get("B")
    return body if isinstance(body, bytes) else b""


class BodyReader:
    """Gets bodies by the ids of their packs."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def get(self, packs: Sequence[str]) -> Mapping[str, bytes]:
        """Return the bodies of up to 100 packs; a pack whose body is missing is left out.

        A body is written before its header, but an eventually consistent read may not see it yet: what
        is missing is asked for once more, consistently.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        bodies = self._get(packs, is_consistent=False) if packs else {}
        missing = [pack for pack in packs if pack not in bodies]
        return bodies | self._get(missing, is_consistent=True) if missing else bodies

    def _get(self, packs: Sequence[str], *, is_consistent: bool) -> dict[str, bytes]:
        keys: list[Any] = [{"LogID": {"S": BODY_PREFIX + pack}} for pack in packs]
        bodies: dict[str, bytes] = {}
        for _ in range(_ROUNDS_MAX):
            wanted = {"Keys": keys, "ProjectionExpression": "LogID, Body", "ConsistentRead": is_consistent}
            with storage_failures():
                reply = self._client.batch_get_item(RequestItems={self._table_name: wanted})
            for item in reply.get("Responses", {}).get(self._table_name, []):
                bodies[item["LogID"]["S"].removeprefix(BODY_PREFIX)] = body_of(item)
            keys = reply.get("UnprocessedKeys", {}).get(self._table_name, {}).get("Keys", [])
            if not keys:
                return bodies
        raise StorageUnavailable("The storage is too busy; send it again.")
