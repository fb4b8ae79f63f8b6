"""Pages that end early, by bytes of the reply, by those of bodies, by time: nothing is lost or repeated."""

import base64
from collections.abc import Callable

import pytest

from logstead import limits
from logstead.read.draft import Draft
from logstead.read.page import enveloped_bytes
from tests.unit.fakes import FakeDynamoDB
from tests.unit.read.table import (
    Table,
    at,
    entry_of,
    pages_of,
    places_of,
    random_entries,
    uuid_of,
    walk,
)

CUTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "reply": lambda patch: patch.setattr(limits, "RESPONSE_BYTES_MAX", 1),
    "bodies": lambda patch: patch.setattr(limits, "READ_BODY_BYTES_MAX", 1),
    "time": lambda patch: patch.setattr(Draft, "is_spent", lambda _: True),
}


def mixed_table(shards: int) -> Table:
    """Return single entries and overlapping packs of three minutes, some of equal times."""
    minutes = ["2026-02-09T21:50", "2026-02-09T21:51", "2026-02-10T09:00"]
    table = Table(shards, FakeDynamoDB(page_bytes_max=3_000))
    for number, minute in enumerate(minutes):
        for entry in random_entries(15, number, [minute]):
            table.put(entry)
        for pack in range(4):
            table.put_pack(random_entries(9, 100 * number + pack, [minute]))
        table.put_pack([entry_of(at(30_000_000, minute)) for _ in range(9)])
    return table


@pytest.mark.parametrize("order", ("newest", "oldest"))
@pytest.mark.parametrize("shards", (1, 3))
@pytest.mark.parametrize("cut", ("reply", "bodies", "time"))
def test_a_walk_cut_at_every_page_shows_all(
    monkeypatch: pytest.MonkeyPatch, cut: str, shards: int, order: str
) -> None:
    """Each page says that it was cut, and its cursor goes on right there."""
    table = mixed_table(shards)
    CUTS[cut](monkeypatch)
    monkeypatch.setattr(limits, "PACKS_AT_ONCE_MAX", 1)
    pages = pages_of(table.service(), ("order", order), ("limit", "1000"), pages_max=1_000)
    shown = [place for page in pages for place in places_of(page)]
    assert shown == table.places(newest_first=order == "newest")
    assert len(pages) > 3
    assert all(page.json()["truncated"] is True for page in pages[:-1])


@pytest.mark.parametrize("order", ("newest", "oldest"))
@pytest.mark.parametrize("cut", ("reply", "bodies", "time"))
def test_a_filtered_walk_cut_at_every_page_shows_all(
    monkeypatch: pytest.MonkeyPatch, cut: str, order: str
) -> None:
    """A page may be empty; its cursor has come forward all the same."""
    table = mixed_table(2)
    wanted = {one.place for one in table.readable if one.entry.severity == "error"}
    CUTS[cut](monkeypatch)
    shown = walk(table.service(), ("severity", "error"), ("order", order), pages_max=1_000)
    assert shown == sorted(wanted, reverse=order == "newest")


@pytest.mark.parametrize("order", ("newest", "oldest"))
def test_a_cut_before_the_place_where_a_page_began_repeats_nothing(
    monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """A pack that reaches over a minute makes the next page begin far before its place."""
    table = Table()
    table.put_pack([entry_of(at(time)) for time in (0, 30_000_000, 59_999_999)])
    for time in range(0, 60_000_000, 100_000):
        table.put(entry_of(at(time), uuid_of(time)))
    app = table.service()
    page = app.get(query=[("order", order), ("limit", "300")])
    shown = places_of(page)
    CUTS["time"](monkeypatch)
    while (cursor := page.json().get("nextCursor")) is not None:
        page = app.get(query=[("order", order), ("limit", "300"), ("cursor", cursor)])
        shown += places_of(page)
    assert shown == table.places(newest_first=order == "newest")


@pytest.mark.parametrize("order", ("newest", "oldest"))
@pytest.mark.parametrize("form", ("single", "packed"))
def test_a_page_that_comes_no_further_in_its_time_is_a_503(
    monkeypatch: pytest.MonkeyPatch, order: str, form: str
) -> None:
    """It never answers with the cursor that it was given: a client would follow it for ever."""
    monkeypatch.setattr(limits, "INDEX_PAGE_ITEMS_MAX", 20)
    monkeypatch.setattr(limits, "PACKS_AT_ONCE_MAX", 2)
    table = Table(shards=2)
    for number in range(100):
        if form == "single":
            table.put(entry_of(at(7), uuid_of(number)))
        else:
            table.put_pack([entry_of(at(7))])
    app = table.service()
    query = [("order", order), ("limit", "10")]
    monkeypatch.setattr(limits, "READ_BUDGET_S", -1.0)
    page = app.get(query=query)
    assert places_of(page) == []
    cursor = page.json()["nextCursor"]
    assert app.printed == []
    stuck = app.get(query=[*query, ("cursor", cursor)])
    assert (stuck.status, stuck.problem()) == (503, "storage-unavailable")
    assert "2026-02-09T21:50" in stuck.json()["detail"]
    assert [line["error"] for line in app.printed] == ["StorageUnavailable"]
    monkeypatch.setattr(limits, "READ_BUDGET_S", 60.0)
    going_on = app.get(query=[*query, ("cursor", cursor)])
    assert places_of(going_on) == table.places(newest_first=order == "newest")[:10]


def test_bodies_beyond_their_bytes_are_read_where_the_page_would_come_no_further(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bound on bodies ends a page that has come forward; time alone ends one that has not."""
    monkeypatch.setattr(limits, "READ_BODY_BYTES_MAX", 1)
    monkeypatch.setattr(limits, "PACKS_AT_ONCE_MAX", 1)
    table = Table()
    for number in range(20):
        table.put_pack([entry_of(at(7), uuid_of(1_000 * number + one)) for one in range(5)])
    assert walk(table.service(), ("limit", "10"), pages_max=20) == table.places()


@pytest.mark.parametrize("order", ("newest", "oldest"))
def test_an_entry_larger_than_the_reply_still_comes(monkeypatch: pytest.MonkeyPatch, order: str) -> None:
    """Alone on its page, between small ones that share theirs."""
    monkeypatch.setattr(limits, "RESPONSE_BYTES_MAX", 1_000)
    table = Table()
    table.put_pack([entry_of(at(time), message="x" * (5_000 if time == 5 else 9)) for time in range(10)])
    pages = pages_of(table.service(), ("order", order))
    shown = [places_of(page) for page in pages]
    assert [place for page in shown for place in page] == table.places(newest_first=order == "newest")
    assert [place[0] for place in next(page for page in shown if any(p[0] == at(5) for p in page))] == [at(5)]


def test_the_bound_on_an_entrys_size_holds() -> None:
    """What an entry takes of the reply inside Lambda's envelope is never more than is counted."""
    table = Table()
    table.put(entry_of(at(0), uuid_of(1), message='\x01"\\é😀' * 50, attributes='{"k":"\\u0001"}'))
    reply = table.service().read(
        {"requestContext": {"http": {"method": "GET"}}, "rawPath": "/", "rawQueryString": ""}, None
    )
    body = reply["body"]
    assert isinstance(body, str)
    raw = base64.b64decode(body) if reply["isBase64Encoded"] else body.encode()
    assert raw
    assert enveloped_bytes(table.readable[0].entry) > len(body.encode())
