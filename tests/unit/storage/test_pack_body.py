import random
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead import limits
from logstead.entry import SEVERITIES, LogEntry
from logstead.errors import PackTooLarge
from logstead.storage.pack import make_pack
from logstead.storage.pack_codec import CODECS
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_encode import arrange
from logstead.storage.pack_id import derived_id
from logstead.storage.pack_layout import SEPARATOR
from tests.unit.storage.pack_samples import MINUTE, PACK, body_of, date_time, entry, sent


def expected(rows: list[LogEntry | None]) -> list[LogEntry]:
    """What a pack must hold of what was sent, told without the code under test."""
    with_ids = [
        row._replace(id=derived_id(PACK, position)) if "id" in row.filled else row
        for position, row in enumerate(rows)
        if row is not None
    ]
    unique: dict[tuple[str, str], LogEntry] = {}
    for row in with_ids:
        unique.setdefault((row.date_time, row.id), row)
    return [unique[key] for key in sorted(unique)]


@given(sent(), st.sampled_from(CODECS))
def test_a_pack_gives_back_what_was_sent(rows: list[LogEntry | None], codec: int) -> None:
    """Every field of every entry, by (`dateTime`, id), one of those that agree in both."""
    assert PackBody(PACK, body_of(rows, codec)).entries() == expected(rows)


@given(sent(), st.data())
def test_any_rows_decode_alone(rows: list[LogEntry | None], data: st.DataObject) -> None:
    """A page or a hit needs some rows: they come in the order asked for, as in the whole."""
    whole = expected(rows)
    picked = data.draw(st.lists(st.integers(0, len(whole) - 1)))
    body = PackBody(PACK, body_of(rows))
    assert body.entries(picked) == [whole[row] for row in picked]
    assert body.ids(picked) == [whole[row].id for row in picked]


@given(sent())
def test_the_columns_tell_times_severities_and_sources(rows: list[LogEntry | None]) -> None:
    """A histogram and a filter read these without any text or id."""
    whole = expected(rows)
    columns = PackBody(PACK, body_of(rows)).columns
    assert [date_time(offset, columns.minute) for offset in columns.microseconds] == [
        row.date_time for row in whole
    ]
    assert [SEVERITIES[code] for code in columns.severities] == [row.severity for row in whole]
    assert columns.sources == [row.source for row in whole]


@given(sent())
def test_the_messages_alone_tell_the_row_of_a_hit(rows: list[LogEntry | None]) -> None:
    """The messages are joined by a byte that none holds, so no literal matches across two of them."""
    whole = expected(rows)
    body = PackBody(PACK, body_of(rows))
    assert body.messages.split(SEPARATOR) == [row.message.encode() for row in whole]
    for number, row in enumerate(whole):
        start = body.message_starts[number]
        assert body.messages[start:].startswith(row.message.encode())
        assert bisect_right(body.message_starts, start) - 1 == number


@given(sent(), st.integers(0, 29))
def test_a_refused_entry_changes_no_other_id(rows: list[LogEntry | None], refused: int) -> None:
    """It keeps its position, so a retry after the rules changed finds each other entry where it was."""
    fewer = [None if position == refused else row for position, row in enumerate(rows)]
    if not any(fewer):
        assert make_pack(PACK, fewer, None) is None
        return
    before = {position: row for position, row in zip(*_ids(rows), strict=True) if position != refused}
    after = dict(zip(*_ids(fewer), strict=True))
    assert before.items() <= after.items()


def _ids(rows: list[LogEntry | None]) -> tuple[list[int], list[str]]:
    body = PackBody(PACK, body_of(rows))
    return list(body.positions), body.ids()


@given(sent())
def test_every_entry_is_found_by_its_id(rows: list[LogEntry | None]) -> None:
    """Derived or its own; an id that is not there is not found."""
    body = PackBody(PACK, body_of(rows))
    for row in expected(rows):
        found = body.find(row.id)
        assert found is not None
        assert found.id == row.id
    assert body.find("ffffffff-ffff-4fff-8fff-ffffffffffff") is None


def test_ids_of_equal_times_follow_arrival() -> None:
    """Agents send many lines of one time: they are read in the order in which they were logged."""
    rows: list[LogEntry | None] = [entry(7, str(number)) for number in range(300)]
    late_first: list[LogEntry | None] = [entry(9, "last"), *rows]
    assert [row.message for row in PackBody(PACK, body_of(rows)).entries()] == [str(n) for n in range(300)]
    assert PackBody(PACK, body_of(late_first)).entries()[-1].message == "last"
    assert PackBody(PACK, body_of(late_first)).ids()[-1] == PACK


def test_a_full_pack_comes_back() -> None:
    """4,096 entries, out of order, some with ids of their own, of more sources than a byte can number."""
    rows: list[LogEntry | None] = [
        entry(
            (number * 7_919) % 4_096 * 14_000,
            source=f"s{number % 700}",
            filled=("id",) if number % 3 else (),
            id="" if number % 3 else f"00000000-0000-4000-8000-{number:012x}",
        )
        for number in range(limits.PACK_ENTRIES_MAX)
    ]
    assert PackBody(PACK, body_of(rows)).entries() == expected(rows)


def test_of_entries_that_agree_in_time_and_id_the_first_stands() -> None:
    """Readers show such entries once, so the pack counts them once."""
    own = "0e5f8a30-7b1c-4c3e-8d2f-9a1b2c3d4e5f"
    twice = [entry(1, "first", id=own, filled=()), entry(1, "second", id=own, filled=())]
    later = entry(2, "at another time", id=own, filled=())
    assert [row.message for _, row in arrange(PACK, [*twice, later])] == ["first", "at another time"]


def test_a_pack_never_crosses_a_minute() -> None:
    """The split sees to it; the encoder would lose the difference, so it refuses."""
    rows = arrange(PACK, [entry(0), entry(0, date_time=date_time(0, "2026-02-09T21:51"))])
    with pytest.raises(ValueError, match="minute"):
        body_of([row for _, row in rows])


def test_a_body_is_the_same_every_time() -> None:
    """Two senders of one batch at once write one body."""
    rows: list[LogEntry | None] = [entry(number, f"message {number}") for number in range(500)]
    assert body_of(rows) == body_of(rows)


def test_any_year_can_be_packed() -> None:
    """The service takes entries of any age."""
    for minute in ("0001-01-01T00:00", "1969-12-31T23:59", "9999-12-31T23:59", MINUTE):
        rows: list[LogEntry | None] = [entry(0, date_time=date_time(59_999_999, minute))]
        assert PackBody(PACK, body_of(rows)).entries()[0].date_time == date_time(59_999_999, minute)


def test_what_an_item_cannot_hold_is_no_pack() -> None:
    """It takes entries that were not split by their sizes; the storage would refuse the item."""
    rnd = random.Random(1)
    noise = "".join(chr(rnd.randrange(0x4E00, 0x9FFF)) for _ in range(200_000))
    with pytest.raises(PackTooLarge, match="item"):
        body_of([entry(0, noise)])
    with pytest.raises(PackTooLarge, match="decompress"):
        body_of([entry(0, "a" * (limits.PACK_DECODED_BYTES_MAX + 1))])
