"""The cursor: where a walk goes on, as opaque text that a client hands back.

Version, the query's fingerprint, the position and each shard's start, as JSON in base64url behind a
checksum. What was damaged, cut or made for another query is refused: never a wrong page.
"""

import base64
import binascii
import hashlib
import json
from typing import Any, Final

from logstead.read.query import Position, ReadQuery, Resume

_VERSION: Final = 1
_CHECKSUM_BYTES: Final = 6
_TIME_CHARACTERS_MAX: Final = 64
_DAMAGED: Final = "is damaged; use nextCursor of the last reply as it is"


class DamagedCursor(Exception):
    """The text is no cursor of ours, or is one of another query's; says which."""


def encode_cursor(query: ReadQuery, resume: Resume) -> str:
    """Return the cursor of a place in the walk of a query, with its times ago made absolute."""
    position, window = resume.position, [query.filter.since, query.filter.until]
    fields = [_VERSION, query.fingerprint, position.date_time, position.id, resume.shard_starts, window]
    data = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_checksum(data) + data).decode().rstrip("=")


def decode_cursor(text: str, fingerprint: str) -> tuple[Resume, tuple[str | None, str | None]]:
    """Return the place and the window that a cursor of the query with this fingerprint holds.

    Raises:
        DamagedCursor: it is damaged, of another version, or another query's.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise DamagedCursor(_DAMAGED) from None
    checksum, data = raw[:_CHECKSUM_BYTES], raw[_CHECKSUM_BYTES:]
    if not data or checksum != _checksum(data):
        raise DamagedCursor(_DAMAGED)
    match _json_value(data):
        case [int(version), *_] if version != _VERSION:
            raise DamagedCursor("is of another version of the service; begin anew")
        case [_, str(other), *_] if other != fingerprint:
            raise DamagedCursor("belongs to another query; only limit may change from page to page")
        case [_, _, str(date_time), str(entry_id), list(starts), [since, until]] if _are_times(
            [*starts, since, until]
        ):
            if since is not None and any(start is not None and start < since for start in starts):
                raise DamagedCursor(_DAMAGED)
            return Resume(Position(date_time, entry_id), tuple(starts)), (since, until)
    raise DamagedCursor(_DAMAGED)  # anybody can compute the checksum of what is no cursor of ours


def _json_value(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _are_times(values: list[Any]) -> bool:
    """Tell whether each value is None or can be an index time: DynamoDB refuses a query of others."""
    return all(
        value is None
        or (isinstance(value, str) and value.isprintable() and 0 < len(value) <= _TIME_CHARACTERS_MAX)
        for value in values
    )


def _checksum(data: bytes) -> bytes:
    return hashlib.sha256(b"logstead cursor" + data).digest()[:_CHECKSUM_BYTES]
