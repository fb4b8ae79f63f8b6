"""Access keys: made, presented and compared.

A key is `lsk_<id>_<secret>`: 8 hex digits by which people name it, and 256 random bits in base64url.
As nobody can guess that many bits, a plain SHA-256 of the key is safe to store; slow hashes protect
what people choose.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from logstead.access import KEY_PREFIX

SCOPES: Final = ("write", "read")
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What is stored of a key: `key_id`, the hex SHA-256 of the whole key, its scopes and its label."""

    key_id: str
    sha256: str
    scopes: tuple[str, ...]
    label: str
    created_at: str


def make_key(scopes: tuple[str, ...], label: str, created_at: str) -> tuple[str, AccessKey]:
    """Return a new key, to be shown once, and what is stored of it."""
    key_id = secrets.token_hex(4)
    key = f"{KEY_PREFIX}{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    return key, AccessKey(key_id, key_hash(key), scopes, label, created_at)


def key_hash(key: str) -> str:
    """Return the hex SHA-256 of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def encode_key(key: AccessKey) -> str:
    """Return the JSON that the store keeps of a key (its id is the parameter's name)."""
    return json.dumps(
        {"sha256": key.sha256, "scopes": key.scopes, "label": key.label, "createdAt": key.created_at}
    )


def decode_key(key_id: str, text: str) -> AccessKey | None:
    """Return the key in a stored JSON text, or None where it is damaged: that one then lets nobody in."""
    try:
        stored = json.loads(text)
        return AccessKey(
            key_id,
            str(stored["sha256"]),
            tuple(str(scope) for scope in stored["scopes"]),
            str(stored.get("label", "")),
            str(stored.get("createdAt", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def matching_key(keys: Iterable[AccessKey], presented: str) -> AccessKey | None:
    """Return the stored key that a presented one is, or None.

    Every stored hash is compared, each in constant time, so the time taken tells nothing.
    """
    digest = key_hash(presented)
    found: AccessKey | None = None
    for key in keys:
        if hmac.compare_digest(key.sha256.encode(), digest.encode()):
            found = key
    return found


def presented_key(headers: Mapping[str, str]) -> str | None:
    """Return the key that a request carries, as the agents send it, or None.

    `Authorization: Bearer KEY`, `Basic base64(user:KEY)`, `ApiKey KEY` or `ApiKey base64(id:KEY)`
    (Elasticsearch's), and Firehose's `X-Amz-Firehose-Access-Key: KEY`.
    """
    scheme, _, credentials = headers.get("authorization", "").strip().partition(" ")
    credentials = credentials.strip()
    match scheme.lower():
        case "bearer":
            return credentials or None
        case "basic":
            return _after_colon(credentials)
        case "apikey":
            return credentials if credentials.startswith(KEY_PREFIX) else _after_colon(credentials)
        case _:
            return headers.get("x-amz-firehose-access-key") or None


def _after_colon(credentials: str) -> str | None:
    try:
        text = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return text.partition(":")[2] or None
