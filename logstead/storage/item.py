"""Entry <-> DynamoDB item, in the low-level form (`{"S": text}`)."""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Never

from logstead import limits
from logstead.entry import LogEntry, canonical_json, nests_deeper

Item = dict[str, dict[str, Any]]

COUNTED_ATTRIBUTES: Final = ("LogID", "DateTime", "Severity", "Source", "Filled")
"""The attributes of an entry's item that a count needs; `entry_from_item` takes an item of these alone."""

_DAY_S = 86_400


def entry_as_item(entry: LogEntry, log_type: str, expires_at: int | None) -> Item:
    """Return the item that stores an entry in the index partition `log_type`."""
    texts = {
        "LogID": entry.id,
        "DateTime": entry.date_time,
        "Severity": entry.severity,
        "Message": entry.message,
        "LogType": log_type,
        "Source": entry.source,
        "Attributes": entry.attributes,
        "Filled": " ".join(entry.filled) or None,
    }
    item: Item = {name: {"S": text} for name, text in texts.items() if text is not None}
    if expires_at is not None:
        item["ExpiresAt"] = {"N": str(expires_at)}
    return item


def entry_from_item(item: Mapping[str, Mapping[str, Any]]) -> LogEntry:
    """Return the entry in an item; what the item lacks or holds in broken form is empty, never an error."""
    attributes = _text(item, "Attributes")
    return LogEntry(
        id=_text(item, "LogID"),
        date_time=_text(item, "DateTime"),
        severity=_text(item, "Severity"),
        message=_text(item, "Message"),
        source=_text(item, "Source") or None,
        attributes=attributes if attributes and _is_json_object(attributes) else None,
        filled=tuple(_text(item, "Filled").split()),
    )


def log_id(item: Item) -> str:
    """Return the key of an item of the table."""
    return str(item["LogID"]["S"])


def index_time(item: Item) -> str:
    """Return the time by which the index has an item, or begins after a key of its own."""
    return str(item["DateTime"]["S"])


def expires_at(date_time: str, received_at: str, retention_days: int | None) -> int | None:
    """Return when an entry expires, in epoch seconds (DynamoDB's TTL), or None where it never does.

    The later of its own time and its receipt counts, so an old entry is not gone as soon as it is taken.
    """
    if retention_days is None:
        return None
    return int(datetime.fromisoformat(max(date_time, received_at)).timestamp()) + retention_days * _DAY_S


def _text(item: Mapping[str, Mapping[str, Any]], name: str) -> str:
    value = item.get(name, {}).get("S", "")
    return value if isinstance(value, str) else ""


def _is_json_object(text: str) -> bool:
    """Tell whether a text is a JSON object that a reply can show; ours are, other writers' may not be."""
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        if not isinstance(value, dict) or nests_deeper(value, limits.JSON_DEPTH_MAX):
            return False
        if "\\u" in text:  # an escape is the one way to a lone surrogate, which UTF-8 can't carry
            canonical_json(value).encode()
    except (ValueError, RecursionError):
        return False
    return True


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _refuse(name: str) -> Never:
    raise ValueError(name)
