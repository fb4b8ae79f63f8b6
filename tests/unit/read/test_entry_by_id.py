"""GET /{id}: one entry, wherever it stands; a 404 only where there surely is none."""

import pytest

from logstead.storage.pack_header import BODY_PREFIX, HEADER_PREFIX
from logstead.storage.pack_id import derived_id
from tests.unit.read.table import EXPIRED_S, LIVE_S, Table, at, entry_of, uuid_of
from tests.unit.service import Reply

OWN = uuid_of(7)
DAMAGES = ("flip", "cut", "lose", "newer")


def get(table: Table, entry_id: str, date_time: str | None = None) -> Reply:
    """GET an entry by its id, with its time as a hint or without."""
    return table.service().get(f"/{entry_id}", query=[("dateTime", date_time)] if date_time else [])


def assert_absent(reply: Reply) -> None:
    """Check that the service knows no such entry."""
    assert (reply.status, reply.problem()) == (404, "entry-not-found")


@pytest.mark.parametrize("shards", (1, 3))
def test_a_single_entry_is_found_by_key_before_the_index_shows_it(shards: int) -> None:
    """One consistent get, with a hint or without, in whatever case the id is written."""
    table = Table(shards)
    table.dynamodb.lagging.add(table.put(entry_of(at(1), OWN)))
    assert get(table, OWN.upper()).json()["id"] == OWN
    assert table.dynamodb.operations() == ["get_item"]
    assert get(table, OWN, at(1)).json()["id"] == OWN


def test_a_derived_id_is_found_by_key_before_the_index_shows_its_pack() -> None:
    """Header, then body; the body though an eventually consistent read does not show it yet."""
    table = Table(2)
    pack = table.put_pack([entry_of(at(n), message=f"m{n}") for n in (3, 1, 2)])
    table.dynamodb.lagging |= {HEADER_PREFIX + pack, BODY_PREFIX + pack}
    for position, number in enumerate((3, 1, 2)):
        reply = get(table, derived_id(pack, position))
        assert (reply.json()["message"], reply.json()["dateTime"]) == (f"m{number}", at(number))
    assert "query" not in table.dynamodb.operations()


def test_a_place_that_was_refused_and_one_beyond_the_pack_are_no_entries() -> None:
    """Their ids could be derived from the pack, but it does not hold them."""
    table = Table()
    pack = table.put_pack([entry_of(at(1)), None, entry_of(at(2))])
    assert get(table, derived_id(pack, 2)).status == 200
    for position in (1, 3, 4_095):
        assert_absent(get(table, derived_id(pack, position)))


@pytest.mark.parametrize("shards", (1, 3))
def test_an_id_of_its_own_in_a_pack_is_found_with_its_time(shards: int) -> None:
    """Among equal times, other packs and single entries; in any notation of the time; not without it."""
    table = Table(shards)
    for number in range(1, 30):
        table.put_pack([entry_of(at(5), uuid_of(100 * number + n)) for n in range(3)] + [entry_of(at(9))])
        table.put(entry_of(at(5), uuid_of(10_000 + number)))
    table.put_pack([entry_of(at(5), OWN, message="it"), entry_of(at(59_999_999))])
    assert get(table, OWN, at(5)).json()["message"] == "it"
    assert get(table, OWN, "2026-02-09T22:50:00.000005 01:00").json()["message"] == "it"  # + unescaped
    assert_absent(get(table, OWN, at(6)))
    assert_absent(get(table, uuid_of(8), at(5)))
    without = get(table, OWN)
    assert_absent(without)
    assert "?dateTime=" in without.json()["detail"]


def test_a_hint_costs_the_packs_of_its_time_alone() -> None:
    """Of a minute of packs, those are opened whose span holds the time."""
    table = Table()
    for second in range(50):
        table.put_pack(
            [entry_of(at(second * 1_000_000), uuid_of(second + 1)), entry_of(at(second * 1_000_000 + 5))]
        )
    assert get(table, uuid_of(8), at(7_000_000)).status == 200
    asked_for = [call["Keys"] for name, call in table.dynamodb.calls if name == "batch_get_item"]
    assert [len(keys) for keys in asked_for] == [1]


