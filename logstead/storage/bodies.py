"""Where the bodies of packs are kept: the one seam to cut at for keeping them elsewhere, as in S3."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, Final

from logstead import limits
from logstead.errors import StorageUnavailable
from logstead.storage.client import DynamoDBClient, storage_failures
from logstead.storage.item import log_id
from logstead.storage.pack_header import BODY_PREFIX

_FRUITLESS_MAX: Final = 4
"""How often in a row a request may get nothing of what it asks for. Then: 503."""
_PAUSE_S: Final = 0.05
"""The pause after the first fruitless request; it doubles from one to the next."""


def body_of(item: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return the body in a body item; empty where it is missing or broken, which no pack's is."""
    body = item.get("Body", {}).get("B")
    return body if isinstance(body, bytes) else b""


class BodyReader:
    """Gets bodies by the ids of their packs."""

    def __init__(self, client: DynamoDBClient, table_name: str, executor: Executor) -> None:
        self._client = client
        self._table_name = table_name
        self._executor = executor

    def get(self, packs: Sequence[str]) -> Mapping[str, bytes]:
        """Return the bodies of packs; one whose body is missing is left out.

        Raises:
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        size = limits.BODIES_A_REQUEST_MAX
        parts = [packs[start : start + size] for start in range(0, len(packs), size)]
        bodies: dict[str, bytes] = {}
        for part in self._executor.map(self._get_part, parts):
            bodies |= part
        return bodies

    def _get_part(self, packs: Sequence[str]) -> dict[str, bytes]:
        # A body is written before its header, but an eventually consistent read may not see it yet: what
        # is missing is asked for once more, consistently.
        bodies = self._request(packs, is_consistent=False)
        missing = [pack for pack in packs if pack not in bodies]
        return bodies | self._request(missing, is_consistent=True) if missing else bodies

    def _request(self, packs: Sequence[str], *, is_consistent: bool) -> dict[str, bytes]:
        keys: list[Any] = [{"LogID": {"S": BODY_PREFIX + pack}} for pack in packs]
        bodies: dict[str, bytes] = {}
        fruitless = 0
        while keys:
            wanted = {"Keys": keys, "ProjectionExpression": "LogID, Body", "ConsistentRead": is_consistent}
            with storage_failures():
                reply = self._client.batch_get_item(RequestItems={self._table_name: wanted})
            if "Responses" not in reply:  # botocore takes a garbled reply for an empty one
                raise StorageUnavailable("The storage's reply can't be read; send it again.")
            for item in reply["Responses"].get(self._table_name, []):
                bodies[log_id(item).removeprefix(BODY_PREFIX)] = body_of(item)
            left = reply.get("UnprocessedKeys", {}).get(self._table_name, {}).get("Keys", [])
            fruitless = 0 if len(left) < len(keys) else fruitless + 1
            if fruitless == _FRUITLESS_MAX:
                raise StorageUnavailable("The storage is too busy; send it again.")
            if fruitless:
                time.sleep(_PAUSE_S * 2 ** (fruitless - 1))
            keys = left
        return bodies
