"""Entry <-> item: a round trip, and every kind of damage shown with what is left."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead.entry import LogEntry, entry_as_json
from logstead.storage.item import entry_as_item, entry_from_item, expires_at
from logstead.storage.key import shard_name, shard_of
from tests.unit.service import Service

ID = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"
WHOLE = LogEntry(ID, "2026-02-09T21:50:20.846154+00:00", "info", "m", "web", '{"a":1}', ("dateTime",))
INDEXED = {
    "LogID": {"S": ID},
    "DateTime": {"S": WHOLE.date_time},
    "LogType": {"S": "LOG"},
}
BROKEN_VALUES: tuple[dict[str, Any], ...] = (
    {"N": "5"},
    {"NULL": True},
    {"BOOL": False},
    {"B": b"x"},
    {"L": [{"S": "x"}]},
    {"M": {"S": {"S": "x"}}},
    {"SS": ["x"]},
    {"S": ""},
    {},
)
BROKEN_ATTRIBUTES = (
    *("", "x", "[]", "1", "null", "{", '{"a":NaN}', '{"a":-Infinity}', '{"a":1e400}', '{"a":"\\ud800"}'),
    *('{"\\udc00":1}', '{"a":' + "[" * 32 + "]" * 32 + "}", "[" * 100_000, '{"a":' + "9" * 5_000 + "}"),
)


@pytest.mark.parametrize("expires", (None, 0, 2**40))
def test_an_entry_survives_its_item(expires: int | None) -> None:
    """What is written is what is read, filled fields included."""
    item = entry_as_item(WHOLE, "LOG#3", expires)
    assert entry_from_item(item) == WHOLE
    assert item["LogType"] == {"S": "LOG#3"}
    assert item.get("ExpiresAt") == (None if expires is None else {"N": str(expires)})


@pytest.mark.parametrize("missing", ("Severity", "Message", "Source", "Attributes", "Filled"))
@pytest.mark.parametrize("value", (None, *BROKEN_VALUES), ids=str)
def test_an_item_with_a_missing_or_broken_attribute_is_shown_with_what_it_has(
    app: Service, missing: str, value: dict[str, Any] | None
) -> None:
    """Never a crash, in the list and by id; the rest of the entry and the other entries are there."""
    item = entry_as_item(WHOLE, "LOG", None)
    del item[missing]
    if value is not None:
        item[missing] = value
    app.dynamodb.items[ID] = item
    other = app.post({"severity": "info", "message": "other"}).json()
    expected = entry_as_json(WHOLE)
    expected.pop(missing.lower(), None)
    assert app.get("/" + ID).json() == expected
    assert app.get().json() == {"count": 2, "logs": [other, expected]}
    assert app.printed == []


@pytest.mark.parametrize("text", BROKEN_ATTRIBUTES, ids=lambda text: text[:20])
def test_attributes_that_no_reply_can_carry_are_left_out(app: Service, text: str) -> None:
    """Broken JSON, infinities, lone surrogates, too much nesting, too many digits: the rest is shown."""
    app.dynamodb.items[ID] = {**entry_as_item(WHOLE, "LOG", None), "Attributes": {"S": text}}
    expected = {name: value for name, value in entry_as_json(WHOLE).items() if name != "attributes"}
    assert app.get().json()["logs"] == [expected]
    assert app.get("/" + ID).json() == expected


def test_a_bare_index_item_is_an_entry_of_id_and_time(app: Service) -> None:
    """The index guarantees no more than its keys."""
    app.dynamodb.items[ID] = dict(INDEXED)
    assert app.get().json()["logs"] == [{"id": ID, "dateTime": WHOLE.date_time}]


def test_an_item_that_another_writer_made_is_shown(app: Service) -> None:
    """The specification's own writer knows other times, ids and severities; the order is the index's."""
    app.dynamodb.items["custom-id"] = {
        **INDEXED,
        "LogID": {"S": "custom-id"},
        "DateTime": {"S": "2026-02-09 21:50"},
        "Severity": {"S": "fatal"},
        "Extra": {"M": {}},
    }
    posted = app.post({"severity": "info", "message": "m", "dateTime": "2026-02-09T21:50:00Z"}).json()
    foreign = {"id": "custom-id", "dateTime": "2026-02-09 21:50", "severity": "fatal"}
    assert app.get().json()["logs"] == [posted, foreign]


ATTRIBUTE_VALUES = st.recursive(
    st.fixed_dictionaries({}, optional={"S": st.text(), "N": st.text(), "NULL": st.just(value=True)})
    | st.fixed_dictionaries({"B": st.binary()}),
    lambda inner: st.fixed_dictionaries({"L": st.lists(inner)}),
    max_leaves=4,
)


@given(
    st.dictionaries(
        st.sampled_from(["Severity", "Message", "Source", "Attributes", "Filled", "x"]), ATTRIBUTE_VALUES
    )
)
def test_any_item_becomes_an_entry_that_can_be_shown(item: dict[str, Any]) -> None:
    """Whatever an item holds, it is turned into JSON that UTF-8 can carry."""
    entry = entry_from_item({**INDEXED, **item})
    json.dumps(entry_as_json(entry), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("date_time", "received", "days", "expires"),
    (
        ("2026-02-09T21:50:20.846154+00:00", "2026-02-09T21:50:21.000000+00:00", None, None),
        ("1970-01-01T00:00:00.000000+00:00", "1970-01-02T00:00:00.500000+00:00", 1, 2 * 86_400),
        ("1970-01-03T00:00:00.000000+00:00", "1970-01-02T00:00:00.500000+00:00", 1, 3 * 86_400),
        ("0001-01-01T00:00:00.000000+00:00", "1970-01-01T00:00:00.000000+00:00", 36_500, 36_500 * 86_400),
    ),
)
def test_expiry_is_the_later_of_two_times_and_the_retention(
    date_time: str, received: str, days: int | None, expires: int | None
) -> None:
    """In whole epoch seconds, as TTL wants them."""
    assert expires_at(date_time, received, days) == expires


@given(st.uuids(), st.integers(1, 64))
def test_a_shard_depends_on_the_id_alone_and_is_one_of_the_stages(entry_id: Any, shards: int) -> None:
    """Every id has one shard, among the names that the reader queries."""
    names = [shard_name(shard) for shard in range(shards)]
    assert shard_of(str(entry_id), shards) in names
    assert shard_of(str(entry_id), shards) == shard_of(str(entry_id), shards)
    assert shard_of(str(entry_id), 1) == "LOG"


@pytest.mark.parametrize("family", ("0b5c2f4e-9f0a-1c57-8a55-{:012x}", "{:08x}-9f0a-7c57-8a55-000000000000"))
def test_ids_that_differ_little_spread_over_the_shards(family: str) -> None:
    """Time-based and derived UUIDs fill no shard by more than a quarter above its share."""
    counts: dict[str, int] = {}
    for number in range(8_000):
        shard = shard_of(family.format(number), 8)
        counts[shard] = counts.get(shard, 0) + 1
    assert len(counts) == 8
    assert max(counts.values()) < 1_250


def test_shard_names_are_the_designs() -> None:
    """Shard 0 is `LOG`, so one shard is the specification's schema to the letter."""
    assert [shard_name(shard) for shard in range(3)] == ["LOG", "LOG#1", "LOG#2"]
