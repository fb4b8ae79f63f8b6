"""A table written to directly, in every form there is, and what of it a read must show."""

import itertools
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from logstead.entry import SEVERITIES, LogEntry
from logstead.storage.item import entry_as_item
from logstead.storage.key import shard_of
from logstead.storage.pack import make_pack
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_header import BODY_PREFIX, HEADER_PREFIX
from logstead.storage.pack_id import pack_id
from tests.unit.fakes import FakeDynamoDB
from tests.unit.service import Reply, Service

MINUTE = "2026-02-09T21:50"
EXPIRED_S, LIVE_S = 1, 2**33

Place = tuple[str, str]


def at(microseconds: int, minute: str = MINUTE) -> str:
    """Return a time so many microseconds into a minute."""
    return f"{minute}:{microseconds // 1_000_000:02d}.{microseconds % 1_000_000:06d}+00:00"


def uuid_of(number: int) -> str:
    """Return the UUID of a number."""
    return str(uuid.UUID(int=number))


def entry_of(date_time: str, entry_id: str | None = None, **fields: Any) -> LogEntry:
    """Return an entry; without an id, one whose id is derived in a pack and random elsewhere."""
    values: dict[str, Any] = {"severity": "info", "message": "m", "filled": () if entry_id else ("id",)}
    return LogEntry(entry_id or str(uuid.uuid4()), date_time, **values | fields)


@dataclass
class Version:
    """A stored entry, in one item of perhaps several."""

    log_id: str
    entry: LogEntry

    @property
    def place(self) -> Place:
        """Where it stands in the total order."""
        return self.entry.date_time, self.entry.id


@dataclass
class Table:
    """A table of so many shards; `readable` are its live entries, `damaged` the entries of packs by LogID."""

    shards: int = 1
    dynamodb: FakeDynamoDB = field(default_factory=FakeDynamoDB)
    readable: list[Version] = field(default_factory=list)
    damaged: dict[str, int] = field(default_factory=dict)
    numbers: Iterable[int] = field(default_factory=itertools.count)

    def put(self, entry: LogEntry, expires_at: int | None = None) -> str:
        """Store an entry singly."""
        self.dynamodb.items[entry.id] = entry_as_item(entry, shard_of(entry.id, self.shards), expires_at)
        if expires_at != EXPIRED_S:
            self.readable.append(Version(entry.id, entry))
        return entry.id

    def put_pack(
        self, sent: Sequence[LogEntry | None], expires_at: int | None = None, seed: object = None
    ) -> str:
        """Store a pack; return its id."""
        pack = pack_id(repr(next(iter(self.numbers)) if seed is None else seed).encode(), 0)
        made = make_pack(pack, sent, expires_at)
        assert made is not None
        header = made.header.header_item(shard_of(pack, self.shards))
        self.dynamodb.items[HEADER_PREFIX + pack] = header
        self.dynamodb.items[BODY_PREFIX + pack] = made.header.body_item(made.body)
        if expires_at != EXPIRED_S:
            entries = PackBody(pack, made.body).entries()
            self.readable += [Version(HEADER_PREFIX + pack, entry) for entry in entries]
        return pack

    def damage(self, pack: str, how: str) -> None:
        """Spoil a pack: `flip`, `cut` or `lose` its body, put a `newer` one, or break its `header`."""
        body = self.dynamodb.items[BODY_PREFIX + pack]
        data = body["Body"]["B"]
        log_id = HEADER_PREFIX + pack
        self.damaged[log_id] = sum(one.log_id == log_id for one in self.readable)
        self.readable = [one for one in self.readable if one.log_id != log_id]
        if how == "lose":
            del self.dynamodb.items[BODY_PREFIX + pack]
        elif how == "header":
            self.dynamodb.items[log_id] = {**self.dynamodb.items[log_id], "Oldest": {"S": "?"}}
            self.damaged[log_id] = 1
        else:
            spoilt = {
                "flip": data[:-1] + bytes([data[-1] ^ 1]),
                "cut": data[:-9],
                "newer": b"\x7f" + data[1:],
            }
            self.dynamodb.items[BODY_PREFIX + pack] = {**body, "Body": {"B": spoilt[how]}}

    def service(self) -> Service:
        """Return the service over this table."""
        return Service(self.dynamodb, shards=self.shards)

    def places(self, *, newest_first: bool = True) -> list[Place]:
        """Return the places of all live entries, in order."""
        return sorted({one.place for one in self.readable}, reverse=newest_first)


def places_of(reply: Reply) -> list[Place]:
    """Return the places that a reply shows."""
    assert reply.status == 200, reply.body
    logs = reply.json()["logs"]
    assert reply.json()["count"] == len(logs)
    return [(one["dateTime"], one["id"]) for one in logs]


def pages_of(app: Service, *query: tuple[str, str], pages_max: int = 10_000) -> list[Reply]:
    """Return all pages of a walk."""
    replies = [app.get(query=list(query))]
    while (cursor := replies[-1].json().get("nextCursor")) is not None:
        assert len(replies) < pages_max, "a walk without end"
        replies.append(app.get(query=[*query, ("cursor", cursor)]))
    return replies


def walk(app: Service, *query: tuple[str, str], pages_max: int = 10_000) -> list[Place]:
    """Return the places that all pages of a walk show."""
    return [place for reply in pages_of(app, *query, pages_max=pages_max) for place in places_of(reply)]


def random_entries(count: int, seed: int, minutes: Sequence[str] = (MINUTE,)) -> list[LogEntry]:
    """Return entries with ids of their own at random times of some minutes."""
    numbers = random.Random(seed)
    return [
        entry_of(
            at(numbers.randrange(60_000_000), numbers.choice(minutes)),
            uuid_of(numbers.getrandbits(128)),
            severity=numbers.choice(SEVERITIES),
        )
        for _ in range(count)
    ]
