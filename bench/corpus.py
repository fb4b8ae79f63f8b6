"""A made corpus: what 16 services of one team log in a minute, their lines interleaved; always the same.

Messages have about 130 bytes on average, as those of the real logs that packs were designed with. Ids of
requests, addresses and times are random, as they are what does not compress.
"""

import json
import random
import uuid
from collections.abc import Sequence
from typing import Final

from logstead.entry import LogEntry, entry_as_json

_MINUTE_US: Final = 60_000_000
_SERVICES: Final = (
    *("api", "auth", "billing", "cart", "catalog", "checkout", "email", "fraud"),
    *("gateway", "inventory", "orders", "payments", "reviews", "search", "shipping", "users"),
)
_AGENTS: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile/15E148",
    "okhttp/4.12.0",
)


def corpus(count: int, *, own_ids: bool, has_attributes: bool = True) -> list[LogEntry]:
    """Return entries of one minute in order of time, as 16 services would log them.

    Every second entry has attributes, a region and the id of a trace, unless none is to have any.
    """
    rnd = random.Random(2026)
    times = sorted(rnd.randrange(_MINUTE_US) for _ in range(count))
    entries = [_entry(rnd, microseconds, own_ids=own_ids) for microseconds in times]
    return entries if has_attributes else [entry._replace(attributes=None) for entry in entries]


def as_sent(entries: Sequence[LogEntry]) -> bytes:
    """Return the body of a batch of entries, a JSON array; an id that the service made is not in it."""
    return _json([entry_as_json(entry) for entry in entries])


def size_as_sent(entry: LogEntry) -> int:
    """Return the bytes of an entry in such a body, its comma included."""
    return len(as_sent([entry])) - len("[]") + len(",")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _entry(rnd: random.Random, microseconds: int, *, own_ids: bool) -> LogEntry:
    seconds, fraction = divmod(microseconds, 1_000_000)
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
    [line] = rnd.choices((_access, _cache, _retry, _stack_trace), (55, 22, 15, 8))
    return line(rnd, service, rnd.choice(_SERVICES))


def _access(rnd: random.Random, _: str, other: str) -> tuple[str, str]:
    return "info", (
        f"{rnd.choice(['GET', 'POST', 'PUT'])} /v1/{other}/{rnd.randrange(10**6)}"
        f" {rnd.choice([200, 200, 201, 404])} {rnd.randrange(3_000)}ms {rnd.randrange(90_000)}B client=10."
        f"{rnd.randrange(256)}.{rnd.randrange(256)}.{rnd.randrange(256)}"
        f" user={rnd.randrange(10**5)} agent={rnd.choice(_AGENTS)}"
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
        f" in handle\n    return self._forward(request, timeout_ms=request.timeout_ms or TIMEOUT_MS)\n"
        f'  File "/app/{service}/upstream.py", line {rnd.randrange(90)}, in _forward\n'
        f"    reply = call({other!r}, timeout_ms={rnd.choice([100, 250, 500])})\n"
        f"TimeoutError: {other} did not answer request {rnd.getrandbits(64):016x}"
    )
