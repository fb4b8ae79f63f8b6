"""A usual batch is planned as columns, without making its entries: it must come to the same packs."""

from datetime import UTC, datetime

import pytest

from bench.corpus import as_sent, corpus
from logstead.entry import LogEntry, Receipt
from logstead.ingest.batch import DecodedRow
from logstead.ingest.batch_plan import plan_batch
from logstead.ingest.bulk_parse import parse_rows
from logstead.ingest.json_rows import decode_array
from logstead.storage.pack import make_pack
from logstead.storage.pack_id import pack_id
from logstead.storage.pack_layout import Columns

PACK = pack_id(b"a batch", 0)
RECEIPT = Receipt.at(datetime(2026, 2, 9, 22, tzinfo=UTC))


def rows_of(count: int, *, own_ids: bool = False) -> list[DecodedRow]:
    """Return the rows of a batch of the made corpus, in order of time."""
    rows = decode_array(as_sent(corpus(count, own_ids=own_ids)))
    assert rows is not None
    return rows


def entries_of(rows: list[DecodedRow]) -> list[LogEntry | None]:
    """Return the entries of rows, None for each that is refused."""
    parsed = parse_rows(rows, RECEIPT).entries()
    return [one if isinstance(one, LogEntry) else None for one in parsed]


def at_one_time(rows: list[DecodedRow]) -> list[DecodedRow]:
    """Return rows with their times cut to the minute, so that all are equal."""
    return [
        row_with(row, dateTime=str((row.fields or {})["dateTime"])[:17] + "00.000000+00:00") for row in rows
    ]


def row_with(row: DecodedRow, **fields: object) -> DecodedRow:
    """Return a row with other fields."""
    return DecodedRow({**(row.fields or {}), **fields}, (), row.size_bytes)


@pytest.mark.parametrize("count", (1, 2, 300))
@pytest.mark.parametrize("own_ids", (False, True))
@pytest.mark.parametrize("is_reversed", (False, True))
@pytest.mark.parametrize("has_ties", (False, True))
def test_a_pack_of_columns_is_that_of_the_entries(
    count: int, *, own_ids: bool, is_reversed: bool, has_ties: bool
) -> None:
    """Body and header agree to the last byte, so a retry by either way finds its pack."""
    rows = rows_of(count, own_ids=own_ids)
    rows = at_one_time(rows) if has_ties else rows
    rows = rows[::-1] if is_reversed else rows
    (pack,) = plan_batch(rows, RECEIPT).packs
    assert isinstance(pack.sent, Columns)
    assert make_pack(PACK, pack.sent, 5) == make_pack(PACK, entries_of(rows), 5)
    assert pack.count == count
    assert pack.newest == max(entry.date_time for entry in entries_of(rows) if entry)


def test_a_batch_of_another_kind_is_planned_entry_by_entry() -> None:
    """With a message stored twice, a refused row, ids of some rows only, or an id sent twice."""
    refused = DecodedRow({"severity": "info", "dateTime": "2026-02-09T21:50:20Z"}, (), 10)
    copy = row_with(rows_of(1)[0], message='{"a":1}')
    first, *others = rows_of(30, own_ids=True)
    for rows in ([copy], [*rows_of(30), refused], [row_with(first, id=None), *others], [first, first]):
        (pack,) = plan_batch(rows, RECEIPT).packs
        assert pack.sent == entries_of(rows)
        assert pack.count == len(rows) - rows.count(refused)


def test_an_entry_with_an_id_but_no_time_is_a_single_one() -> None:
    """It is conditionally put under its own id, in whatever batch it comes."""
    rows = [row_with(row, dateTime=None) for row in rows_of(2, own_ids=True)]
    plan = plan_batch(rows, RECEIPT)
    assert (len(plan.packs), [index for index, _ in plan.singles]) == (0, [0, 1])


def test_a_batch_that_crosses_a_minute_is_more_than_one_pack() -> None:
    """Each entry in one of them, at its place in the batch."""
    rows = rows_of(20)
    for row in rows[10:]:
        assert row.fields is not None
        row.fields["dateTime"] = str(row.fields["dateTime"]).replace("T21:50", "T21:51")
    packs = plan_batch(rows, RECEIPT).packs
    assert [pack.indexes for pack in packs] == [list(range(10)), list(range(10, 20))]
