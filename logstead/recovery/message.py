"""The message of what could not be written: JSON in ASCII, readable by a person.

    {"version": 1, "kind": "entry", "entry": {…, "filled": ["id"]}, "receivedAt": "…", "reason": "…"}
    {"version": 1, "kind": "pack", "header": {item}, "body": "base64", "receivedAt": "…", "reason": "…"}
    {"version": 1, "kind": "group", "parts": [{"kind": "entry", …}, …], "receivedAt": "…", "reason": "…"}

A pack whose body is written already has an empty body. A group is what one batch has of these beyond what a
request writes itself; its parts have no version, time and reason of their own. In the dead-letter queue a
`failure` is added: `{"reason": "…", "attempts": 3, "at": "…"}`. ASCII, as SQS refuses some characters that
JSON may escape.
"""

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from logstead.entry import LogEntry, canonical_json, entry_as_json
from logstead.errors import PackUnreadable

if TYPE_CHECKING:  # packs are imported only where there are any: a single entry's way does without
    from logstead.storage.pack import Pack

VERSION: Final = 1


class UnreadableMessage(Exception):
    """A message that is none of ours, or of a newer version."""


@dataclass(frozen=True, slots=True)
class ParkedEntry:
    """An entry with its id and time fixed, when it was received, and why it could not be written."""

    entry: LogEntry
    received_at: str
    reason: str


@dataclass(frozen=True, slots=True)
class ParkedPack:
    """A pack with its id fixed; its body is empty where that is stored and only the header is left."""

    pack: "Pack"
    received_at: str
    reason: str


ParkedPart = ParkedEntry | ParkedPack


@dataclass(frozen=True, slots=True)
class ParkedGroup:
    """Many packs and entries of one batch, all received at one time and parked for one reason."""

    parts: tuple[ParkedPart, ...]
    received_at: str
    reason: str


Parked = ParkedEntry | ParkedPack | ParkedGroup


def encode_message(parked: Parked) -> str:
    """Return the message body of what is parked."""
    if isinstance(parked, ParkedGroup):
        fields: dict[str, object] = {"kind": "group", "parts": list(map(_encode_part, parked.parts))}
    else:
        fields = _encode_part(parked)
    return json.dumps(
        {"version": VERSION, **fields, "receivedAt": parked.received_at, "reason": parked.reason}
    )


def bytes_in_message(part: ParkedPart) -> int:
    """Return what a part takes of a group's message: in ASCII, where an accent takes six bytes."""
    return len(json.dumps(_encode_part(part)))


def _encode_part(part: ParkedPart) -> dict[str, object]:
    if isinstance(part, ParkedEntry):
        fields = {**entry_as_json(part.entry), "filled": list(part.entry.filled)}
        return {"kind": "entry", "entry": fields}
    from logstead.storage.pack_header import HEADER_PREFIX  # noqa: PLC0415

    header = {"LogID": {"S": HEADER_PREFIX + part.pack.header.pack}}
    header |= part.pack.header.to_item_attributes()
    return {"kind": "pack", "header": header, "body": base64.b64encode(part.pack.body).decode()}


def decode_message(body: str) -> Parked:
    """Return what is parked in a message body; a `failure` from an earlier round is ignored.

    Raises:
        UnreadableMessage: saying why.
    """
    message = _json_object(body)
    if message is None:
        raise UnreadableMessage("the message is no JSON object")
    kind = message.get("kind")
    if message.get("version") != VERSION or kind not in {"entry", "pack", "group"}:
        raise UnreadableMessage(f"version {message.get('version')!r}, kind {kind!r} is unknown")
    try:
        received_at, reason = _text(message["receivedAt"]), _text(message.get("reason", ""))
        if kind != "group":
            return _decode_part(message, received_at, reason)
        parts = tuple(_decode_part(part, received_at, reason) for part in message["parts"])
        return ParkedGroup(parts, received_at, reason)
    except (KeyError, TypeError, AttributeError, ValueError, PackUnreadable) as error:
        raise UnreadableMessage(f"the {kind} is damaged: {error!r}") from error


def _decode_part(part: dict[str, Any], received_at: str, reason: str) -> ParkedPart:
    if part["kind"] == "entry":
        return ParkedEntry(_decode_entry(part["entry"]), received_at, reason)
    from logstead.storage.pack import Pack  # noqa: PLC0415
    from logstead.storage.pack_header import PackHeader  # noqa: PLC0415

    body = base64.b64decode(_text(part["body"]), validate=True)
    return ParkedPack(Pack(PackHeader.from_item(part["header"]), body), received_at, reason)


def _decode_entry(fields: dict[str, Any]) -> LogEntry:
    return LogEntry(
        id=_text(fields["id"]),
        date_time=_text(fields["dateTime"]),
        severity=_text(fields["severity"]),
        message=_text(fields["message"]),
        source=None if fields.get("source") is None else _text(fields["source"]),
        attributes=canonical_json(fields["attributes"]) if "attributes" in fields else None,
        filled=tuple(map(_text, fields.get("filled", []))),
    )


def with_failure(body: str, *, reason: str, attempts: int, at: str) -> str:
    """Return a message body as the dead-letter queue keeps it: with what went wrong at last."""
    message = _json_object(body)
    if message is None:
        message = {"kind": "unreadable", "body": body}
    return json.dumps({**message, "failure": {"reason": reason, "attempts": attempts, "at": at}})


def without_failure(body: str) -> str:
    """Return a dead-letter body as the retry queue takes it: the reverse of `with_failure`."""
    message = _json_object(body)
    if message is None:
        return body
    if message.get("kind") == "unreadable" and isinstance(message.get("body"), str):
        return str(message["body"])
    return json.dumps({name: value for name, value in message.items() if name != "failure"})


def failure_of(body: str) -> dict[str, Any] | None:
    """Return what `with_failure` added to a message body, or None."""
    failure = (_json_object(body) or {}).get("failure")
    return failure if isinstance(failure, dict) else None


def _json_object(body: str) -> dict[str, Any] | None:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
