"""The cursor: where a walk goes on, as opaque text that a client hands back.

Version, the query's fingerprint, the position, each shard's start and the query's window of time, as JSON
in base64url behind a checksum. What was damaged, cut, made by hand or for another query is refused: never
a wrong page.
"""

import base64
import hashlib
import json
from typing import Final

from logstead.read.order import Position
from logstead.read.query import ReadQuery, Resume

_VERSION: Final = 1
_CHECKSUM_BYTES: Final = 6
_DAMAGED: Final = "is damaged; use nextCursor of the last reply as it is"
_SORT_KEY_BYTES_MAX: Final = 1024
"""DynamoDB's limit: no time in the index is longer."""

Window = tuple[str | None, str | None]
"""since, until"""


class DamagedCursor(Exception):
    """The text is no cursor of ours, or is one of another query's; says which."""


def encode_cursor(query: ReadQuery, resume: Resume) -> str:
    """Return the cursor of a place in the walk of a query, with its times ago made absolute."""
    position, window = resume.position, [query.filter.since, query.filter.until]
    fields = [_VERSION, query.fingerprint, position.date_time, position.id, resume.shard_starts, window]
    return _sealed(fields)


def decode_cursor(text: str, fingerprint: str) -> tuple[Resume, Window]:
    """Return the place and the window that a cursor of the query with this fingerprint holds.

    Raises:
        DamagedCursor: it is damaged, of another version, or another query's.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        fields = json.loads(raw[_CHECKSUM_BYTES:])
        is_whole = _sealed(fields) == text
    except (ValueError, RecursionError):
        is_whole, fields = False, None
    if not is_whole or not isinstance(fields, list) or not fields:
        raise DamagedCursor(_DAMAGED)
    if fields[0] != _VERSION:
        raise DamagedCursor("is of another version of the service; begin anew")
    match fields[1:]:
        case [str(other), str(date_time), str(entry_id), list(starts), [since, until]]:
            times = [*starts, since, until]
        case _:
            raise DamagedCursor(_DAMAGED)
    if other != fingerprint:
        raise DamagedCursor("belongs to another query; only limit may change from page to page")
    if not all(map(_is_time_or_none, times)) or any(time < since for time in starts if time and since):
        raise DamagedCursor(_DAMAGED)
    return Resume(Position(date_time, entry_id), tuple(starts)), (since, until)


def _is_time_or_none(value: object) -> bool:
    """Tell whether DynamoDB takes a value as a bound in the index."""
    return value is None or (isinstance(value, str) and 0 < len(value.encode()) <= _SORT_KEY_BYTES_MAX)


def _sealed(fields: object) -> str:
    data = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    checksum = hashlib.sha256(b"logstead cursor" + data).digest()[:_CHECKSUM_BYTES]
    return base64.urlsafe_b64encode(checksum + data).decode().rstrip("=")
