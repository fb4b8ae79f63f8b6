"""Bytes and CPU of packs: `python -m bench.pack_size`.

A made corpus of 16 services whose lines come interleaved, the same on every run. Prints bytes and
microseconds an entry by codec, kind of ids and entries in a pack, beside json.loads of the same entries.
Times are this machine's: compare them within one run.
"""

import json
import random
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Final

from logstead.entry import LogEntry, entry_as_json
from logstead.storage.pack import Pack, make_pack
from logstead.storage.pack_codec import ZLIB, ZSTD
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_id import pack_id

COUNTS: Final = (1, 10, 100, 1_000, 4_000)
PACK: Final = pack_id(b"bench", 0)

_MINUTE_US: Final = 60_000_000
_MEASURE_S: Final = 0.25
_SERVICES: Final = (
    *("api", "auth", "billing", "cart", "catalog", "checkout", "email", "fraud"),
    *("gateway", "inventory", "orders", "payments", "reviews", "search", "shipping", "users"),
)


def corpus(count: int, *, own_ids: bool) -> list[LogEntry]:
    """Return entries of one minute in order of time, as 16 services would log them."""
    rnd = random.Random(2026)
    return [_entry(rnd, number * _MINUTE_US // count, own_ids=own_ids) for number in range(count)]


def size_as_sent(entry: LogEntry) -> int:
    """Return the bytes of an entry as a client sends it in a JSON array, its comma included."""
    return len(json.dumps(entry_as_json(entry), ensure_ascii=False, separators=(",", ":")).encode()) + 1


def main() -> None:
    """Print the table."""
    print("                       | zlib, body     | zstd, body     | zstd, decoding          | json.loads")
    print("ids     entries sent B |      B  us     |      B  us     | messages us  entries us |         us")
    for own_ids in (False, True):
        for count in COUNTS:
            print(_line(corpus(count, own_ids=own_ids), "own" if own_ids else "derived"))


def _line(entries: list[LogEntry], ids: str) -> str:
    count = len(entries)
    sent = json.dumps([entry_as_json(entry) for entry in entries], separators=(",", ":"))
    zlib, zstd = (_pack(entries, codec).body for codec in (ZLIB, ZSTD))
    zlib_us, zstd_us, messages_us, entries_us, loads_us = (
        _cpu_us(call) / count
        for call in (
            partial(_pack, entries, ZLIB),
            partial(_pack, entries, ZSTD),
            lambda: PackBody(PACK, zstd).messages,
            lambda: PackBody(PACK, zstd).entries(),
            partial(json.loads, sent),
        )
    )
    return (
        f"{ids:7} {count:7,} {len(sent) / count:6.0f} | {len(zlib) / count:6.1f} {zlib_us:7.2f} |"
        f" {len(zstd) / count:6.1f} {zstd_us:7.2f} | {messages_us:11.3f} {entries_us:11.2f} |"
        f" {loads_us:10.2f}"
    )


def _pack(entries: list[LogEntry], codec: int) -> Pack:
    pack = make_pack(PACK, entries, None, codec)
    if pack is None:
        raise ValueError("a pack of no entries")
    return pack


def _cpu_us(call: Callable[[], object]) -> float:
    """Return the CPU time of a call: the least of many, since others use the machine too."""
    call()
    least, end = float("inf"), time.monotonic() + _MEASURE_S
    while time.monotonic() < end:
        start = time.process_time_ns()
        call()
        least = min(least, time.process_time_ns() - start)
    return least / 1_000


def _entry(rnd: random.Random, microseconds: int, *, own_ids: bool) -> LogEntry:
    seconds, fraction = divmod(microseconds + rnd.randrange(10), 1_000_000)
    source = rnd.choice(_SERVICES)
    severity, message = _message(rnd, source)
    attributes = {"region": rnd.choice(["eu-west-1", "us-east-1"]), "traceId": f"{rnd.getrandbits(64):016x}"}
    return LogEntry(
        id=str(uuid.UUID(int=rnd.getrandbits(128), version=4)) if own_ids else "",
        date_time=f"2026-02-09T21:50:{seconds:02d}.{fraction:06d}+00:00",
        severity=severity,
        message=message,
        source=source,
        attributes=json.dumps(attributes, separators=(",", ":")) if rnd.randrange(2) else None,
        filled=() if own_ids else ("id",),
    )


def _message(rnd: random.Random, service: str) -> tuple[str, str]:
    """Return a severity and a line such as services write."""
    [line] = rnd.choices((_access, _cache, _retry, _stack_trace), (50, 30, 15, 5))
    return line(rnd, service, rnd.choice(_SERVICES))


def _access(rnd: random.Random, _: str, other: str) -> tuple[str, str]:
    return "info", (
        f"{rnd.choice(['GET', 'POST', 'PUT'])} /v1/{other}/{rnd.randrange(10**6)}"
        f" {rnd.choice([200, 200, 201, 404])} {rnd.randrange(3_000)}ms {rnd.randrange(90_000)}B client=10."
        f"{rnd.randrange(256)}.{rnd.randrange(256)}.{rnd.randrange(256)} agent=Mozilla/5.0 (X11; Linux)"
    )


def _cache(rnd: random.Random, service: str, _: str) -> tuple[str, str]:
    return "info", (
        f"cache {rnd.choice(['hit', 'miss'])} key={service}:{rnd.randrange(10**6)}:profile"
        f" ttl={rnd.randrange(3_600)}s shard={rnd.randrange(16)} took {rnd.random() * 20:.3f} ms"
        f" after {rnd.randrange(5)} tries"
    )


def _retry(rnd: random.Random, _: str, other: str) -> tuple[str, str]:
    return "warning", (
        f"retrying upstream {other} attempt {rnd.randrange(5)} of 5: no answer within"
        f" {rnd.choice([100, 250, 500])} ms, request {rnd.getrandbits(64):016x}, will back off"
    )


def _stack_trace(rnd: random.Random, service: str, other: str) -> tuple[str, str]:
    return "error", (
        f'Traceback (most recent call last):\n  File "/app/{service}/handler.py", line {rnd.randrange(400)},'
        f" in handle\n    reply = call({other!r}, timeout_ms={rnd.choice([100, 250, 500])})\n"
        f"TimeoutError: {other} did not answer request {rnd.getrandbits(64):016x}"
    )


if __name__ == "__main__":
    main()
