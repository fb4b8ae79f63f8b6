"""A stateful model: whatever is stored, however, and whenever, against a list in memory.

The rule: what was visible when a walk began comes exactly once and in order; what came later, once at most.
Limits are made tiny, so that every page is cut, every query is small, and nothing fits at once.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from logstead import limits
from logstead.entry import SEVERITIES, LogEntry
from logstead.read import opened, page
from logstead.storage.pack_header import BODY_PREFIX, HEADER_PREFIX
from tests.unit.fakes import FakeDynamoDB
from tests.unit.read.table import EXPIRED_S, LIVE_S, Place, Table, Version, at, places_of, uuid_of
from tests.unit.service import Service

SHARDS = (1, 2, 5)
SERVICES = {shards: Service(shards=shards) for shards in SHARDS}  # threads are costly to start
TIMES = st.sampled_from([0, 1, 1_000_000, 1_000_001, 59_999_999])
MINUTES = st.sampled_from(["2026-02-09T21:50", "2026-02-09T21:50", "2026-02-09T21:50", "2026-02-10T00:00"])
IDS = st.integers(0, 5) | st.integers(0, 2**128 - 1)
RARELY = st.integers(0, 5).map(lambda number: number == 5)
FIELDS = st.fixed_dictionaries(
    {
        "severity": st.sampled_from(SEVERITIES),
        "source": st.sampled_from([None, "a", "b"]),
        "attributes": st.sampled_from([None, '{"n":1}', '{"n":2,"o":{"p":"q"}}']),
    }
)
EXPIRIES = st.sampled_from([None, None, None, LIVE_S, LIVE_S, EXPIRED_S])
SENT = st.lists(st.tuples(TIMES, st.none() | IDS, FIELDS), min_size=1, max_size=8)
DAMAGES = st.sampled_from([None] * 10 + ["flip", "cut", "lose", "newer", "header", "no header"])
WRITES = st.lists(
    st.tuples(st.just("one"), MINUTES, EXPIRIES, RARELY, st.tuples(TIMES, IDS, FIELDS))
    | st.tuples(st.just("pack"), MINUTES, EXPIRIES, RARELY, st.tuples(SENT, DAMAGES)),
    min_size=1,
    max_size=12,
)
FILTERS: st.SearchStrategy[dict[str, str]] = st.just({}) | st.fixed_dictionaries(
    {},
    optional={
        "since": st.sampled_from([at(0), at(1), at(1_000_000)]),
        "until": st.sampled_from([at(1_000_001), at(0, "2026-02-10T00:00"), at(2, "2026-02-10T00:00")]),
        "severity": st.sampled_from(["error", "info,error"]),
        "source": st.just("a"),
        "attributes.n": st.sampled_from(["1", "2"]),
        "attributes.o.p": st.just("q"),
    },
)


def is_wanted(entry: LogEntry, query: dict[str, str]) -> bool:
    """Tell whether an entry passes a filter, by other means than the service's."""
    attribute = {"attributes.n": f'"n":{query.get("attributes.n")}', "attributes.o.p": '"p":"q"'}
    return (
        query.get("since", "") <= entry.date_time < query.get("until", "~")
        and entry.severity in query.get("severity", ",".join(SEVERITIES)).split(",")
        and entry.source in ([query["source"]] if "source" in query else [None, "a", "b"])
        and all(attribute[name] in (entry.attributes or "") for name in attribute if name in query)
    )


@dataclass
class WalkSoFar:
    """A walk: its query, what it must show yet, what it showed, and its next cursor."""

    query: dict[str, str]
    begun_with: list[Version]
    damaged: dict[str, int]
    must_show: set[Place]
    cursor: str | None = None
    is_done: bool = False
    shown: list[Place] = field(default_factory=list)
    not_shown: int = 0


