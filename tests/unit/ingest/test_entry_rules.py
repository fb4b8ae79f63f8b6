import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead import limits
from logstead.entry import LogEntry, Receipt, entry_as_json, normalise_id, parse_entry, same_content
from logstead.errors import InvalidEntry
from logstead.storage.item import entry_as_item
from tests.unit.entry_check import broken_rules
from tests.unit.fakes import ITEM_BYTES_MAX, item_bytes

RECEIPT = Receipt("2026-02-09T21:50:20.846154+00:00", "2026-02-09T22:05:20.846154+00:00")
ID = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"
MADE_ID = "ffffffff-9f0a-4c57-8a55-3a2f3d0b9c11"
GOOD: dict[str, Any] = {"severity": "info", "message": "hello"}


def parse(fields: dict[str, Any]) -> LogEntry:
    """Parse as at `RECEIPT`."""
    return parse_entry(fields, RECEIPT, lambda: MADE_ID)


def problems(fields: dict[str, Any]) -> dict[str, str]:
    """Return the problems of an invalid entry by field."""
    with pytest.raises(InvalidEntry) as caught:
        parse(fields)
    assert caught.value.problems
    return {one.field: one.problem for one in caught.value.problems}


def test_the_service_fills_in_an_absent_id_and_time_and_records_that_it_did() -> None:
    """An absent `id` is made, an absent `dateTime` is now; `filled` names both."""
    assert parse(GOOD) == LogEntry(MADE_ID, RECEIPT.now, "info", "hello", filled=("id", "dateTime"))


def test_what_the_client_gave_is_kept_and_nothing_is_filled() -> None:
    """A whole entry is stored as given, normalised."""
    entry = parse(
        {**GOOD, "id": ID, "dateTime": "2026-01-01T00:00:00Z", "source": "web", "attributes": {"a": 1}}
    )
    assert entry == LogEntry(ID, "2026-01-01T00:00:00.000000+00:00", "info", "hello", "web", '{"a":1}')


@pytest.mark.parametrize("field", ("id", "dateTime", "source", "attributes"))
def test_null_is_as_good_as_absent_for_an_optional_field(field: str) -> None:
    """`null` in an optional field reads as no such field."""
    assert parse({**GOOD, field: None}) == parse(GOOD)


@pytest.mark.parametrize("version", "012345678f")
def test_a_uuid_of_any_version_is_an_id(version: str) -> None:
    """`id` is any RFC 9562 UUID, the nil and the max one included."""
    assert parse({**GOOD, "id": f"0b5c2f4e-9f0a-{version}c57-8a55-3a2f3d0b9c11"}).id[14] == version
    for special in ("00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"):
        assert parse({**GOOD, "id": special}).id == special.lower()


def test_an_id_is_stored_lower_case_and_hyphenated() -> None:
    """Two spellings of one UUID are one id."""
    assert parse({**GOOD, "id": ID.upper()}).id == ID


@pytest.mark.parametrize(
    "value",
    (
        "",
        " ",
        "1",
        1,
        True,
        [],
        {},
        [ID],
        ID[:-1],
        ID + "0",
        ID + "\n",
        " " + ID,
        ID.replace("-", ""),
        "{" + ID + "}",
        "urn:uuid:" + ID,
        ID.replace("0", "g", 1),
        ID.replace("0", "\u0660", 1),
        ID.replace("0", "\ud800", 1),
        "PACK#" + ID,
        "LOG#1",
    ),
)
def test_what_is_no_uuid_is_no_id(value: object) -> None:
    """Anything but the textual form of a UUID is a problem of `id`, so no other kind of key is."""
    assert problems({**GOOD, "id": value}).keys() == {"id"}


@pytest.mark.parametrize("severity", ("info", "warning", "error"))
def test_each_of_the_three_severities_is_taken(severity: str) -> None:
    """`severity` is info, warning or error."""
    assert parse({**GOOD, "severity": severity}).severity == severity


@pytest.mark.parametrize(
    "value", (None, "", "INFO", "Error", "warn", "info ", "fatal", "inf\u043e", 0, ["info"], {}, True)
)
def test_any_other_severity_is_a_problem(value: object) -> None:
    """`severity` is required and spelt exactly so."""
    assert problems({**GOOD, "severity": value}).keys() == {"severity"}


@pytest.mark.parametrize(
    "value", ("x", " x ", "\u0000", "line\nline", "😀", "\u202e", "a" * 10_000, "\ufeff")
)
def test_any_unicode_text_that_is_not_blank_is_a_message_and_kept_exactly(value: str) -> None:
    """`message` is kept character for character: no trimming, no normalisation."""
    assert parse({**GOOD, "message": value}).message == value


