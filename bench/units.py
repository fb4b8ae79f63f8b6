"""What DynamoDB bills for items, by its published rules (Developer Guide, "DynamoDB Item sizes and formats").

Sizes are in bytes; a KB has 1,024 of them. An item with `LogType` is in the index too, which has all of it.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from logstead.storage.item import Item

WRITE_UNIT_BYTES: Final = 1_024
READ_UNIT_BYTES: Final = 4_096
STORED_OVERHEAD_BYTES: Final = 100
"""What storage counts for each item beside its own bytes, in the table and again in the index."""

_CONTAINER_BYTES: Final = 3
_ELEMENT_BYTES: Final = 1


def item_bytes(item: Item) -> int:
    """Return an item's size: the names and the values of its attributes."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def is_indexed(item: Item) -> bool:
    """Tell whether an item is in the index as well."""
    return "LogType" in item


def write_units(item: Item) -> int:
    """Return the write units of putting a new item: for each started KB, in the table and in the index."""
    return math.ceil(item_bytes(item) / WRITE_UNIT_BYTES) * (2 if is_indexed(item) else 1)


def stored_bytes(item: Item) -> int:
    """Return the bytes that an item counts for in storage, the index included."""
    return (item_bytes(item) + STORED_OVERHEAD_BYTES) * (2 if is_indexed(item) else 1)


def query_units(items: Iterable[Item]) -> float:
    """Return the read units of an eventually consistent query of these: half for 4 KB, by their sum."""
    return math.ceil(sum(map(item_bytes, items)) / READ_UNIT_BYTES) / 2


def get_units(items: Iterable[Item]) -> float:
    """Return the read units of getting these eventually consistently: half for 4 KB, each by itself."""
    return sum(math.ceil(item_bytes(item) / READ_UNIT_BYTES) for item in items) / 2


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(str(content).encode())
    if kind == "B":
        return len(bytes(content))
    if kind == "N":  # one byte for two significant digits, and one more
        return math.ceil(len(content.lstrip("-0").replace(".", "")) / 2) + 1 + int(content.startswith("-"))
    if kind == "L":
        return _CONTAINER_BYTES + sum(_ELEMENT_BYTES + _value_bytes(element) for element in content)
    raise ValueError(f"no item of ours has a value of the type {kind}")
