"""An agent's JSON object, of whatever shape -> the fields of an entry. docs/protocols.md has the tables.

Fluent Bit, Vector, pino, winston, Elasticsearch documents: each names the same things differently. What
became a field is taken out of the attributes, unless it says more than the field does.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from logstead import limits
from logstead.entry import Receipt
from logstead.ingest import severity
from logstead.ingest.batch import EMPTY_MESSAGE
from logstead.ingest.timestamp import place_time, read_time

TIME_NAMES: Final = ("@timestamp", "timestamp", "time", "date", "ts")
MESSAGE_NAMES: Final = ("message", "log", "msg", "MESSAGE")
LEVEL_NAMES: Final = ("severity", "level", "log.level", "loglevel", "levelname", "lvl", "PRIORITY")
SOURCE_NAMES: Final = ("service.name", "service", "app", "application", "source", "logger")
"""Each in the order of precedence: the first that can be used is."""

_DETECTS: Final = frozenset(TIME_NAMES)
_encode: Final = msgspec.json.Encoder().encode


def is_agent_shaped(fields: Mapping[str, object]) -> bool:
    """Tell whether an object of the native route is an agent's: its time has another name than ours."""
    return "dateTime" not in fields and not _DETECTS.isdisjoint(fields)


def read_record(
    record: Mapping[str, object], receipt: Receipt, default_source: str | None = None
) -> tuple[dict[str, object], str | None]:
    """Return the fields of the entry that an agent's object describes, and its time as sent.

    Never an id: an agent's `id` is some id of the application's, and two lines may share it.
    """
    attributes = dict(record)
    fields: dict[str, object] = {}
    of_time: dict[str, object] = {}  # added later: a message that is made of the attributes says no time
    sent_time = _take_time(fields, attributes, of_time, receipt)
    _take_severity(fields, attributes)
    _take_message(fields, attributes)
    _take_source(fields, attributes, default_source)
    attributes = of_time | attributes
    inner = attributes.get("attributes")
    if isinstance(inner, dict) and attributes.keys().isdisjoint(inner):
        del attributes["attributes"]
        attributes |= inner
    if attributes:
        fields["attributes"] = attributes
    return fields, sent_time


def source_of(value: object) -> str | None:
    """Return a value as `source`, cut to its limit, or None where it can't be one."""
    if isinstance(value, str) and value.strip():
        return value[: limits.SOURCE_CHARACTERS_MAX]
    return None


def merge(attributes: dict[str, object], others: Mapping[str, object], name: str) -> None:
    """Add attributes of another origin: beside the ones there, or as one object where both have a name."""
    if attributes.keys().isdisjoint(others):
        attributes |= others
    else:
        while name in attributes:
            name += "#2"
        attributes[name] = dict(others)


def text_of(value: object) -> str:
    """Return a value as the text of a message: as it is, or as JSON."""
    try:
        return value if isinstance(value, str) else _encode(value).decode()
    except RecursionError:
        return EMPTY_MESSAGE  # the validation refuses the row for its nesting


def severity_of(record: Mapping[str, object]) -> str | None:
    """Return the severity that an agent's object names, or None."""
    return next((known for level in _levels(record) if (known := severity.of_level(level))), None)


def _take_time(
    fields: dict[str, object], attributes: dict[str, object], of_time: dict[str, object], receipt: Receipt
) -> str | None:
    for name in TIME_NAMES:
        if name in attributes:
            read = read_time(attributes[name])
            if read[0] is not None:
                sent = attributes.pop(name)
                for other in TIME_NAMES:  # pino-elasticsearch says the same twice
                    if attributes.get(other) == sent:
                        del attributes[other]
                return place_time(fields, of_time, read, (name, sent), receipt)
    return None


def _take_severity(fields: dict[str, object], attributes: dict[str, object]) -> None:
    fields["severity"] = severity_of(attributes) or severity.DEFAULT
    if attributes.get("severity") == fields["severity"]:
        del attributes["severity"]  # ours to the letter; any other level stays as it was sent


def _levels(attributes: Mapping[str, object]) -> list[object]:
    levels = [attributes[name] for name in LEVEL_NAMES if name in attributes]
    log = attributes.get("log")
    if isinstance(log, dict) and "level" in log:  # the Elastic Common Schema, nested
        levels.append(log["level"])
    return levels


def _take_message(fields: dict[str, object], attributes: dict[str, object]) -> None:
    for name in MESSAGE_NAMES:
        message = attributes.get(name)
        if isinstance(message, str) and message.strip():
            fields["message"] = attributes.pop(name)
            return
    for name in MESSAGE_NAMES:
        if isinstance(attributes.get(name), str):
            del attributes[name]  # blank
    named = next((attributes[name] for name in MESSAGE_NAMES if attributes.get(name) is not None), attributes)
    fields["message"] = text_of(named) if attributes else EMPTY_MESSAGE


def _take_source(
    fields: dict[str, object], attributes: dict[str, object], default_source: str | None
) -> None:
    for name in SOURCE_NAMES:
        if name not in attributes:
            continue
        value = attributes[name]
        if name == "service" and isinstance(value, dict):  # the Elastic Common Schema, nested
            value = value.get("name")
        source = source_of(value)
        if source is not None:
            fields["source"] = source
            if attributes.get(name) == source:
                del attributes[name]
            return
    source = source_of(default_source)
    if source is not None:
        fields["source"] = source
