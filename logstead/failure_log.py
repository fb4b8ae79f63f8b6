"""Error-only event logging: silent on success, one JSON line for each failure.

The line holds the exception with its stack trace, the request id and the event, which is capped in
size and stripped of credentials first (docs/adr/0005-failure-log.md says why it is not logged raw).
"""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Final, TextIO
from urllib.parse import unquote

from logstead import limits
from logstead.access import KEY_PREFIX

REDACTED: Final = "[redacted]"
_SECRET_NAME: Final = re.compile(
    r"authorization|cookie|api-?_?key|apikey|access-?_?key|token|secret|password|signature|credential",
    re.IGNORECASE,
)
# A key of ours in a place that none should be in, such as a header of another name.
_ACCESS_KEY: Final = re.compile(KEY_PREFIX + r"[0-9A-Za-z_-]+")
_CREDENTIALS: Final = re.compile(r"\s*(?:basic|bearer|apikey)\s", re.IGNORECASE)
"""How the value of a header begins that carries a credential, whatever its name."""
_CONTROL: Final = re.compile(r"[^\n -~]")
_QUERY_STRINGS: Final = frozenset({"rawquerystring", "referer"})


class _JsonLine(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            trace = "".join(traceback.format_exception(error))
            line["error"] = type(error).__name__
            line["trace"] = _plain(trace)[-limits.FAILURE_TRACE_BYTES_MAX :]
        return json.dumps(line, default=repr)


def make_logger(stream: TextIO | None = None) -> logging.Logger:
    """Return the service's logger, which writes JSON lines to `stream` (standard output by default)."""
    logger = logging.getLogger("logstead")
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(_JsonLine())
    logger.handlers = [handler]
    logger.propagate = False  # Lambda's root handler would print each line a second time
    logger.setLevel(logging.WARNING)
    return logger


def failure_fields(event: object, request_id: str) -> dict[str, object]:
    """Return what a failure's log line says of its request."""
    text = _ACCESS_KEY.sub(REDACTED, json.dumps(redacted(event), default=repr))
    if len(text) <= limits.FAILURE_EVENT_BYTES_MAX:
        return {"requestId": request_id, "event": json.loads(text)}
    return {
        "requestId": request_id,
        "eventStart": text[: limits.FAILURE_EVENT_BYTES_MAX],
        "eventBytes": len(text),
    }


def redacted(value: Any) -> Any:
    """Return a copy of an event without what is named like a credential, or looks like one.

    Query strings carry signatures and, by mistake, keys: a raw one is dropped whole where its text has
    such a name, escaped or not.
    """
    if isinstance(value, dict):
        return {name: _redacted_field(str(name), held) for name, held in value.items()}
    if isinstance(value, list):
        return [redacted(item) for item in value]
    return REDACTED if isinstance(value, str) and _CREDENTIALS.match(value) else value


def _plain(text: str) -> str:
    """Return a text of which no character costs more than two bytes of JSON."""
    return _CONTROL.sub("?", text.encode("ascii", "backslashreplace").decode())


def _redacted_field(name: str, held: Any) -> Any:
    if _SECRET_NAME.search(name):
        return REDACTED
    if name.lower() in _QUERY_STRINGS and isinstance(held, str) and _SECRET_NAME.search(unquote(held)):
        return REDACTED
    return redacted(held)
