"""The total order and its pages over HTTP: equal times, late entries, gaps, both directions."""

import json
import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import pytest

from local.service import Service
from tests.e2e.keep_alive import KeepAlive, in_order, side_by_side
from tests.e2e.seeding import NOON, SHARDS, make_entries, moment, seed

ORDERS: Final = ("newest", "oldest")
IN_FLIGHT: Final = 6


def test_entries_posted_in_any_order_are_read_in_the_total_order(
    empty_service: Service, client: KeepAlive
) -> None:
    """Times come late, equal and with any offset; pages go by (`dateTime`, id) over all shards."""
    source = random.Random(7)
    entries = make_entries((moment(minutes=source.randrange(20)) for _ in range(60)), source)
    posted = side_by_side(lambda entry: client.post(_with_offset(entry, source)), entries, IN_FLIGHT)
    assert {reply.status for reply in posted} == {201}
    for order in ORDERS:
        assert client.walk(limit=7, order=order) == in_order(entries, order)
    used = {item["LogType"]["S"] for item in empty_service.items()}
    assert used == {"LOG", *(f"LOG#{number}" for number in range(1, SHARDS))}


def _with_offset(entry: dict[str, Any], source: random.Random) -> dict[str, Any]:
    zone = timezone(timedelta(minutes=source.randrange(-14 * 60, 14 * 60)))
    return entry | {"dateTime": datetime.fromisoformat(entry["dateTime"]).astimezone(zone).isoformat()}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", (9, 100))
def test_equal_times_at_a_page_s_edge_are_neither_lost_nor_repeated(
    empty_service: Service, client: KeepAlive, limit: int, order: str
) -> None:
    """Many more entries share a microsecond than fit on a page; ids decide, across shards."""
    times = [moment(microseconds=1)] + [moment()] * 110 + [moment(microseconds=-1)] * 3
    entries = make_entries(times, random.Random(limit))
    seed(empty_service, entries)
    pages = list(client.pages(limit=limit, order=order))
    assert [entry for page in pages for entry in page["logs"]] == in_order(entries, order)
    assert [page["count"] for page in pages[:-1]] == [limit] * (len(pages) - 1)


def test_a_microsecond_of_more_than_a_largest_page_is_read_whole(
    empty_service: Service, client: KeepAlive
) -> None:
    """Pages of the largest size through a group that is larger still."""
    entries = make_entries([moment()] * 1_200, random.Random(1_200))
    seed(empty_service, entries)
    assert client.walk(limit=1_000) == in_order(entries)


@pytest.mark.parametrize("order", ORDERS)
def test_gaps_of_months_cost_no_entry(empty_service: Service, client: KeepAlive, order: str) -> None:
    """Bursts lie months and years apart; pages lead from each to the next."""
    gaps = (0, 90, 91, 300, 1_000, 9_000)
    times = [moment(days=days, seconds=second) for days in gaps for second in range(8)]
    entries = make_entries(times, random.Random(90))
    seed(empty_service, entries)
    assert client.walk(limit=5, order=order) == in_order(entries, order)
    newest = client.get(limit=12).json()["logs"]
    assert newest == in_order(entries)[:12]


def test_one_entry_a_day_is_read_as_any_other(empty_service: Service, client: KeepAlive) -> None:
    """The newest hundred reach back a hundred days; a year and more is walked in both orders."""
    entries = make_entries((moment(days=day) for day in range(400)), random.Random(400))
    seed(empty_service, entries)
    assert client.get().json()["logs"] == in_order(entries)[:100]
    for order in ORDERS:
        assert client.walk(limit=150, order=order) == in_order(entries, order)


def test_a_window_takes_its_first_instant_and_leaves_its_last(
    empty_service: Service, client: KeepAlive
) -> None:
    """`since` is included, `until` is not, to the microsecond, in both orders and across pages."""
    entries = make_entries(
        (moment(microseconds=ago) for ago in range(40) for _ in range(2)), random.Random(40)
    )
    seed(empty_service, entries)
    since, until = moment(microseconds=30), moment(microseconds=10)
    inside = [entry for entry in entries if since <= entry["dateTime"] < until]
    assert len(inside) == 40
    for order in ORDERS:
        walked = client.walk(limit=7, since=since, until=until, order=order)
        assert walked == in_order(inside, order)


def test_what_stood_when_a_walk_began_is_shown_once_whatever_is_written_meanwhile(
    empty_service: Service, client: KeepAlive
) -> None:
    """New entries come above the walk and late ones below it; neither moves what stood."""
    source = random.Random(11)
    standing = make_entries((moment(minutes=minute // 2) for minute in range(40)), source)
    seed(empty_service, standing)
    written: list[dict[str, Any]] = []
    walked: list[dict[str, Any]] = []
    for page in client.pages(limit=6):
        walked += page["logs"]
        written += (more := make_entries([moment(minutes=-1), moment(), moment(minutes=19)], source))
        assert [client.post(entry).status for entry in more] == [201] * len(more)
    assert walked == in_order(walked)
    assert [entry for entry in walked if entry in standing] == in_order(standing)
    extra = [entry for entry in walked if entry not in standing]
    assert all(entry in written and entry["dateTime"] == moment(minutes=19) for entry in extra)


def test_a_moment_ago_is_above_all_that_is_older(empty_service: Service, client: KeepAlive) -> None:
    """Entries without a time or an id get theirs in the order of receipt, at the time of receipt."""
    seed(empty_service, make_entries([moment()] * 3, random.Random(1)))
    before = datetime.now(UTC)
    posted = [client.post({"severity": "info", "message": f"now {number}"}).json() for number in range(5)]
    assert client.get(limit=5).json()["logs"] == posted[::-1]
    times = [datetime.fromisoformat(entry["dateTime"]) for entry in posted]
    assert NOON < before <= times[0]
    assert times[-1] <= datetime.now(UTC)


@pytest.mark.parametrize("order", ORDERS)
def test_an_export_s_pages_are_the_same_walk(empty_service: Service, client: KeepAlive, order: str) -> None:
    """One entry a line; the header leads on and is absent at the end."""
    entries = make_entries((moment(minutes=minute // 3) for minute in range(50)), random.Random(50))
    seed(empty_service, entries)
    exported: list[dict[str, Any]] = []
    following: dict[str, object] = {}
    for _ in range(10):
        reply = client.get("export", limit=8, order=order, **following)
        assert (reply.status, reply.headers["content-type"]) == (200, "application/x-ndjson")
        exported += [json.loads(line) for line in reply.body.decode().splitlines()]
        if "logstead-next-cursor" not in reply.headers:
            break
        following = {"cursor": reply.headers["logstead-next-cursor"]}
    assert exported == in_order(entries, order)