@pytest.mark.parametrize(
    "value", (None, "", " ", "\t\r\n", "\u00a0\u2003", 1, 1.5, False, [], {}, ["x"], "a\ud800", "\udfff")
)
def test_what_is_blank_no_text_or_no_unicode_is_no_message(value: object) -> None:
    """`message` is required, not blank, valid Unicode."""
    found = problems({**GOOD, "message": value})
    assert found.keys() == {"message"}
    assert (found["message"] == "is required") is (value is None)


@pytest.mark.parametrize("value", ("", " ", 1, [], {}, "x\udc00", "s" * (limits.SOURCE_CHARACTERS_MAX + 1)))
def test_a_source_is_a_short_text_when_it_is_given(value: object) -> None:
    """`source` may be absent, but not blank, too long, or anything but Unicode text."""
    assert problems({**GOOD, "source": value}).keys() == {"source"}


def test_the_longest_source_is_taken() -> None:
    """The limit of `source` counts characters and is itself allowed."""
    longest = "😀" * limits.SOURCE_CHARACTERS_MAX
    assert parse({**GOOD, "source": longest}).source == longest


@pytest.mark.parametrize("value", ([], [1], "x", 1, 0, True, False, ""))
def test_attributes_are_an_object(value: object) -> None:
    """`attributes` of any other kind is a problem, falsy values included."""
    assert problems({**GOOD, "attributes": value}).keys() == {"attributes"}


def test_unknown_fields_become_attributes() -> None:
    """Nothing a client sent is dropped: not null, not empty, not a field spelt in another case."""
    fields = {**GOOD, "attributes": {"a": 1}, "Message": "m", "host": {"name": None}, "": [], "tags": ["x"]}
    stored = json.loads(parse(fields).attributes or "")
    assert stored == {"a": 1, "Message": "m", "host": {"name": None}, "": [], "tags": ["x"]}


def test_empty_attributes_are_none() -> None:
    """`{}` says no more than its absence."""
    assert parse({**GOOD, "attributes": {}}) == parse(GOOD)


def test_a_name_at_the_top_level_and_in_attributes_is_a_problem() -> None:
    """Neither of two values of one name wins silently."""
    assert problems({**GOOD, "a": 1, "attributes": {"a": 1}}).keys() == {"a"}


def test_attributes_may_bear_the_names_of_fields() -> None:
    """A name inside `attributes` never means the field of that name."""
    entry = parse({**GOOD, "attributes": {"id": 1, "severity": "x", "attributes": {}}})
    assert json.loads(entry.attributes or "") == {"id": 1, "severity": "x", "attributes": {}}


def test_every_problem_is_named_at_once() -> None:
    """One reply names all that is wrong, each field once."""
    fields = {
        "id": 1,
        "dateTime": "yesterday",
        "severity": "fatal",
        "message": " ",
        "source": [],
        "attributes": {"a": 1, "b": "\ud800"},
        "a": 2,
        "c": "\udc00",
    }
    assert set(problems(fields)) == {
        "id",
        "dateTime",
        "severity",
        "message",
        "source",
        "a",
        "attributes.b",
        "c",
    }


def test_an_empty_object_lacks_what_is_required() -> None:
    """`severity` and `message` are the two required fields."""
    assert problems({}).keys() == {"severity", "message"}


def nested(levels: int, innermost: object) -> object:
    """Return `levels` containers around a value, objects and arrays in turn."""
    value = innermost
    for level in range(levels):
        value = [value] if level % 2 else {"n": value}
    return value


@pytest.mark.parametrize("innermost", (1, "x", [], {}), ids=repr)
def test_attributes_nest_as_deep_as_the_limit_and_no_deeper(innermost: object) -> None:
    """Depth counts objects and arrays, that of `attributes` included, an empty one like any other."""
    own = isinstance(innermost, list | dict)
    deepest = nested(limits.JSON_DEPTH_MAX - 1 - own, innermost)
    assert parse({**GOOD, "attributes": {"d": deepest}}).attributes
    assert parse({**GOOD, "d": deepest}).attributes
    assert problems({**GOOD, "attributes": {"d": [deepest]}}).keys() == {"attributes.d"}
    assert problems({**GOOD, "d": [deepest]}).keys() == {"d"}


def test_a_lone_surrogate_anywhere_in_attributes_is_a_problem_of_its_field() -> None:
    """Values, names and names deep down: none is stored, each is named."""
    fields = {**GOOD, "a": "\ud800", "b": {"x": ["\udfff"]}, "c": {"\ud800": 1}, "d\ud800": 1, "ok": "😀"}
    assert problems(fields).keys() == {"a", "b", "c", "d\ud800"}


