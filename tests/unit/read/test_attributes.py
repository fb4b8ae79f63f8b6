"""Attribute equality, by a dotted path and a value as text, in single entries and in packs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead.entry import LogEntry, canonical_json
from logstead.read.attributes import attributes_condition
from tests.unit.read.table import Table, at, entry_of, places_of, uuid_of

HELD = {
    "user": "ann",
    "empty": "",
    "status": 500,
    "ratio": 0.5,
    "whole": 1.0,
    "large": 1e21,
    "ok": True,
    "none": None,
    "tags": ["a", {"b": 1}],
    "http": {"status": 404, "path": "/a b?c=d&e", "headers": {"x.y": "1"}},
    "k8s.pod": {"name.space": "prod"},
    "k8s": {"pod": {"name": "p1"}},
    "größe": {"名": "値😀"},
    "a": {"": {"b": "deep"}},
}


def matches(attributes: Any, *wanted: tuple[str, str]) -> bool:
    """Tell whether an entry with these attributes is wanted."""
    text = None if attributes is None else canonical_json(attributes)
    return attributes_condition(wanted)(LogEntry(uuid_of(1), at(0), "info", "m", None, text))


FOUND = (
    ("user", "ann"),
    ("empty", ""),
    ("status", "500"),
    ("ratio", "0.5"),
    ("whole", "1.0"),
    ("large", "1e+21"),
    ("ok", "true"),
    ("none", "null"),
    ("tags", '["a",{"b":1}]'),
    ("http.status", "404"),
    ("http.path", "/a b?c=d&e"),
    ("http.headers.x.y", "1"),
    ("k8s.pod.name.space", "prod"),
    ("k8s.pod.name", "p1"),
    ("größe.名", "値😀"),
    ("a..b", "deep"),
)
NOT_FOUND = (
    ("user", "Ann"),
    ("user", ""),
    ("User", "ann"),
    ("user.x", "ann"),
    ("status", "500.0"),
    ("status", "5e2"),
    ("whole", "1"),
    ("large", "1e21"),
    ("ok", "True"),
    ("none", ""),
    ("none", "None"),
    ("tags.0", "a"),
    ("http", "404"),
    ("http.", "404"),
    ("http.status.", "404"),
    (".user", "ann"),
    ("k8s.pod", "p1"),
    ("missing", ""),
    ("missing", "null"),
)


@pytest.mark.parametrize(("path", "value"), FOUND)
def test_a_value_is_found_by_its_path(path: str, value: str) -> None:
    """Text as it is, all else as JSON; names with dots in them, empty names, any Unicode."""
    assert matches(HELD, (path, value))


@pytest.mark.parametrize(("path", "value"), NOT_FOUND)
def test_any_other_value_or_path_is_not(path: str, value: str) -> None:
    """What is absent equals nothing, not even the empty text."""
    assert not matches(HELD, (path, value))


def test_a_pack_finds_what_an_entry_alone_does() -> None:
    """Its joined texts are looked through first, which must rule out nothing that matches."""
    table = Table()
    texts = ['{"x":1}', canonical_json(HELD), None]
    table.put_pack([entry_of(at(n), attributes=text) for n, text in enumerate(texts)])
    app = table.service()
    for is_found, pairs in ((True, FOUND), (False, NOT_FOUND)):
        for path, value in pairs:
            logs = app.get(query=[(f"attributes.{path}", value)]).json()["logs"]
            assert [one["dateTime"] for one in logs] == [at(1)] * is_found, (path, value)


def test_a_pack_without_attributes_holds_nothing_that_is_wanted() -> None:
    """Not even the empty text."""
    table = Table()
    table.put_pack([entry_of(at(1))])
    assert table.service().get(query=[("attributes.x", "")]).json()["count"] == 0


@pytest.mark.parametrize("value", ("\x00", 'a"b', "a\\b", "\u2028", "\n"))
def test_a_value_of_any_characters_is_compared(value: str) -> None:
    """What JSON escapes, too."""
    table = Table()
    table.put_pack([entry_of(at(1), attributes=canonical_json({"x": value}))])
    assert table.service().get(query=[("attributes.x", value)]).json()["count"] == 1


def test_all_pairs_hold_together() -> None:
    """Two paths are two conditions; an entry without attributes meets none."""
    assert matches(HELD, ("user", "ann"), ("ok", "true"))
    assert not matches(HELD, ("user", "ann"), ("ok", "false"))
    assert not matches(None, ("user", "ann"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "a.b", ""]), inner)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "a.b", "", "."]), JSON, max_size=4))
def test_every_value_is_found_by_the_path_of_its_names(attributes: dict[str, Any]) -> None:
    """Whatever the names are."""

    def paths(value: Any, prefix: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
        inner = value.items() if isinstance(value, dict) else ()
        here = [(".".join(prefix), value)] if prefix else []
        return here + [one for name, held in inner for one in paths(held, (*prefix, name))]

    for path, value in paths(attributes):
        text = value if isinstance(value, str) else canonical_json(value)
        assert matches(attributes, (path, text))


def test_a_path_of_thousands_of_names_costs_little() -> None:
    """Each value is looked at once at most: names and paths that fit in many ways don't multiply."""
    attributes: Any = "x"
    for _ in range(20):
        attributes = {"a": attributes, "a.a": attributes if isinstance(attributes, str) else {"a": "x"}}
    for _ in range(200):
        assert not matches(attributes, ("a" + ".a" * 4_000, "x"))


@pytest.mark.parametrize("is_packed", (False, True))
def test_a_read_finds_by_attributes(is_packed: bool) -> None:  # noqa: FBT001  # a parameter
    """In the query string, one in ten of 200 entries; a page's limit counts those that are found."""
    table = Table()
    entries = [
        entry_of(at(n), uuid_of(n), attributes=json.dumps({"n": n % 10, "é.x": "ü"}, ensure_ascii=False))
        for n in range(200)
    ]
    if is_packed:
        table.put_pack(entries)
    else:
        for entry in entries:
            table.put(entry)
    app = table.service()
    wanted = [place for place in table.places() if int(place[0][20:26]) % 10 == 7]
    query = [("attributes.n", "7"), ("attributes.é.x", "ü"), ("limit", "15")]
    first = app.get(query=query)
    assert places_of(first) == wanted[:15]
    second = app.get(query=[*query, ("cursor", first.json()["nextCursor"])])
    assert places_of(second) == wanted[15:]
    assert places_of(app.get(query=[("attributes.n", "70")])) == []
