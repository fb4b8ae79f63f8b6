"""Entries and packs for the tests of packs."""

import uuid
from typing import Final

from hypothesis import strategies as st

from logstead.entry import SEVERITIES, LogEntry
from logstead.storage.pack import make_pack
from logstead.storage.pack_codec import ZSTD
from logstead.storage.pack_id import pack_id

PACK: Final = pack_id(b"a seed", 0)
MINUTE: Final = "2026-02-09T21:50"

TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def date_time(microseconds: int, minute: str = MINUTE) -> str:
    """Return a time so many microseconds into a minute."""
    return f"{minute}:{microseconds // 1_000_000:02d}.{microseconds % 1_000_000:06d}+00:00"


def entry(number: int = 0, message: str = "a message", **fields: object) -> LogEntry:
    """Return an entry without an id of its own, at `number` microseconds into the minute."""
    values: dict[str, object] = {
        "id": "",
        "date_time": date_time(number),
        "severity": SEVERITIES[number % len(SEVERITIES)],
        "message": message,
        "source": None,
        "attributes": None,
        "filled": ("id",),
    }
    return LogEntry(**{**values, **fields})  # type: ignore[arg-type]  # the fields of LogEntry


def entries() -> st.SearchStrategy[LogEntry]:
    """Any entry of one minute: times and ids that collide often, any Unicode."""
    return st.builds(
        LogEntry,
        id=st.one_of(st.integers(0, 3), st.integers(0, 2**128 - 1)).map(lambda n: str(uuid.UUID(int=n))),
        date_time=st.one_of(
            st.integers(0, 3), st.integers(0, 59).map(lambda s: s * 1_000_000), st.integers(0, 59_999_999)
        ).map(date_time),
        severity=st.sampled_from(SEVERITIES),
        message=TEXTS,
        source=st.none() | TEXTS,
        attributes=st.none() | TEXTS.map(lambda text: f'{{"a":"{text}"}}'),
        filled=st.sampled_from([(), ("id",), ("dateTime",), ("id", "dateTime")]),
    )


def sent(max_size: int = 30) -> st.SearchStrategy[list[LogEntry | None]]:
    """What was sent for one pack: entries, and None for refused ones; at least one entry."""
    return st.lists(st.none() | entries(), min_size=1, max_size=max_size).filter(any)


def body_of(rows: list[LogEntry | None], codec: int = ZSTD) -> bytes:
    """Return the body of a pack that keeps at least one entry."""
    pack = make_pack(PACK, rows, None, codec)
    assert pack is not None
    return pack.body
