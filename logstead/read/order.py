"""The total order of a read, (`dateTime`, id), newest or oldest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

_BEFORE_ALL_IDS: Final = ""
_AFTER_ALL_IDS: Final = "\U0010ffff"


class Position(NamedTuple):
    """A place in the total order: that of an entry, or one between two."""

    date_time: str
    id: str


_Place = TypeVar("_Place", str, Position)


@dataclass(frozen=True, slots=True)
class Order:
    """A direction through the total order; compares times, and positions."""

    newest_first: bool

    def precedes(self, one: _Place, other: _Place) -> bool:
        """Tell whether a walk comes to `one` before it comes to `other`."""
        return one > other if self.newest_first else one < other

    def first(self, places: Iterable[_Place]) -> _Place | None:
        """Return what a walk comes to first; None where there is nothing."""
        return (max if self.newest_first else min)(places, default=None)

    def before_all_of(self, date_time: str) -> Position:
        """Return the position right before all entries of a time."""
        return Position(date_time, _AFTER_ALL_IDS if self.newest_first else _BEFORE_ALL_IDS)
