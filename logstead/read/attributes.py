"""Attribute equality: a dotted path and a value as text, against an entry's JSON."""

import json
from collections.abc import Callable, Iterator

from logstead.entry import LogEntry


def attribute_condition(path: str, value: str) -> Callable[[LogEntry], bool]:
    """Return what tells whether an entry's attribute at a dotted path has a value, compared as text.

    Strings are compared as they are, all else by its JSON text (`500`, `true`). A name that has dots
    itself (`k8s.pod`) is found too: every way of cutting the path is tried.
    """
    names = tuple(path.split("."))

    def condition(entry: LogEntry) -> bool:
        if entry.attributes is None:
            return False
        return any(_text(found) == value for found in _found_at(json.loads(entry.attributes), names))

    return condition


def _found_at(value: object, names: tuple[str, ...]) -> Iterator[object]:
    if not names:
        yield value
    elif isinstance(value, dict):
        for cut in range(1, len(names) + 1):
            name = ".".join(names[:cut])
            if name in value:
                yield from _found_at(value[name], names[cut:])


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
