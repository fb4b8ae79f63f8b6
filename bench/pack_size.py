"""Bytes and CPU of packs: `python -m bench.pack_size`.

Prints what an entry of the made corpus (`bench.corpus`) takes by codec, kind of ids and entries in a pack,
beside json.loads of the same entries. Times are this machine's: compare them within one run.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from bench import end_with_reader
from bench.corpus import as_sent, corpus
from logstead.entry import LogEntry
from logstead.storage.pack import Pack, make_pack
from logstead.storage.pack_codec import ZLIB, ZSTD
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_id import pack_id

COUNTS: Final = (1, 10, 100, 1_000, 4_000)
PACK: Final = pack_id(b"bench", 0)

_MEASURE_S: Final = 0.25


def main() -> None:
    """Print the table."""
    print("                       | zlib, body     | zstd, body     | zstd, decoding          | json.loads")
    print("ids     entries sent B |      B  us     |      B  us     | messages us  entries us |         us")
    for own_ids in (False, True):
        for count in COUNTS:
            print(_line(corpus(count, own_ids=own_ids), "own" if own_ids else "derived"))


def _line(entries: list[LogEntry], ids: str) -> str:
    count = len(entries)
    sent = as_sent(entries)
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


if __name__ == "__main__":
    end_with_reader()
    main()
