"""Rows of figures -> a table for people and JSON for programs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

DASH = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of the service beside the same one of the baseline.

    `floor` is what a function that does nothing, or an empty interpreter, takes in the same run; the ratio is
    of what lies above it where `above_floor` says so.
    """

    name: str
    unit: str
    ours: float
    baseline: float | None = None
    floor: float | None = None
    above_floor: bool = False
    ratio_max: float | None = None
    ours_max: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours as a multiple of the baseline's; None where there is nothing to divide by."""
        under = (self.floor or 0.0) if self.above_floor else 0.0
        if self.baseline is None or self.baseline <= under:
            return None
        return (self.ours - under) / (self.baseline - under)

    @property
    def holds(self) -> bool | None:
        """Whether the row is within what is asked of it; None where nothing is."""
        if self.ours_max is not None:
            return self.ours <= self.ours_max
        if self.ratio_max is None:
            return None
        return self.ratio is not None and self.ratio <= self.ratio_max


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text in columns."""
    head = ("", "unit", "ours", "baseline", "floor", "ratio", "asked", "")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)  # noqa: PLR2004 - name and unit are text
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows as plain values, the derived ones included."""
    return [asdict(row) | {"ratio": row.ratio, "holds": row.holds} for row in rows]


def _cells(row: Row) -> tuple[str, ...]:
    asked = DASH
    if row.ratio_max is not None:
        asked = f"<= {row.ratio_max:.2f}"
    elif row.ours_max is not None:
        asked = f"<= {_number(row.ours_max)}"
    return (
        row.name,
        row.unit,
        _number(row.ours),
        _number(row.baseline),
        _number(row.floor),
        DASH if row.ratio is None else f"{row.ratio:.2f}" + (" *" if row.above_floor else "  "),
        asked,
        {True: "holds", False: "MISSED", None: ""}[row.holds],
    )


def _number(value: float | None) -> str:
    if value is None:
        return DASH
    return str(int(value)) if value == int(value) else f"{value:.1f}"
