"""Searches over HTTP: which entries a walk with `q` or `regex` shows, page by page, and what it says."""

import re
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead import limits
from logstead.entry import LogEntry
from logstead.read import draft
from logstead.storage import pack_codec, pack_decode
from tests.unit.fakes import FakeDynamoDB
from tests.unit.read.table import Table, at, entry_of, pages_of, places_of, uuid_of, walk
from tests.unit.service import PAYLOAD_FORMATS, Service, make_event

MESSAGES = st.sampled_from(
    ["ab", "a", "b", "x\nab", "AB", "Straße", "STRASSE", "größe ab", "timeout after 5 ms", "a\u00ffb"]
)
ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 5) | st.integers(0, 59_999_999),
        st.none() | st.integers(0, 2**128 - 1),
        MESSAGES,
        st.sampled_from(["info", "error"]),
        st.sampled_from([None, "a", "b"]),
    ),
    max_size=12,
)
QUERIES = st.sampled_from(
    [
        {"q": "ab"},
        {"q": "a"},
        {"q": "no such text"},
        {"q": "ab", "case": "ignore"},
        {"q": "strasse", "case": "ignore"},
        {"q": "ab", "case": "exact"},
        {"regex": "a.?b"},
        {"regex": "^a"},
        {"regex": "AB$", "case": "ignore"},
        {"regex": r"after \d+ ms"},
        {"regex": "(?s)a.b"},
        {"q": "a", "regex": "b$"},
    ]
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "severity": st.just("error"),
        "source": st.just("a"),
        "since": st.just(at(3)),
        "until": st.just(at(30_000_000)),
        "order": st.sampled_from(["newest", "oldest"]),
    },
)
APPS = {shards: Service(shards=shards) for shards in (1, 3)}


def is_found(message: str, query: dict[str, str]) -> bool:
    """Tell whether a message is searched for, by Python's own means."""
    ignores_case = query.get("case") == "ignore"
    if "q" in query:
        wanted, text = query["q"], message
        if ignores_case:
            wanted, text = wanted.casefold(), text.casefold()
        if wanted not in text:
            return False
    if "regex" in query:
        pattern = query["regex"].replace("$", r"\Z")
        return re.search(pattern, message, re.IGNORECASE if ignores_case else 0) is not None
    return True


@given(
    st.lists(ENTRIES, max_size=4),
    ENTRIES,
    QUERIES,
    FILTERS,
    st.sampled_from(sorted(APPS)),
    st.integers(1, 20),
)
def test_a_walk_shows_all_that_is_found_and_nothing_else(  # noqa: PLR0913, PLR0917
    packs: list[list[Any]],
    singles: list[Any],
    query: dict[str, str],
    filters: dict[str, str],
    shards: int,
    limit: int,
) -> None:
    """In packs and single entries, with every filter, in both orders, across pages."""
    FakeDynamoDB.__init__(APPS[shards].dynamodb)
    table = Table(shards, APPS[shards].dynamodb)
    made = [
        [
            entry_of(
                at(time_us),
                None if number is None else uuid_of(number),
                message=text,
                severity=severity,
                source=source,
            )
            for time_us, number, text, severity, source in pack
        ]
        for pack in [*packs, singles]
    ]
    for pack in made[:-1]:
        if pack:
            table.put_pack(pack)
    for entry in {entry.id: entry for entry in made[-1]}.values():
        table.put(entry)
    expected = {
        (one.entry.date_time, one.entry.id)
        for one in table.readable
        if is_found(one.entry.message, query)
        and one.entry.severity in filters.get("severity", "info,error")
        and one.entry.source in ([filters["source"]] if "source" in filters else [None, "a", "b"])
        and filters.get("since", "") <= one.entry.date_time < filters.get("until", "~")
    }
    shown = walk(APPS[shards], *(query | filters).items(), ("limit", str(limit)))
    assert shown == sorted(expected, reverse=filters.get("order") != "oldest")


def table_with_needles(packs: int, needle_in: tuple[int, ...]) -> Table:
    """Return a table of packs, one a minute; those named have a needle each."""
    table = Table()
    for number in range(packs):
        minute = f"2026-02-09T21:{number:02d}"
        messages = [f"hay {row}" for row in range(20)]
        if number in needle_in:
            messages[7] = "hay needle hay"
        table.put_pack([entry_of(at(row, minute), message=text) for row, text in enumerate(messages)])
    return table


