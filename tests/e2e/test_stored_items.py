"""Items that HTTP would not have made: expired, damaged, and more than one reply can carry."""

import random
import time
import uuid
from typing import Any, Final

from local.failures import FailureWatch
from local.service import Service
from logstead.storage.key import shard_of
from logstead.storage.pack import Pack, make_pack
from logstead.storage.pack_id import derived_id, pack_id
from tests.e2e.keep_alive import KeepAlive, in_order
from tests.e2e.seeding import SHARDS, as_entry, make_entries, moment, put_items, seed

LAMBDA_REPLY_BYTES_MAX: Final = 6 * 1024 * 1024


def test_a_reply_near_six_megabytes_ends_early_and_its_cursor_leads_to_the_rest(
    empty_service: Service, client: KeepAlive
) -> None:
    """1,000 entries of 9 KB don't fit in a reply: it says so, and nothing is lost or repeated."""
    source = random.Random(9)
    entries = make_entries((moment(seconds=second // 2) for second in range(1_000)), source, "m" * 8_800)
    seed(empty_service, entries)
    pages = list(client.pages(limit=1_000))
    assert [entry for page in pages for entry in page["logs"]] == in_order(entries)
    assert len(pages) == 2
    assert [page.get("truncated", False) for page in pages] == [True, False]
    whole = client.get(limit=1_000)
    assert 5_000_000 < len(whole.body) < LAMBDA_REPLY_BYTES_MAX
    zipped = client.request(
        "GET", empty_service.read_url + "?limit=1000", headers={"accept-encoding": "gzip"}
    )
    assert zipped.json() == whole.json()
    assert len(zipped.body) < len(whole.body) / 10


def test_an_expired_entry_is_not_shown_although_it_still_stands(
    empty_service: Service, client: KeepAlive
) -> None:
    """TTL deletes late: what has expired is in no page and has no address, and its id is free again."""
    now_s = int(time.time())
    source = random.Random(3)
    expired = make_entries([moment(seconds=second) for second in range(30)], source)
    seed(empty_service, expired, expires_at=now_s - 1)
    live = make_entries([moment(seconds=second) for second in range(5, 25, 5)], source)
    seed(empty_service, live[:2], expires_at=now_s + 3_600)
    seed(empty_service, live[2:])
    for order in ("newest", "oldest"):
        assert client.walk(limit=2, order=order) == in_order(live, order)
    assert client.get(expired[0]["id"]).status == 404
    assert client.get(live[0]["id"]).json() == live[0]

    again = expired[0] | {"message": "anew"}
    assert client.post(again).status == 201
    assert client.get(again["id"]).json() == again


def test_a_damaged_item_is_shown_with_what_it_has(empty_service: Service, client: KeepAlive) -> None:
    """Other hands can write to the table too: no item makes a read fail, or is an error in the log."""
    watch = FailureWatch(empty_service)
    watch.new()
    ids = [str(uuid.UUID(int=number + 1, version=4)) for number in range(4)]
    keys = [{"LogID": {"S": one}, "LogType": {"S": "LOG"}, "DateTime": {"S": moment()}} for one in ids]
    damage: tuple[dict[str, Any], ...] = (
        {},
        {"Message": {"N": "5"}, "Severity": {"S": "info"}},
        {"Message": {"S": "m"}, "Severity": {"S": "loud"}, "Attributes": {"S": "{"}},
        {"Message": {"S": "m"}, "Severity": {"L": []}, "Attributes": {"M": {}}, "Source": {"BOOL": True}},
    )
    put_items(empty_service, [key | more for key, more in zip(keys, damage, strict=True)])
    shown = client.walk(limit=1)
    assert [entry["id"] for entry in shown] == sorted(ids, reverse=True)
    assert [entry.get("message", "") for entry in shown] == ["m", "m", "", ""]
    assert [entry.get("severity", "") for entry in shown] == ["", "loud", "info", ""]
    for entry in shown:
        assert entry["dateTime"] == moment()
        assert client.get(entry["id"]).json() == entry
    assert watch.new() == []


def test_packs_are_read_among_single_entries(empty_service: Service, client: KeepAlive) -> None:
    """Entries with and without ids of their own, in packs of every shard, share times with single ones."""
    source = random.Random(5)
    packed: list[dict[str, Any]] = []
    for number in range(12):
        entries = make_entries(
            [moment(minutes=number // 2, seconds=-(second % 3)) for second in range(20)], source
        )
        put_items(empty_service, _items(_pack(number, entries)))
        packed += entries
    single = make_entries([moment(minutes=minute, seconds=-1) for minute in range(6)], source)
    seed(empty_service, single)
    for order in ("newest", "oldest"):
        assert client.walk(limit=50, order=order) == in_order(packed + single, order)
    first, last = packed[0], packed[-1]
    assert client.get(first["id"]).json() == first  # made from its pack's id: found by it alone
    assert client.get(last["id"], dateTime=last["dateTime"]).json() == last


def test_a_pack_that_can_t_be_read_costs_its_own_entries_and_a_log_line(
    empty_service: Service, client: KeepAlive
) -> None:
    """Lists count what they can't show; an entry that may stand in it is a 500, as a 404 could be wrong."""
    source = random.Random(6)
    entries = make_entries([moment(seconds=-second) for second in range(4)], source)
    header, _body = _items(_pack(0, entries))
    put_items(empty_service, [header])
    single = make_entries([moment(seconds=-2)], source)
    seed(empty_service, single)
    watch = FailureWatch(empty_service)
    watch.new()
    page = client.get().json()
    assert (page["logs"], page["notShown"]) == (single, 4)
    reply = client.get(entries[0]["id"])
    assert (reply.status, reply.json()["type"]) == (500, "urn:logstead:problem:pack-unreadable")
    (listed, fetched) = watch.new()
    assert "Entries can't be shown" in listed
    assert "PackUnreadable" in fetched


def _pack(number: int, entries: list[dict[str, Any]]) -> Pack:
    """Return a pack; the first half of the entries get ids derived from it, which is written into them."""
    half = len(entries) // 2
    pack = pack_id(b"e2e", number)
    for position, entry in enumerate(entries[:half]):
        entry["id"] = derived_id(pack, position)
    sent = [as_entry(entry, filled=("id",)) for entry in entries[:half]]
    made = make_pack(pack, sent + [as_entry(entry) for entry in entries[half:]], None)
    assert made is not None
    return made


def _items(pack: Pack) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header item and the body item of a pack."""
    header = pack.header
    return header.header_item(shard_of(header.pack, SHARDS)), header.body_item(pack.body)
