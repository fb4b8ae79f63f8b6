"""The design's entry table, checked on a stored item by other means than the service's own code."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

_KNOWN = {
    "LogID",
    "DateTime",
    "Severity",
    "Message",
    "LogType",
    "Source",
    "Attributes",
    "Filled",
    "ExpiresAt",
}


def broken_rules(item: dict[str, dict[str, Any]], *, now: datetime | None = None) -> list[str]:
    """Return the rules that a stored item breaks; `now` checks that its time is not too far ahead."""
    text = {name: value["S"] for name, value in item.items() if "S" in value}
    checks = {
        "known attributes only": item.keys() <= _KNOWN,
        "id": _is_normal_uuid(text.get("LogID", "")),
        "dateTime": _is_normal_time(text.get("DateTime", ""), now),
        "severity": text.get("Severity") in {"info", "warning", "error"},
        "message": bool(text.get("Message", "").strip()),
        "log type": text.get("LogType", "").split("#")[0] == "LOG",
        "source": "Source" not in item or 0 < len(text["Source"].strip()) <= len(text["Source"]) <= 256,
        "attributes": "Attributes" not in item or _is_canonical_object(text["Attributes"]),
        "filled": "Filled" not in item or text["Filled"] in {"id", "dateTime", "id dateTime"},
        "unicode": all(_is_unicode(held) for held in text.values()),
    }
    return [rule for rule, holds in checks.items() if not holds]


def _is_normal_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _is_normal_time(text: str, now: datetime | None) -> bool:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f+00:00").replace(tzinfo=UTC)
    except ValueError:
        return False
    ahead = now is not None and moment > now + timedelta(minutes=15)
    return len(text) == 32 and not ahead


def _is_canonical_object(text: str) -> bool:
    value = json.loads(text)
    same = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) == text
    return isinstance(value, dict) and bool(value) and same and _depth(value) <= 32


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
