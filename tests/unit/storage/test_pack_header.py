from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead import limits
from logstead.entry import LogEntry
from logstead.errors import PackUnreadable
from logstead.storage.pack import Pack, make_pack
from logstead.storage.pack_codec import ZSTD
from logstead.storage.pack_header import MANY_SOURCES, PackHeader
from tests.unit.storage.pack_samples import PACK, date_time, entry, sent

ITEM = st.dictionaries(
    st.sampled_from(["S", "N", "L", "B", "NULL"]),
    st.none() | st.text(max_size=3) | st.integers() | st.lists(st.none() | st.text(max_size=2), max_size=2),
    max_size=2,
)


def pack_of_entries(rows: list[LogEntry | None], expires_at: int | None = None) -> Pack:
    """Return the pack of rows that keep at least one entry."""
    pack = make_pack(PACK, rows, expires_at)
    assert pack is not None
    return pack


@given(sent(), st.none() | st.integers(0, 4_000_000_000))
def test_header_and_body_items_both_tell_the_header(
    rows: list[LogEntry | None], expires_at: int | None
) -> None:
    """Who finds a body without a header copies the header from it."""
    pack = pack_of_entries(rows, expires_at)
    header_item = pack.header.header_item("LOG#3")
    body_item = pack.header.body_item(pack.body)
    assert PackHeader.from_item(header_item) == PackHeader.from_item(body_item) == pack.header
    assert header_item["LogID"] == {"S": f"PACK#{PACK}"}
    assert header_item["LogType"] == {"S": "LOG#3"}
    assert body_item["LogID"] == {"S": f"BODY#{PACK}"}
    assert body_item["Body"] == {"B": pack.body}
    assert "LogType" not in body_item


def test_the_header_tells_what_readers_skip_and_count_by() -> None:
    """Newest and oldest time, entries by severity, sources, size: without the body."""
    rows: list[LogEntry | None] = [
        entry(5, source="b", severity="error"),
        None,
        entry(2, source="a", severity="info"),
        entry(9, severity="info"),
    ]
    pack = pack_of_entries(rows)
    header = pack.header
    assert (header.oldest, header.newest) == (date_time(2), date_time(9))
    assert header.counts == (2, 0, 1)
    assert header.count == 3
    assert header.sources == ("a", "b")
    assert header.may_hold_source("a")
    assert not header.may_hold_source("c")
    assert header.has_unsourced
    assert not header.has_own_ids
    assert not header.holds_only_source("a")
    assert (header.codec, header.body_bytes) == (ZSTD, len(pack.body))
    assert header.to_item_attributes()["DateTime"] == {"S": date_time(9)}


@pytest.mark.parametrize(
    "sources",
    (
        [f"source-{number}" for number in range(limits.PACK_SOURCES_MAX + 1)],
        ["é" * 200, "ü" * 200],
    ),
)
def test_too_many_sources_are_not_named_and_skip_nothing(sources: list[str]) -> None:
    """The header stays within one write unit; a filter then reads the body."""
    header = pack_of_entries([entry(n, source=source) for n, source in enumerate(sources)]).header
    assert header.sources is MANY_SOURCES
    assert header.may_hold_source("anything")
    assert "Sources" not in header.to_item_attributes()


def test_the_largest_header_item_costs_one_write_unit() -> None:
    """1 KB is one unit: names and values of every attribute count (DynamoDB's item size rules)."""
    sources = [f"{number:02d}" + "x" * 14 for number in range(limits.PACK_SOURCES_MAX)]
    rows: list[LogEntry | None] = [entry(n, source=sources[n % 32]) for n in range(limits.PACK_ENTRIES_MAX)]
    item = pack_of_entries(rows, 4_000_000_000).header.header_item("LOG#63")
    named = item.pop("Sources")["L"]
    size = sum(len(name) + len(value.get("S") or value["N"]) for name, value in item.items())
    assert len(named) == limits.PACK_SOURCES_MAX
    assert size + len("Sources") + 3 + sum(1 + len(value["S"]) for value in named) <= 1_024


@pytest.mark.parametrize(
    ("name", "value"),
    (
        ("LogID", {"S": "0e5f8a30-7b1c-4c3e-8d2f-9a1b2c3d4e5f"}),
        ("LogID", {"S": f"PACK#{PACK[:-1]}1"}),
        ("DateTime", {"S": "2026-02-09"}),
        ("DateTime", {"N": "5"}),
        ("Oldest", {"S": "2026-02-09T21:49:00.000000+00:00"}),
        ("Oldest", {"S": date_time(8)}),
        ("InfoCount", {"N": "-1"}),
        ("InfoCount", {"N": "4097"}),
        ("WarningCount", {"N": "1e3"}),
        ("Codec", {"S": "2"}),
        ("BodyBytes", {}),
        ("ExpiresAt", {"N": "never"}),
    ),
)
def test_a_broken_attribute_is_named(name: str, value: dict[str, Any]) -> None:
    """A header that can't be trusted costs its own pack only, and the log says what is wrong with it."""
    item = pack_of_entries([entry(3)]).header.header_item("LOG") | {name: value}
    with pytest.raises(PackUnreadable, match=name if name != "InfoCount" else "InfoCount|counts"):
        PackHeader.from_item(item)


@pytest.mark.parametrize("sources", ({"S": "a"}, {"L": [{"N": "1"}]}, {"L": ["a"]}, {}))
def test_broken_sources_skip_nothing(sources: dict[str, Any]) -> None:
    """They only ever serve to skip, so a reader does without."""
    item = pack_of_entries([entry(3, source="a")]).header.header_item("LOG") | {"Sources": sources}
    assert PackHeader.from_item(item).may_hold_source("b")


@given(st.dictionaries(st.sampled_from([*pack_of_entries([entry(3)], 5).header.header_item("LOG")]), ITEM))
def test_no_item_does_more_than_be_unreadable(broken: dict[str, dict[str, Any]]) -> None:
    """Any value of any type in any attribute: a header, or the one error."""
    item = pack_of_entries([entry(3)], 5).header.header_item("LOG") | broken
    try:
        header = PackHeader.from_item(item)
    except PackUnreadable:
        return
    assert header.count > 0