class Reads(RuleBasedStateMachine):
    """Writes of every form, walks of every kind, and an index that lags and shuffles."""

    walks = Bundle("walks")

    @initialize(
        shards=st.sampled_from(SHARDS),
        page_bytes=st.sampled_from([1, 1_000, 10**6]),
        sizes=st.sampled_from([(1, 1), (3, 2), (4_000, 64)]),
        body_bytes=st.sampled_from([1, 300, 10**6]),
        reply_bytes=st.sampled_from([1, 700, 10**6]),
        writes=WRITES,
    )
    def begin(  # noqa: PLR0913, PLR0917  # one for each limit
        self,
        shards: int,
        page_bytes: int,
        sizes: tuple[int, int],
        body_bytes: int,
        reply_bytes: int,
        writes: list[Any],
    ) -> None:
        """Make a table, and limits so small that they are reached."""
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(limits, "INDEX_PAGE_ITEMS_MAX", sizes[0])
        self.patch.setattr(limits, "PACKS_AT_ONCE_MAX", sizes[1])
        self.patch.setattr(limits, "BODIES_A_REQUEST_MAX", 2)
        self.patch.setattr(limits, "READ_BODY_BYTES_MAX", body_bytes)
        self.patch.setattr(limits, "RESPONSE_BYTES_MAX", reply_bytes)
        self.patch.setattr(page, "_ITEMS_FIRST_MIN", 1)
        self.patch.setattr(page, "_ITEMS_SPARE", 0)
        self.patch.setattr(opened, "_ROWS_AT_ONCE_MIN", 1)
        self.app = SERVICES[shards]
        FakeDynamoDB.__init__(self.app.dynamodb, page_bytes_max=page_bytes)
        self.table = Table(shards, self.app.dynamodb)
        self.count = 0
        self.all_walks: list[WalkSoFar] = []
        self.write(writes)

    @rule(writes=WRITES)
    def write(self, writes: list[Any]) -> None:
        """Store entries singly and in packs, some of which can't be read, and some of which come late."""
        for form, minute, expires_at, is_late, what in writes:
            put = self.put_one if form == "one" else self.put_pack
            put(minute, expires_at, *what, is_late=is_late)

    def put_one(  # noqa: PLR0913  # one for each field
        self, minute: str, expires_at: int | None, time: int, entry_id: int, fields: Any, *, is_late: bool
    ) -> None:
        """Store one entry, unless its id is taken."""
        if uuid_of(entry_id) in self.table.dynamodb.items:
            return
        entry = LogEntry(uuid_of(entry_id), at(time, minute), message=self.message(), **fields)
        log_id = self.table.put(entry, expires_at)
        if is_late:
            self.table.dynamodb.lagging.add(log_id)

    def put_pack(
        self, minute: str, expires_at: int | None, sent: list[Any], damage: str | None, *, is_late: bool
    ) -> None:
        """Store a pack of entries with derived ids and with ids of their own; perhaps one that can't be read.

        A body whose header never came must never be seen.
        """
        pack = self.table.put_pack([self.packed(minute, *one) for one in sent], expires_at)
        if damage == "no header":
            del self.table.dynamodb.items[HEADER_PREFIX + pack]
            self.table.readable = [one for one in self.table.readable if one.log_id != HEADER_PREFIX + pack]
        elif damage is not None and expires_at != EXPIRED_S:
            self.table.damage(pack, damage)
        elif is_late:
            self.table.dynamodb.lagging |= {HEADER_PREFIX + pack, BODY_PREFIX + pack}

    @rule(lagging=st.sets(st.integers(0, 9)))
    def catch_up(self, lagging: set[int]) -> None:
        """Let the index show some of what it had not shown yet."""
        held = sorted(self.table.dynamodb.lagging)
        self.table.dynamodb.lagging = {held[number] for number in lagging if number < len(held)}

    @rule(salt=st.text(max_size=1))
    def shuffle(self, salt: str) -> None:
        """Let the index give equal times in another order."""
        self.table.dynamodb.tie_salt = salt

    @rule(target=walks, query=FILTERS, order=st.sampled_from(["newest", "oldest"]))
    def begin_walk(self, query: dict[str, str], order: str) -> WalkSoFar:
        """Note what a walk that begins now must show, and turn its first page."""
        visible = [
            one
            for one in self.table.readable
            if one.log_id not in self.table.dynamodb.lagging and is_wanted(one.entry, query)
        ]
        walk = WalkSoFar({**query, "order": order}, visible, dict(self.table.damaged), set())
        walk.must_show = {one.place for one in visible}
        self.all_walks.append(walk)
        self.turn(walk, 2)
        return walk

    @rule(walk=walks, limit=st.sampled_from([1, 2, 3, 50]))
    def next_page(self, walk: WalkSoFar, limit: int) -> None:
        """Turn a page of a walk."""
        if not walk.is_done:
            self.turn(walk, limit)

    @invariant()
    def nothing_failed(self) -> None:
        """No read is a failure."""
        if hasattr(self, "app"):
            assert "Unexpected" not in self.app.printed_text()

    def teardown(self) -> None:
        """Walk all walks to their ends."""
        for walk in getattr(self, "all_walks", []):
            for turn in range(200):
                if not walk.is_done:
                    assert turn < 199, "a walk without end"
                    self.turn(walk, 3)
        if hasattr(self, "patch"):
            self.patch.undo()

    def turn(self, walk: WalkSoFar, limit: int) -> None:
        """Read the next page of a walk and hold it to the rule."""
        query = [*walk.query.items(), ("limit", str(limit))]
        reply = self.app.get(query=[*query, ("cursor", walk.cursor)] if walk.cursor else query)
        shown = places_of(reply)
        assert len(shown) <= limit
        for place, one in zip(shown, reply.json()["logs"], strict=True):
            self.check_version(walk, place, one["message"])
        walk.shown += shown
        walk.must_show -= set(shown)
        walk.not_shown += reply.json().get("notShown", 0)
        is_newest_first = walk.query["order"] == "newest"
        assert walk.shown == sorted(set(walk.shown), reverse=is_newest_first), "repeated or out of order"
        walk.cursor = reply.json().get("nextCursor")
        walk.is_done = walk.cursor is None
        assert len(shown) == limit or walk.is_done or reply.json()["truncated"] is True
        if walk.shown and (is_newest_first or not walk.is_done):
            passed = [
                one > walk.shown[-1] if is_newest_first else one < walk.shown[-1] for one in walk.must_show
            ]
            assert not any(passed), "passed over"
        if walk.is_done:
            assert not walk.must_show, "missing"
            self.check_not_shown(walk)

    def check_version(self, walk: WalkSoFar, place: Place, message: str) -> None:
        """Of equals, that of the lowest LogID comes, or one that came later."""
        same = [one for one in self.table.readable if one.place == place and is_wanted(one.entry, walk.query)]
        begun_with = [one for one in same if one in walk.begun_with]
        allowed = [one for one in same if one not in begun_with]
        allowed += sorted(begun_with, key=lambda one: one.log_id)[:1]
        assert message in [one.entry.message for one in allowed]

    def check_not_shown(self, walk: WalkSoFar) -> None:
        """Without a filter, each pack that could not be read was counted once."""
        if walk.query.keys() == {"order"}:
            least, most = sum(walk.damaged.values()), sum(self.table.damaged.values())
            assert least <= walk.not_shown <= most

    def packed(self, minute: str, time: int, entry_id: int | None, fields: Any) -> LogEntry:
        """Return an entry as it is sent in a batch."""
        own = "" if entry_id is None else uuid_of(entry_id)
        filled = ("id",) if entry_id is None else ()
        return LogEntry(own, at(time, minute), message=self.message(), filled=filled, **fields)

    def message(self) -> str:
        """Return a message that tells each stored version from all others."""
        self.count += 1
        return f"message {self.count}"


Reads.TestCase.settings = settings(
    max_examples=40, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
# Time enough to make a failure small before it is reported.
test_every_walk_shows_what_stood_when_it_began_exactly_once_and_in_order = pytest.mark.timeout(600)(
    Reads.TestCase
)
