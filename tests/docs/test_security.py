"""docs/security.md: the worst month by the limits, and the checks that it names."""

import re
from dataclasses import replace

import pytest

from bench import prices, worst_bill
from bench.worst_bill import CONCURRENCY_DEFAULT, CONCURRENCY_NEW, MONTH_S, Bill
from infra.stages import STAGES, WRITE_UNITS_MIN, Stage
from logstead import limits
from tests.docs import markdown

SECURITY = markdown.read("docs/security.md")


def test_the_page_gives_the_worst_month_of_each_stage() -> None:
    """The table is what the command prints."""
    stated = [
        (markdown.code(row["stage"]), row["who"], *(_number(row[name]) for name in COLUMNS))
        for row in markdown.rows(SECURITY, "stage")
    ]
    assert stated == [
        (
            name,
            who,
            *map(round, (new.writes, new.reads, new.storage, new.edge, new.functions, default.functions)),
        )
        for name, who, new, default in worst_bill.rows()
    ]


def test_who_must_sign_and_can_t_costs_nothing() -> None:
    """AWS refuses before a function runs."""
    assert worst_bill.worst_bill(STAGES["production"], is_let_in=False) == Bill()


def test_the_demo_s_writes_and_reads_follow_from_its_caps() -> None:
    """Two units each, as the index is billed like the table."""
    bill = worst_bill.worst_bill(STAGES["demo"], is_let_in=False)
    assert bill.writes == pytest.approx(WRITE_UNITS_MIN * 2 * MONTH_S * 0.625 / 1e6)
    assert bill.reads == pytest.approx(300 * 2 * MONTH_S * 0.125 / 1e6)


def test_reserved_concurrency_caps_the_functions() -> None:
    """To the same as in an account that has no more."""
    reserved: Stage = replace(STAGES["demo"], reserved_concurrency=CONCURRENCY_NEW)
    capped = worst_bill.worst_bill(reserved, is_let_in=True, concurrency=CONCURRENCY_DEFAULT)
    free = worst_bill.worst_bill(STAGES["demo"], is_let_in=True, concurrency=CONCURRENCY_DEFAULT)
    assert capped.functions < free.functions


def test_the_sums_in_the_text_follow_from_prices_and_limits() -> None:
    """What no setting caps is given for each thousand, or for each one, a second."""
    assert f"${1_000 * MONTH_S * prices.WAF_REQUEST:,.0f} a month for each 1,000 requests" in SECURITY
    line_kb = (limits.FAILURE_EVENT_BYTES_MAX + limits.FAILURE_TRACE_BYTES_MAX) / 1_024 + 4
    assert f"at most {line_kb:.0f} KB" in SECURITY
    dear = round(line_kb * 1_024 * MONTH_S / 1e9 * prices.CLOUDWATCH_INGEST_GB)
    assert f"${dear} a month for each one" in " ".join(SECURITY.split())


def test_every_setting_that_it_explains_exists() -> None:
    """A renamed one would leave advice that nobody can follow."""
    names = {name for row in markdown.rows(SECURITY, "setting") for name in _settings(row["setting"])}
    assert names <= set(Stage.__slots__)


def test_every_check_that_it_names_exists() -> None:
    """What is not proven end to end is checked there."""
    for row in markdown.rows(SECURITY, "what"):
        for name in re.findall(r"`(tests/[^`]+)`", row["checked by"]):
            assert (markdown.ROOT / name).is_file(), name


COLUMNS = ("writes", "reads", "storage", "API", "functions, 10 at once", "functions, 1,000 at once")


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _settings(cell: str) -> list[str]:
    """Return the settings in a cell: `auth` `iam` is the setting `auth` of one value."""
    found = re.findall(r"`([a-z0-9_-]+)`", cell)
    return found[:1] if found[0] in {"auth", "edge"} else found
