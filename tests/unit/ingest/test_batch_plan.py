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


@pytest.mark.parametrize("count", (1, 2, 300))
def test_a_pack_of_columns_is_that_of_the_entries(count: int) -> None:
    """Body and header agree to the last byte, so a retry by either way finds its pack."""
    rows = rows_of(count)
    (pack,) = plan_batch(rows, RECEIPT).packs
    assert isinstance(pack.sent, Columns)
    assert make_pack(PACK, pack.sent, 5) == make_pack(PACK, entries_of(rows), 5)
    assert pack.count == count
    assert pack.newest == max(entry.date_time for entry in entries_of(rows) if entry)


def test_a_batch_of_another_kind_is_planned_entry_by_entry() -> None:
    """Out of order, with a refused row, or with ids of their own."""
    refused = DecodedRow({"severity": "info", "dateTime": "2026-02-09T21:50:20Z"}, (), 10)
    copy = DecodedRow({**dict(rows_of(1)[0].fields or {}), "message": '{"a":1}'}, (), 10)
    assert isinstance(plan_batch([copy], RECEIPT).packs[0].sent, list)
    for rows in (rows_of(30)[::-1], [*rows_of(30), refused], rows_of(30, own_ids=True)):
        (pack,) = plan_batch(rows, RECEIPT).packs
        assert pack.sent == entries_of(rows)
        assert pack.count == 30


def test_a_batch_that_crosses_a_minute_is_more_than_one_pack() -> None:
    """Each entry in one of them, at its place in the batch."""
    rows = rows_of(20)
    for row in rows[10:]:
        assert row.fields is not None
        row.fields["dateTime"] = str(row.fields["dateTime"]).replace("T21:50", "T21:51")
    packs = plan_batch(rows, RECEIPT).packs
    assert [pack.indexes for pack in packs] == [list(range(10)), list(range(10, 20))]
