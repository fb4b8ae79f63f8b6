"""A million packed entries in the deployed service: a rare word is found, all its lines and no other."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from bench.corpus import corpus
from local.service import Service
from logstead.entry import LogEntry, date_time_text
from logstead.storage.key import shard_of
from logstead.storage.pack import make_pack
from logstead.storage.pack_id import pack_id
from tests.e2e.seeding import SHARDS, put_items

PACKS: Final = 1_000
PACK_ENTRIES: Final = 1_000
START: Final = datetime(2026, 2, 9, tzinfo=UTC)
NEEDLES: Final = {(0, 0), (17, 999), (500, 1), (500, 2), (999, 999)}
"""Pack and row of each line that has the word."""
ALMOST: Final = {
    (3, 10): "ends with nee",  # the next line goes on
    (3, 11): "dle begins",
    (4, 0): "NEEDLE",
    (5, 5): "need le",
}


def packs_of_a_million() -> Iterator[list[LogEntry]]:
    """Yield the packs' entries, a minute each."""
    pattern = corpus(PACK_ENTRIES, own_ids=False)
    for pack in range(PACKS):
        minute = date_time_text(START + timedelta(minutes=pack))[:16]
        entries = [one._replace(date_time=minute + one.date_time[16:]) for one in pattern]
        for row in [row for number, row in NEEDLES if number == pack]:
            entries[row] = entries[row]._replace(message=f"hay needle {pack} {row} hay")
        for row, message in [(row, text) for (number, row), text in ALMOST.items() if number == pack]:
            entries[row] = entries[row]._replace(message=message)
        yield entries


@pytest.fixture(scope="module")
def a_million(service: Service) -> Iterator[Service]:
    """Store the entries as packs, straight into the table, and clear up."""
    service.empty_table()
    bodies, headers = [], []
    for number, entries in enumerate(packs_of_a_million()):
        pack = make_pack(pack_id(b"a million", number), entries, None)
        assert pack is not None
        bodies.append(pack.header.body_item(pack.body))
        headers.append(pack.header.header_item(shard_of(pack.header.pack, SHARDS)))
    put_items(service, bodies)
    put_items(service, headers)
    yield service
    service.empty_table()


def found(service: Service, **query: str) -> list[str]:
    """Return the messages of all pages of a search."""
    messages: list[str] = []
    while True:
        reply: Any = service.get("?" + urlencode(query)).json()
        messages += [one["message"] for one in reply["logs"]]
        if "nextCursor" not in reply:
            return messages
        query["cursor"] = reply["nextCursor"]


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "query", ({"q": "needle"}, {"regex": r"n\w+le \d+"}, {"q": "NEEDLE", "case": "ignore", "order": "oldest"})
)
def test_a_rare_word_in_a_million_entries_is_found(a_million: Service, query: dict[str, str]) -> None:
    """All its lines, in order, and no other: not what two lines make together."""
    lines = {place: f"hay needle {place[0]} {place[1]} hay" for place in NEEDLES}
    if query.get("case") == "ignore":
        lines |= {place: text for place, text in ALMOST.items() if text == "NEEDLE"}
    expected = [lines[place] for place in sorted(lines, reverse=query.get("order") != "oldest")]
    assert found(a_million, **query) == expected


@pytest.mark.timeout(400)
def test_a_histogram_of_a_million_entries_is_whole(a_million: Service) -> None:
    """A day in one reply, and exact, as their ids are derived."""
    reply: Any = a_million.get(
        "histogram", since="2026-02-09T00:00:00Z", until="2026-02-10T00:00:00Z", bucket="1h"
    ).json()
    assert reply["count"] == PACKS * PACK_ENTRIES
    assert not {"approximate", "truncated", "notShown"} & reply.keys()
    totals = [row["info"] + row["warning"] + row["error"] for row in reply["buckets"]]
    assert totals == [60_000] * 16 + [40_000] + [0] * 7