def test_equal_attributes_have_equal_text_whatever_their_order() -> None:
    """Attributes are kept as canonical JSON, so a retry that orders names otherwise is the same content."""
    one, other = (
        parse({**GOOD, "b": {"y": 1, "x": 2}, "a": 3}),
        parse({**GOOD, "a": 3, "b": {"x": 2, "y": 1}}),
    )
    assert one == other


@pytest.mark.parametrize(
    ("change", "same"),
    (
        ({}, True),
        ({"dateTime": "2026-01-01T01:00:00+01:00"}, True),
        ({"dateTime": None}, True),
        ({"dateTime": "2026-01-01T00:00:00.000001Z"}, False),
        ({"severity": "error"}, False),
        ({"message": "hello "}, False),
        ({"source": None}, False),
        ({"source": "app"}, False),
        ({"attributes": {"a": 2}}, False),
        ({"attributes": None}, False),
        ({"attributes": None, "a": 1}, True),
        ({"b": 1}, False),
    ),
)
def test_content_is_the_same_when_all_fields_but_filled_ones_are(
    change: dict[str, Any], *, same: bool
) -> None:
    """Present or absent, every field counts; a time that the service filled in on either side doesn't."""
    full = {**GOOD, "id": ID, "dateTime": "2026-01-01T00:00:00Z", "source": "web", "attributes": {"a": 1}}
    one, other = parse(full), parse({**full, **change})
    assert same_content(one, other) is same
    assert same_content(other, one) is same


def test_an_entry_is_shown_with_the_fields_that_it_has() -> None:
    """The reply leaves out what is absent and shows attributes as the object they are."""
    assert entry_as_json(parse({**GOOD, "id": ID, "b": [1]})) == {
        "id": ID,
        "dateTime": RECEIPT.now,
        "severity": "info",
        "message": "hello",
        "attributes": {"b": [1]},
    }


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(
    st.sampled_from(["id", "dateTime", "severity", "message", "source", "attributes", "other"]) | st.text(),
    JSON_VALUES
    | st.uuids().map(str)
    | st.sampled_from(["info", "error", "2026-01-01T00:00:00Z", "2026-02-09T22:05:20.8461541Z"])
    | st.text(alphabet=st.characters(categories=["Cs", "Lu"])),
)


@given(FIELDS)
def test_any_fields_are_either_an_entry_that_keeps_the_rules_or_problems(fields: dict[str, Any]) -> None:
    """Whatever JSON decodes to, parsing ends in a valid entry or in named problems, never in an error."""
    try:
        entry = parse(fields)
    except InvalidEntry:
        assert all(re.fullmatch(r"\S.*", problem) for problem in problems(fields).values())
        return
    assert broken_rules(entry_as_item(entry, "LOG", None)) == []
    assert parse({**entry_as_json(entry)}) == LogEntry(
        entry.id, entry.date_time, entry.severity, entry.message, entry.source, entry.attributes
    ), "what is shown can be posted again as the same content"
    kept = json.loads(entry.attributes or "{}")
    known = ("id", "dateTime", "severity", "message", "source", "attributes")
    assert kept == (fields.get("attributes") or {}) | {n: v for n, v in fields.items() if n not in known}


@given(st.uuids())
def test_every_uuid_is_normal_in_its_own_text(value: Any) -> None:
    """Normalising changes the case alone, and once is enough."""
    assert normalise_id(str(value)) == str(value)
    assert normalise_id(str(value).upper()) == str(value)


def test_an_entry_that_no_item_can_hold_is_a_problem_of_its_attributes() -> None:
    """A float is stored written out: 256 KB of `1e15` would pass DynamoDB's 400 KB, so no put is tried."""
    grown = {**GOOD, "a": [1e15] * 50_000}
    assert problems(grown).keys() == {"attributes"}
    longest = limits.ENTRY_STORED_BYTES_MAX - len('{"a":""}') - len("hello")
    for text, is_taken in (
        ("x" * longest, True),
        ("x" * (longest + 1), False),
        ("\u00e9" * (longest // 2), True),
        ("\u00e9" * (longest // 2 + 1), False),
    ):
        if is_taken:
            assert item_bytes(entry_as_item(parse({**GOOD, "a": text}), "LOG#63", 2**40)) < ITEM_BYTES_MAX
        else:
            assert problems({**GOOD, "a": text}).keys() == {"attributes"}
