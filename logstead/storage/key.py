"""The index: its name, and the shards that it is spread over.

Shard 0 is `LOG`, so one shard is the specification's schema to the letter. An item's shard is chosen
from its id when it is written and is stored on it, so raising `write_shards` moves nothing.
"""

import zlib
from typing import Final

INDEX_NAME: Final = "DateTimeIndex"


def shard_name(shard: int) -> str:
    """Return the index partition (`LogType`) of a shard number from 0."""
    return "LOG" if shard == 0 else f"LOG#{shard}"


def shard_of(entry_id: str, write_shards: int) -> str:
    """Return the index partition that an id is written to.

    A checksum, not the id's own bits: those of time-based and derived UUIDs are far from even.
    """
    return shard_name(zlib.crc32(entry_id.encode()) % write_shards)