def test_a_pack_without_its_header_does_not_exist() -> None:
    """Body first, then header: until that came, the batch was never acknowledged."""
    table = Table()
    pack = table.put_pack([entry_of(at(1)), entry_of(at(2), OWN)])
    del table.dynamodb.items[HEADER_PREFIX + pack]
    assert_absent(get(table, derived_id(pack, 0)))
    assert_absent(get(table, OWN, at(2)))


@pytest.mark.parametrize("expires_at", (EXPIRED_S, LIVE_S))
def test_an_expired_entry_is_gone_though_it_was_not_deleted_yet(expires_at: int) -> None:
    """TTL deletes late: single, derived and own ids agree."""
    table = Table()
    table.put(entry_of(at(1), uuid_of(1)), expires_at)
    pack = table.put_pack([entry_of(at(1)), entry_of(at(2), OWN)], expires_at)
    replies = [get(table, uuid_of(1)), get(table, derived_id(pack, 0)), get(table, OWN, at(2))]
    assert [reply.status for reply in replies] == [404 if expires_at == EXPIRED_S else 200] * 3


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_pack_is_a_500_that_names_it_not_a_404(how: str) -> None:
    """It may hold the entry: to say that there is none would be a guess. One log line says which pack."""
    table = Table()
    pack = table.put_pack([entry_of(at(1)), entry_of(at(3), OWN), entry_of(at(5))])
    table.damage(pack, how)
    for entry_id, hint in ((derived_id(pack, 0), None), (derived_id(pack, 0), at(1)), (OWN, at(3))):
        app = table.service()
        reply = app.get(f"/{entry_id}", query=[("dateTime", hint)] if hint else [])
        assert (reply.status, reply.problem()) == (500, "pack-unreadable")
        assert [line["error"] for line in app.printed] == ["PackUnreadable"]
        assert pack[:-3] in app.printed_text()
    assert_absent(get(table, OWN, at(6)))  # it spans no such time
    assert_absent(get(table, OWN))  # and without its time, nobody looks


def test_an_entry_that_stands_beside_a_damaged_pack_is_found() -> None:
    """What was found needs no doubt."""
    table = Table()
    table.damage(table.put_pack([entry_of(at(1)), entry_of(at(5))]), "flip")
    table.damage(table.put_pack([entry_of(at(3))]), "header")
    table.put_pack([entry_of(at(3), OWN, message="it")])
    assert get(table, OWN, at(3)).json()["message"] == "it"
    reply = get(table, uuid_of(8), at(3))
    assert (reply.status, reply.problem()) == (500, "pack-unreadable")


def test_of_copies_in_several_packs_the_walk_and_the_id_show_the_same() -> None:
    """Entries that agree in time and id are one: that of the item with the lowest LogID."""
    table = Table(3)
    for number in range(9):
        table.put_pack([entry_of(at(3), OWN, message=f"copy {number}")])
    shown = table.service().get().json()["logs"]
    assert len(shown) == 1
    assert get(table, OWN, at(3)).json() == shown[0]


@pytest.mark.parametrize(
    ("query", "fields"),
    (
        ([("dateTime", "yesterday")], ["dateTime"]),
        ([("dateTime", "2026-02-09T21:50:20")], ["dateTime"]),
        ([("dateTime", at(1)), ("dateTime", at(1))], ["dateTime"]),
        ([("limit", "1"), ("x", "")], ["limit", "x"]),
    ),
)
def test_a_bad_hint_is_a_400(query: list[tuple[str, str]], fields: list[str]) -> None:
    """Before anything is read."""
    table = Table()
    reply = table.service().get(f"/{OWN}", query=query)
    assert (reply.status, reply.problem(), reply.fields()) == (400, "invalid-parameter", fields)
    assert table.dynamodb.calls == []
