"""What a person is shown of a dead letter."""

import json
from typing import Any

from logstead.entry import SEVERITIES, entry_as_json
from logstead.recovery.message import (
    ParkedEntry,
    ParkedGroup,
    ParkedPart,
    UnreadableMessage,
    decode_message,
    failure_of,
    without_failure,
)


def describe(body: str) -> dict[str, Any]:
    """Return what there is to see in a message body, as JSON: an entry whole, of a pack what its header says.

    A pack's body may have half a megabyte, and nothing in it that a person could read. What is neither is
    there whole, as only a person can make use of it. `failure` is what the replay added, None where it
    added nothing.
    """
    failure = failure_of(body)
    try:
        parked = decode_message(body)
    except UnreadableMessage as error:
        return {"kind": "unreadable", "why": str(error), "body": _value(body), "failure": failure}
    told = {"receivedAt": parked.received_at, "reason": parked.reason, "failure": failure}
    if isinstance(parked, ParkedGroup):
        return {"kind": "group", "parts": list(map(_part, parked.parts)), **told}
    return {**_part(parked), **told}


def failure_reason(letter: dict[str, Any]) -> str:
    """Return in one line why a letter that `describe` made is dead."""
    if letter["failure"] is not None:
        return " ".join(str(letter["failure"].get("reason")).split())
    if letter["kind"] == "unreadable":
        return f"no parked entry: {letter['why']}"
    return "failed without a word: the replay function itself ended"


def _part(part: ParkedPart) -> dict[str, Any]:
    if isinstance(part, ParkedEntry):
        return {"kind": "entry", "entry": entry_as_json(part.entry)}
    header = part.pack.header
    return {
        "kind": "pack",
        "pack": header.pack,
        "oldest": header.oldest,
        "newest": header.newest,
        "entries": header.count,
        "severities": {name: count for name, count in zip(SEVERITIES, header.counts, strict=True) if count},
        "sources": header.sources,
        "bodyBytes": len(part.pack.body),
    }


def _value(body: str) -> object:
    """Return the JSON value that a message holds, or its text where it holds none."""
    text = without_failure(body)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