@pytest.mark.parametrize("order", ("newest", "oldest"))
@pytest.mark.parametrize("index_items", (2, 4_000))
def test_a_search_that_has_read_its_budget_says_how_far_it_looked(
    monkeypatch: pytest.MonkeyPatch, order: str, index_items: int
) -> None:
    """It answers with what it found, and all that lies before `searchedTo` was shown or is not wanted."""
    monkeypatch.setattr(limits, "READ_BODY_BYTES_MAX", 1)
    monkeypatch.setattr(limits, "INDEX_PAGE_ITEMS_MAX", index_items)
    table = table_with_needles(40, (3, 20))
    app = table.service()
    pages = pages_of(app, ("q", "needle"), ("order", order))
    assert len(pages) > 2
    needles = [one.place for one in table.readable if "needle" in one.entry.message]
    shown = []
    for page in pages[:-1]:
        reply = page.json()
        shown += places_of(page)
        assert reply["truncated"] is True
        to = reply["searchedTo"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", to)
        passed = [place for place in needles if (place[0] > to if order == "newest" else place[0] < to)]
        assert set(passed) <= set(shown)
    assert "searchedTo" not in pages[-1].json()
    assert "truncated" not in pages[-1].json()
    assert shown + places_of(pages[-1]) == sorted(needles, reverse=order == "newest")


def test_an_export_says_how_far_it_looked_in_its_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its body has no place for it."""
    monkeypatch.setattr(limits, "READ_BODY_BYTES_MAX", 1)
    monkeypatch.setattr(limits, "PACKS_AT_ONCE_MAX", 4)
    reply = table_with_needles(40, (3,)).service().get("/export", query=[("q", "needle")])
    assert reply.status == 200
    assert reply.body == b""
    assert reply.headers["logstead-searched-to"].startswith("2026-02-09T21:")
    assert "logstead-next-cursor" in reply.headers
    monkeypatch.undo()
    reply = table_with_needles(40, (3,)).service().get("/export", query=[("q", "needle")])
    assert reply.body.count(b"\n") == 1
    assert not {"logstead-searched-to", "logstead-next-cursor"} & reply.headers.keys()


class SlowClock:
    """A clock on which every look takes a second."""

    looks = 0

    def monotonic(self) -> float:
        """Return the time."""
        self.looks += 1
        return time.monotonic() + self.looks


def test_a_slow_search_ends_its_page_between_two_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs that were fetched but not looked through are the next page's."""
    monkeypatch.setattr(limits, "READ_BUDGET_S", 6.0)
    table = table_with_needles(40, (0, 13, 39))
    app = table.service()
    found, query, pages = [], [("q", "needle")], 0
    while query:
        monkeypatch.setattr(draft, "time", SlowClock())
        reply = app.get(query=query)
        found += places_of(reply)
        pages += 1
        cursor = reply.json().get("nextCursor")
        query = [("q", "needle"), ("cursor", cursor)] if cursor else []
    assert pages > 2
    assert found == sorted(
        (one.place for one in table.readable if "needle" in one.entry.message), reverse=True
    )


@pytest.mark.parametrize(
    ("query", "field", "problem"),
    (
        ({"q": ""}, "q", "must not be empty"),
        ({"regex": ""}, "regex", "must not be empty"),
        ({"q": "x" * 1_001}, "q", "is longer than 1,000 characters"),
        ({"regex": "x" * 1_001}, "regex", "is longer than 1,000 characters"),
        ({"regex": "("}, "regex", "is no regular expression of RE2: missing ): ("),
        ({"regex": r"\pL{3}"}, "regex", "makes 3,592 steps of RE2; 1,500 are taken"),
        ({"q": "x", "case": "Ignore"}, "case", "must be exact or ignore"),
        ({"q": "x", "case": ""}, "case", "must be exact or ignore"),
        ({"case": "ignore"}, "case", "says nothing without q or regex"),
    ),
)
@pytest.mark.parametrize("path", ("/", "/export"))
def test_a_search_that_can_not_be_made_is_a_problem_of_its_parameter(
    path: str, query: dict[str, str], field: str, problem: str
) -> None:
    """By name, and before anything is read."""
    app = APPS[1]
    FakeDynamoDB.__init__(app.dynamodb)
    reply = app.get(path, query=list(query.items()))
    assert (reply.status, reply.problem()) == (400, "invalid-parameter")
    assert reply.json()["errors"] == [{"field": field, "problem": problem}]
    assert app.dynamodb.calls == []


@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
def test_a_search_is_what_the_query_string_says_when_decoded(payload_format: str) -> None:
    """Spaces, plus signs, percent signs and letters beyond ASCII."""
    table = Table()
    for number, message in enumerate(("1 + 1 = 100 %", "größe", "中文", "a&b=c")):
        table.put(entry_of(at(number), uuid_of(number), message=message))
    app = table.service()
    for number, wanted in enumerate(("+ 1 = 100 %", "ö", "文", "&b=")):
        reply = app.get(query=[("q", wanted)], payload_format=payload_format)
        assert places_of(reply) == [(at(number), uuid_of(number))]


def test_a_lone_surrogate_is_no_text() -> None:
    """API Gateway's JSON can hold one."""
    for name in ("q", "regex", "source", "attributes.x"):
        event = make_event(payload_format="1.0")
        event["multiValueQueryStringParameters"] = {name: ["\ud800"]}
        reply = APPS[1].get_event(event)
        assert (reply.status, reply.fields()) == (400, [name])


def test_a_cursor_of_a_search_belongs_to_that_search() -> None:
    """Another text, or another case, is another query."""
    app = table_with_needles(5, (1, 2, 3)).service()
    cursor = app.get(query=[("q", "needle"), ("limit", "1")]).json()["nextCursor"]
    for other in ([("q", "hay")], [("q", "needle"), ("case", "ignore")], [("regex", "needle")], []):
        assert app.get(query=[*other, ("cursor", cursor)]).fields() == ["cursor"]


def test_a_search_that_finds_nothing_decodes_nothing_else_of_a_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each pack the messages are inflated, once, and no other frame."""
    app = table_with_needles(5, ()).service()
    inflated: list[int] = []

    def inflate(codec: int, packed: bytes, size: int) -> bytes:
        inflated.append(size)
        return pack_codec.inflate(codec, packed, size)

    monkeypatch.setattr(pack_decode, "inflate", inflate)
    assert walk(app, ("q", "needle")) == []
    assert len(inflated) == 5


def test_only_rows_that_are_found_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """By each of the searches, of the pack's 20."""
    app = table_with_needles(1, (0,)).service()
    decoded: list[int] = []
    entries = pack_decode.PackBody.entries

    def recording(body: pack_decode.PackBody, rows: Sequence[int]) -> list[LogEntry]:
        decoded.extend(rows)
        return entries(body, rows)

    monkeypatch.setattr(pack_decode.PackBody, "entries", recording)
    assert len(walk(app, ("q", "hay"), ("regex", "needle"))) == 1
    assert decoded == [7]
