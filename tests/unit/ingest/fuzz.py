"""A seeded source of hostile bodies: random JSON of nasty parts, and mutations of what is known."""

import json
import random
import uuid
from collections.abc import Callable, Iterator

from tests.unit.ingest.hostile import HOSTILE, ID

_WHOLE = (
    f'{{"id":"{ID}","dateTime":"2026-02-09T21:50:20.846154+01:00","severity":"warning","message":"caf\u00e9",'
    '"source":"web","attributes":{"a":{"b":[1,2.5,null,true,"x"]}},"host":"h"}'
).encode()
_BASES = (_WHOLE, *(hostile.body for hostile in HOSTILE))
_TOKENS = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b":",
        b",",
        b"\\",
        b"\\u",
        b"\\ud800",
        b"\\udc00",
        b"\0",
        b"\xff",
        b"\xed\xa0",
    ),
    *(
        b"NaN",
        b"Infinity",
        b"1e400",
        b"-0",
        b"9" * 400,
        b"null",
        b"true",
        b"\xef\xbb\xbf",
        b" ",
        b"\n",
        b"[" * 200,
    ),
    *(
        b'"id":',
        b'"severity":"info",',
        b'"message":',
        b'"attributes":{',
        b'"dateTime":"',
        b"Z",
        b"+24:00",
        b":60",
    ),
)
_NAMES = (
    "id",
    "dateTime",
    "severity",
    "message",
    "source",
    "attributes",
    "a",
    "",
    "LogID",
    "\ud800",
    "x" * 300,
)
_TEXTS = (
    *(
        "",
        " ",
        "\0",
        "\ud800",
        "\udfff\ud800",
        "m",
        "info",
        "warning",
        "error",
        "INFO",
        ID,
        ID.upper(),
        ID[:-1],
    ),
    *(
        "2026-02-09T21:50:20Z",
        "2026-02-09t21:50:20.1234567891z",
        "2026-02-30T00:00:00Z",
        "2026-02-09T21:50:20",
    ),
    *(
        "9999-12-31T23:59:59.999999-23:59",
        "0001-01-01T00:00:00+23:59",
        "2016-12-31T23:59:60Z",
        "x" * 300,
        "f" + ID[1:],
        "e" + ID[1:],
    ),
)
_NUMBERS = (0, -1, 1e308, 5e-324, -0.0, 2**64, 10**40, True, False, None)


def hostile_bodies(seed: int, count: int) -> Iterator[bytes]:
    """Yield `count` bodies, the same for the same seed."""
    source = random.Random(seed)
    sent: list[bytes] = []
    for _ in range(count):
        kind = source.random()
        if sent and kind < 0.1:  # once more what was sent: a replay, where it was stored
            yield source.choice(sent)
            continue
        if kind < 0.5:
            text = json.dumps(_random_object(source), ensure_ascii=source.random() < 0.5)
            body = text.encode("utf-8", "surrogatepass")
        else:
            body = _mutated(source, source.choice(_BASES))
        sent.append(body)
        yield body


def _random_object(source: random.Random) -> dict[str, object]:
    fields: dict[str, object] = {"severity": "error", "message": "m"} if source.random() < 0.6 else {}
    if source.random() < 0.3:
        fields["id"] = source.choice((ID, str(uuid.UUID(int=source.getrandbits(128)))))
    for _ in range(source.randrange(6)):
        fields[source.choice(_NAMES if source.random() < 0.3 else _NAMES[6:])] = _random_value(source, 0)
    return fields


def _random_value(source: random.Random, depth: int) -> object:
    kind = source.random()
    if kind < 0.5 or depth > 40:
        return source.choice(_TEXTS)
    if kind < 0.7:
        return source.choice(_NUMBERS)
    # Narrow where it is deep, so that depth does not multiply the size.
    width = source.randrange(4) if depth < 3 else 1
    if kind < 0.85:
        return [_random_value(source, depth + 1) for _ in range(width)]
    return {source.choice(_NAMES): _random_value(source, depth + 1) for _ in range(width)}


def _mutated(source: random.Random, body: bytes) -> bytes:
    if len(body) > 20_000:
        body = body[: source.randrange(20_000)]
    for _ in range(source.randrange(1, 5)):
        body = source.choice(_MUTATIONS)(source, body)
    return body


def _flip(source: random.Random, body: bytes) -> bytes:
    if not body:
        return body
    place = source.randrange(len(body))
    return body[:place] + bytes([body[place] ^ 1 << source.randrange(8)]) + body[place + 1 :]


def _insert(source: random.Random, body: bytes) -> bytes:
    place = source.randrange(len(body) + 1)
    return body[:place] + source.choice(_TOKENS) + body[place:]


def _cut(source: random.Random, body: bytes) -> bytes:
    place = source.randrange(len(body) + 1)
    return body[:place] + body[place + source.randrange(1, 12) :]


def _repeat(source: random.Random, body: bytes) -> bytes:
    begin = source.randrange(len(body) + 1)
    end = begin + source.randrange(60)
    return body[:end] + body[begin:end] * source.randrange(1, 3) + body[end:]


def _splice(source: random.Random, body: bytes) -> bytes:
    other = source.choice(_BASES)[:20_000]
    return body[: source.randrange(len(body) + 1)] + other[source.randrange(len(other) + 1) :]


def _swap_text(source: random.Random, body: bytes) -> bytes:
    parts = body.split(b'"')
    if len(parts) > 2:
        parts[source.randrange(1, len(parts), 2)] = source.choice(_TEXTS).encode("utf-8", "surrogatepass")
    return b'"'.join(parts)


_MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _flip,
    _insert,
    _cut,
    _repeat,
    _splice,
    _swap_text,
)
