"""The query string of GET / and GET /export: every rule, every problem by the parameter's name."""

from datetime import UTC, datetime

import pytest

from logstead.errors import InvalidParameter
from logstead.read.parameters import EXPORT_LIMITS, GET_LIMITS, parse_read_query
from logstead.read.query import ReadQuery
from tests.unit.read.table import Table, at, entry_of, places_of
from tests.unit.service import PAYLOAD_FORMATS, Service, make_event

NOW = datetime(2026, 2, 9, 21, 50, 20, 846154, UTC)
EARLIER = "2026-02-09T21:00:00.000000+00:00"


def parse(*query: tuple[str, str]) -> ReadQuery:
    """Return what a query string asks for at `NOW`."""
    return parse_read_query(query, NOW, GET_LIMITS)


def problems_of(*query: tuple[str, str]) -> list[str]:
    """Return the parameters that a query string's problems name."""
    with pytest.raises(InvalidParameter) as caught:
        parse(*query)
    return [one.field for one in caught.value.problems]


def test_nothing_asked_for_is_the_newest_hundred() -> None:
    """No filter, newest first, and an export's page of ten thousand."""
    asked = parse()
    assert (asked.limit, asked.order.newest_first, asked.resume) == (100, True, None)
    assert asked.filter == type(asked.filter)()
    assert parse_read_query((), NOW, EXPORT_LIMITS).limit == 10_000


