"""Ids of packs and of the entries in them.

A pack's id is a UUID of version 8 (RFC 9562, section 5.8): 94 bits of a SHA-256, 16 of the pack's ordinal in
its batch, and 12 that are zero. So the packs of a batch, and their entries of equal times, stand in the order
in which they were sent. The entry at position i of the pack as it was sent, if it has no id of its own, has
the pack's id plus i. So no such id is stored, and its pack is found from it by key.

    seed = keyed_seed(caller, key, receipt) | content_seed(caller, path, digest of the body) | random_seed()
    pack_id(seed, 0), pack_id(seed, 1) ...
"""

import hashlib
import os
import re
from typing import Final

POSITION_BITS: Final = 12
ORDINAL_BITS: Final = 16
_POSITION_DIGITS: Final = POSITION_BITS // 4
_VERSION_8: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_NO_POSITION: Final = "0" * _POSITION_DIGITS


def keyed_seed(caller: str, idempotency_key: str, received_at: str) -> bytes:
    """Return the seed of a batch that came with an idempotency key: one for all retries by its caller.

    `received_at` is when the key was claimed. A key is forgotten in time, but its packs are not: without
    it another batch under the same key would find them standing, and be taken for stored.
    """
    return _digest(b"key", _bytes(caller), _bytes(idempotency_key), _bytes(received_at))


def content_seed(caller: str, path: str, body_sha256: bytes) -> bytes:
    """Return the seed of a batch that fixes its own times: one for the same bytes by a caller on a path."""
    return _digest(b"content", _bytes(caller), _bytes(path), body_sha256)


def random_seed() -> bytes:
    """Return the seed of a batch that nothing tells from a second one like it."""
    return os.urandom(hashlib.sha256().digest_size)


def pack_id(seed: bytes, ordinal: int) -> str:
    """Return the id of a batch's pack number `ordinal`, from 0 to 65,535."""
    bits = int.from_bytes(_digest(b"pack", seed)[:16])
    bits &= ~(0xF << 76 | 0b11 << 62 | (1 << POSITION_BITS + ORDINAL_BITS) - 1)
    text = f"{bits | 8 << 76 | 0b10 << 62 | _in_bounds(ordinal) << POSITION_BITS:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def derived_id(pack: str, position: int) -> str:
    """Return the id of the entry without one of its own at a position of a pack."""
    return f"{pack[:-_POSITION_DIGITS]}{position:03x}"


def is_pack_id(text: str) -> bool:
    """Tell whether a text has the form of a pack's id."""
    return _VERSION_8.fullmatch(text) is not None and text.endswith(_NO_POSITION)


def pack_of(entry_id: str) -> tuple[str, int] | None:
    """Return the pack and the position that a stored id would be derived from; None where it can't be.

    A client's own id may be of version 8 too, so the pack may not exist or hold it: then look further.
    """
    if _VERSION_8.fullmatch(entry_id) is None:
        return None
    head, position = entry_id[:-_POSITION_DIGITS], entry_id[-_POSITION_DIGITS:]
    return head + _NO_POSITION, int(position, 16)


def _in_bounds(ordinal: int) -> int:
    if not 0 <= ordinal < 1 << ORDINAL_BITS:
        raise ValueError(f"a batch has no pack number {ordinal}")
    return ordinal


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _digest(*parts: bytes) -> bytes:
    """Return the SHA-256 of parts, each led by its length, so that no two lists of parts run together."""
    return hashlib.sha256(b"".join(len(part).to_bytes(8) + part for part in parts)).digest()
