"""Items that HTTP would not have made: expired, damaged, and more than one reply can carry."""

import random
import time
import uuid
from typing import Any, Final

from local.failures import FailureWatch
from local.service import Service
from tests.e2e.keep_alive import KeepAlive, in_order
from tests.e2e.seeding import make_entries, moment, put_items, seed

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