@pytest.mark.parametrize(
    ("text", "meant"),
    (
        ("2026-02-09T21:00:00Z", EARLIER),
        ("2026-02-09t22:00:00+01:00", EARLIER),
        ("2026-02-09T22:00:00 01:00", EARLIER),  # an unescaped + arrives as a space
        ("2026-02-09 22:00:00 01:00", EARLIER),
        ("2026-02-09 21:00:00Z", EARLIER),
        ("2026-02-09T16:00:00-05:00", EARLIER),
        ("0s", "2026-02-09T21:50:20.846154+00:00"),
        ("90s", "2026-02-09T21:48:50.846154+00:00"),
        ("15m", "2026-02-09T21:35:20.846154+00:00"),
        ("2h", "2026-02-09T19:50:20.846154+00:00"),
        ("7d", "2026-02-02T21:50:20.846154+00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000+00:00"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999+00:00"),
    ),
)
@pytest.mark.parametrize("name", ("since", "until"))
def test_a_time_is_rfc_3339_or_so_long_ago(name: str, text: str, meant: str) -> None:
    """In UTC and of fixed width, so that text order is time order."""
    assert getattr(parse((name, text)).filter, name) == meant


@pytest.mark.parametrize(
    "text",
    (
        *(
            "",
            " ",
            "now",
            "-1h",
            "1.5h",
            "1w",
            "1M",
            "h",
            "15 m",
            "15m ",
            "\uff11\uff15m",
            "1234567s",
            "999999d",
        ),
        *("2026-02-09", "2026-02-09T21:50:20", "2026-02-30T00:00:00Z", "1770673820", "2026-02-09T24:00:00Z"),
        *("2026-02-09T22:00:00  01:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
    ),
)
@pytest.mark.parametrize("name", ("since", "until"))
def test_any_other_time_is_a_problem(name: str, text: str) -> None:
    """Also one that lies outside the calendar."""
    assert problems_of((name, text)) == [name]


def test_since_lies_before_until() -> None:
    """An empty window is a mistake: of two times ago, that of since is the longer."""
    assert parse(("since", "2h"), ("until", "1h")).filter.until == "2026-02-09T20:50:20.846154+00:00"
    assert problems_of(("since", "1h"), ("until", "2h")) == ["until"]
    assert problems_of(("since", EARLIER), ("until", EARLIER)) == ["until"]


@pytest.mark.parametrize(
    ("values", "meant"),
    (
        (["error"], {"error"}),
        (["error,info"], {"error", "info"}),
        (["error", "info"], {"error", "info"}),
        (["error,error"], {"error"}),
        (["info,warning,error"], {"info", "warning", "error"}),
    ),
)
def test_severities_are_one_or_several(values: list[str], meant: set[str]) -> None:
    """With commas or given several times."""
    assert parse(*[("severity", value) for value in values]).filter.severities == frozenset(meant)


@pytest.mark.parametrize("text", ("", ",", "error,", "ERROR", "fatal", "error info", "error, info"))
def test_any_other_severity_is_a_problem(text: str) -> None:
    """Each is one of the three, as it is written."""
    assert problems_of(("severity", text)) == ["severity"]


@pytest.mark.parametrize("text", ("", "0", "-1", "1.0", "1e2", "1001", "9999999999", " 5", "\u0665", "all"))
def test_a_limit_is_a_whole_number_up_to_the_largest(text: str) -> None:
    """In digits; an export takes more."""
    assert problems_of(("limit", text)) == ["limit"]
    assert [parse(("limit", good)).limit for good in ("1", "1000", "007")] == [1, 1_000, 7]
    assert parse_read_query((("limit", "1001"),), NOW, EXPORT_LIMITS).limit == 1_001


@pytest.mark.parametrize(
    ("query", "fields"),
    (
        ([("order", "desc")], ["order"]),
        ([("order", "")], ["order"]),
        ([("source", "")], ["source"]),
        ([("source", " ")], ["source"]),
        ([("cursor", "")], ["cursor"]),
        ([("Limit", "5")], ["Limit"]),
        ([("attributes", "x")], ["attributes"]),
        ([("attributes.", "x")], ["attributes."]),
        ([("", "")], [""]),
        ([("limit", "5"), ("limit", "5")], ["limit"]),
        ([("source", "a"), ("source", "b")], ["source"]),
        ([("attributes.a", "1"), ("attributes.a", "2")], ["attributes.a"]),
        ([("dateTime", EARLIER)], ["dateTime"]),
        (
            [("x", "1"), ("limit", "0"), ("since", "?"), ("severity", "?"), ("order", "?"), ("source", "")],
            ["x", "since", "order", "source", "severity", "limit"],
        ),
    ),
)
def test_every_problem_is_named_at_once(query: list[tuple[str, str]], fields: list[str]) -> None:
    """A mistyped name, or one given twice, must not read as no filter."""
    assert sorted(problems_of(*query)) == sorted(fields)


@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
@pytest.mark.parametrize("path", ("/", "/export"))
def test_a_bad_query_string_is_a_400_and_costs_no_read(app: Service, path: str, payload_format: str) -> None:
    """By both kinds of event; a long name is cut, and not all of very many are named."""
    query = [("x" * 3_000, "1"), *[(f"x{number}", "") for number in range(150)]]
    reply = app.get_event(make_event(path=path, query=query, payload_format=payload_format))
    assert (reply.status, reply.problem(), len(reply.fields())) == (400, "invalid-parameter", 100)
    assert len(reply.body) < 20_000
    assert app.dynamodb.calls == []


def test_a_walk_goes_on_when_its_time_ago_has_passed_its_until(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page fixes the window; later pages don't look at what `since=1h` means by then."""
    table = Table()
    table.put_pack([entry_of(at(number)) for number in range(6)])
    app = table.service()
    clock = {"now": datetime(2026, 2, 9, 22, tzinfo=UTC)}

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # as much as the handler asks for
            del tz
            return clock["now"]

    monkeypatch.setattr("logstead.read.handler.datetime", Clock)
    query = [("since", "1h"), ("until", "2026-02-09T21:59:00Z"), ("limit", "4")]
    first = app.get(query=query)
    clock["now"] = datetime(2026, 2, 10, 22, tzinfo=UTC)
    assert app.get(query=query).fields() == ["until"]
    second = app.get(query=[*query, ("cursor", first.json()["nextCursor"])])
    assert places_of(first) + places_of(second) == table.places()


@pytest.mark.parametrize("path", ("/", "/export", "/histogram"))
@pytest.mark.parametrize(
    ("query", "field"),
    (
        ("q=%ff", "q"),
        ("q=%ED%A0%80", "q"),  # a surrogate, as no UTF-8 may have it
        ("source=%C3%28", "source"),
        ("severity=info&severity=%80", "severity"),
        ("attributes.a=%ff", "attributes.a"),
        ("attributes.%ff=1", "attributes.\ufffd"),
        ("%ff=1", "\ufffd"),
        ("cursor=%ff", "cursor"),
        ("since=%ff", "since"),
    ),
)
def test_bytes_that_are_no_utf_8_are_a_problem(path: str, query: str, field: str) -> None:
    """A filter that nobody meant would find what nobody asked for, or nothing."""
    event = make_event(path=path) | {
        "rawQueryString": query + ("&exact=true" if path == "/histogram" else "")
    }
    reply = Table().service().get_event(event)
    assert (reply.status, reply.problem()) == (400, "invalid-parameter")
    assert reply.json()["errors"] == [{"field": field, "problem": "is no UTF-8"}]


def test_the_replacement_character_itself_can_be_searched() -> None:
    """It is what stands for broken bytes in what agents sent."""
    table = Table()
    table.put(entry_of(at(1), message="caf\ufffd"))
    event = make_event() | {"rawQueryString": "q=%EF%BF%BD"}
    assert table.service().get_event(event).json()["count"] == 1


@pytest.mark.parametrize(("query", "field"), (("dateTime=%ff", "dateTime"), ("%ff=1", "\ufffd")))
def test_bytes_that_are_no_utf_8_are_a_problem_of_an_entry_s_path_too(query: str, field: str) -> None:
    """There a hint of the time is all that may be given."""
    event = make_event(path="/0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11") | {"rawQueryString": query}
    reply = Table().service().get_event(event)
    assert (reply.status, reply.problem(), reply.fields()) == (400, "invalid-parameter", [field])
