"""Attribute equality: dotted paths and values as text, against an entry's JSON."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from logstead.entry import LogEntry, canonical_json

_ESCAPED: Final = frozenset('"\\')


def attributes_condition(wanted: Sequence[tuple[str, str]]) -> Callable[[LogEntry], bool]:
    """Return what tells whether an entry has, for each pair of a dotted path and a text, such an attribute.

    Strings are compared as they are, all else by its JSON text (`500`, `true`, `null`, `["a","b"]`). A
    name that has dots itself (`k8s.pod`) is found too: every way of cutting the path is tried.
    """

    def condition(entry: LogEntry) -> bool:
        if entry.attributes is None:
            return False
        attributes = json.loads(entry.attributes)
        return all(
            any(_text(found) == value for found in _found_at(attributes, path)) for path, value in wanted
        )

    return condition


def certain_texts(wanted: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return texts that the canonical JSON of attributes must contain for the condition to hold.

    A value stands in it as it is, in quotes or without, unless JSON escapes one of its characters.
    """
    return tuple(value for _, value in wanted if value and value.isprintable() and not _ESCAPED & set(value))


def _found_at(value: object, path: str) -> Iterator[object]:
    """Find all values at a path. Each is visited once at most, however its names and the path are made."""
    if not isinstance(value, dict):
        return
    for name, held in value.items():
        if name == path:
            yield held
        elif path.startswith(name + "."):
            yield from _found_at(held, path[len(name) + 1 :])


def _text(value: object) -> str:
    return value if isinstance(value, str) else canonical_json(value)
