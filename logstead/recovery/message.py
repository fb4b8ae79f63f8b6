"""The message of an entry that could not be written: JSON in ASCII, readable by a person.

    {"version": 1, "kind": "entry", "entry": {…, "filled": ["id"]}, "receivedAt": "…", "reason": "…"}

In the dead-letter queue a `failure` is added: `{"reason": "…", "attempts": 3, "at": "…"}`. ASCII, as
SQS refuses some characters that JSON may escape.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from logstead.entry import LogEntry, canonical_json, entry_as_json

VERSION: Final = 1


class UnreadableMessage(Exception):
    """A message that is none of ours, or of a newer version."""


@dataclass(frozen=True, slots=True)
class ParkedEntry:
    """An entry with its id and time fixed, when it was received, and why it could not be written."""

    entry: LogEntry
    received_at: str
    reason: str


def encode_message(parked: ParkedEntry) -> str:
    """Return the message body of a parked entry."""
    fields = {**entry_as_json(parked.entry), "filled": list(parked.entry.filled)}
    return json.dumps(
        {
            "version": VERSION,
            "kind": "entry",
            "entry": fields,
            "receivedAt": parked.received_at,
            "reason": parked.reason,
        }
    )


def decode_message(body: str) -> ParkedEntry:
    """Return the parked entry in a message body; a `failure` from an earlier round is ignored.

    Raises:
        UnreadableMessage: saying why.
    """
    message = _json_object(body)
    if message is None:
        raise UnreadableMessage("the message is no JSON object")
    if message.get("version") != VERSION or message.get("kind") != "entry":
        raise UnreadableMessage(
            f"version {message.get('version')!r}, kind {message.get('kind')!r} is unknown"
        )
    try:
        fields = message["entry"]
        entry = LogEntry(
            id=_text(fields["id"]),
            date_time=_text(fields["dateTime"]),
            severity=_text(fields["severity"]),
            message=_text(fields["message"]),
            source=None if fields.get("source") is None else _text(fields["source"]),
            attributes=canonical_json(fields["attributes"]) if "attributes" in fields else None,
            filled=tuple(map(_text, fields.get("filled", []))),
        )
        return ParkedEntry(entry, _text(message["receivedAt"]), _text(message.get("reason", "")))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnreadableMessage(f"the entry is damaged: {error!r}") from error


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
