"""Bulk parsing against `parse_entry`, which has the rules."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from logstead.entry import LogEntry, Receipt, parse_entry
from logstead.errors import FieldProblem, InvalidEntry
from logstead.ingest.batch import DecodedRow
from logstead.ingest.bulk_parse import parse_rows

RECEIPT = Receipt.at(datetime(2026, 2, 9, 21, 50, 20, tzinfo=UTC))
TIMES = st.sampled_from(
    [
        "2026-02-09T21:50:20.846154Z",
        "2026-02-09T21:50:20.846155+00:00",
        "2026-02-09t21:50:20.000001z",
        "2026-02-09 21:50:20.000001Z",
        "2026-02-09T21:50:20Z",
        "2026-02-09T21:50:20.1Z",
        "2026-02-09T21:50:20.84615499Z",
        "2026-02-09T21:50:61.846154Z",
        "2026-02-30T21:50:20.846154Z",
        "2026-02-09T21:50:20.84615x",
        "2026-02-09T21:50:20.\u0661\u0661\u0661\u0661\u0661\u0661Z",
        "2026-02-09T21:50:20x846154Z",
        "2026-02-09T22:05:20.000000Z",
        "2026-02-09T22:05:20.000001Z",
        "2026-02-09T21:50:20.846154",
        "2026-02-09T21:50:20.846154+01:00",
        "",
        5,
        None,
    ]
)
VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
IDS = st.sampled_from(
    [
        "0198C2A4-7b1e-7cc3-98c4-dc0c0c07398f",
        "0198c2a4-7b1e-7cc3-98c4-dc0c0c07398f",
        "0198c2a4-7b1e-7cc3-98c4-dc0c0c07399f",
        "0198c2a4-7b1e-7cc3-98c4-dc0c0c0739  ",
        "0198c2a4-7b1e-7cc3-98c4-dc0c0c07398g",
        "0198c2a4-7b1e-7cc3-98c4-dc0c0c0739-f",
        "0198c2a47-b1e-7cc3-98c4-dc0c0c07398f",
        "0198c2a4-7b1e-7cc3-98c4-dc0c0c07398\u0661",
        *("no", "", None, 5),
    ]
)
FIELDS = st.fixed_dictionaries(
    {
        "severity": st.sampled_from(["info", "warning", "error", "INFO", None, 5, ["info"]]),
        "message": st.sampled_from(["m", "", " ", "\n", "\u00e9", "\ud800", "a\x00b", None, 5, ["m"]])
        | st.text(),
    },
    optional={
        "dateTime": TIMES,
        "id": IDS,
        "source": st.sampled_from(["auth", "shop", "", "x" * 257, None, 5, ["auth"]]),
        "attributes": st.dictionaries(st.text(max_size=5), VALUES | st.lists(VALUES, max_size=2), max_size=3)
        | st.sampled_from([None, 5, [], {}, {"\ud800": 1}, {"a": "\ud800"}]),
        "unknown": VALUES,
    },
)


def _one_by_one(fields: dict[str, object]) -> LogEntry | tuple[FieldProblem, ...]:
    try:
        return parse_entry(fields, RECEIPT, str)
    except InvalidEntry as error:
        return error.problems


@given(st.lists(FIELDS, max_size=8))
def test_rows_in_bulk_are_parsed_as_one_by_one(batch: list[dict[str, object]]) -> None:
    """The fast way gives the same entries and the same problems, whatever rows came before."""
    rows = [DecodedRow(fields, (), 100) for fields in batch]
    assert parse_rows(rows, RECEIPT).entries() == [_one_by_one(dict(fields)) for fields in batch]


@given(st.lists(IDS, min_size=1, max_size=3))
def test_ids_in_bulk_are_taken_as_one_by_one(ids: list[object]) -> None:
    """Also where all rows are sound but for their ids, so that they are judged together."""
    rows = [DecodedRow({"severity": "info", "message": "m", "id": one}, (), 100) for one in ids]
    assert parse_rows(rows, RECEIPT).entries() == [_one_by_one(dict(row.fields or {})) for row in rows]


def test_a_row_that_could_not_be_decoded_keeps_its_problems() -> None:
    """Its problems are what the decoder said."""
    problems = (FieldProblem("entry", "is no JSON"),)
    assert parse_rows([DecodedRow(None, problems, 3)], RECEIPT).entries() == [problems]
