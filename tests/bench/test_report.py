from dataclasses import replace

import pytest

from bench.report import Row, as_json, table

ROW = Row(name="POST", unit="ms", ours=11, baseline=12.5, floor=7)


def test_a_ratio_is_ours_by_the_baselines() -> None:
    """Above the floor where the row says so, of the whole figures otherwise."""
    assert ROW.ratio == pytest.approx(11 / 12.5)
    assert replace(ROW, above_floor=True).ratio == pytest.approx(4 / 5.5)


@pytest.mark.parametrize(
    "row",
    (replace(ROW, baseline=None), replace(ROW, baseline=0), replace(ROW, baseline=7, above_floor=True)),
)
def test_there_is_no_ratio_without_something_to_divide_by(row: Row) -> None:
    """A baseline of nothing, or of no more than the floor, gives none instead of an absurd one."""
    assert row.ratio is None


@pytest.mark.parametrize(
    ("row", "holds"),
    (
        (ROW, None),
        (replace(ROW, ratio_max=0.88), True),
        (replace(ROW, ratio_max=0.87), False),
        (replace(ROW, baseline=None, ratio_max=0.87), False),
        (replace(ROW, ours_max=11), True),
        (replace(ROW, ours_max=10), False),
    ),
)
def test_a_row_holds_up_to_its_bound_and_not_beyond(row: Row, *, holds: bool | None) -> None:
    """A bound on a ratio that can't be formed is missed, not passed over."""
    assert row.holds is holds


def test_the_table_says_which_rows_miss_what_is_asked() -> None:
    """A line a row, columns under their heads, nothing asked shown as a dash."""
    lines = table([ROW, replace(ROW, name="a longer name", ratio_max=0.5)]).splitlines()
    assert lines[0].split() == ["unit", "ours", "baseline", "floor", "ratio", "asked"]
    assert lines[1].split() == ["POST", "ms", "11", "12.5", "7", "0.88", "-"]
    assert lines[2].split() == [
        "a",
        "longer",
        "name",
        "ms",
        "11",
        "12.5",
        "7",
        "0.88",
        "<=",
        "0.50",
        "MISSED",
    ]
    assert lines[1].index("ms") == lines[2].index("ms")


def test_the_json_has_the_derived_figures_too() -> None:
    """So that a program need not know how a ratio is formed."""
    (row,) = as_json([replace(ROW, ratio_max=0.9)])
    assert row["ours"] == 11
    assert row["ratio"] == pytest.approx(0.88)
    assert row["holds"] is True
