"""MB/s of raw messages searched on one core: `python -m bench.search`.

Packs of 1,000 entries in memory, as a read has them once they are fetched: from their bodies to the rows
found, and on to the entries in them. Beside it `zstdcat | grep -c` and `zcat | grep -c` on the same lines,
which must find as many. All by CPU time, the least of some passes, on one core. Then the histogram, from
the headers of the same packs.
"""

import gzip
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench.corpus import corpus
from logstead.entry import SEVERITIES, LogEntry
from logstead.read.header_count import HeaderCount
from logstead.read.histogram import Window
from logstead.read.search import MessageSearch, Regex, Substring, SubstringOfAnyCase
from logstead.storage.item import Item
from logstead.storage.pack import Pack, make_pack
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_id import pack_id
from logstead.storage.read_table import IndexRange, Page

PACK_ENTRIES: Final = 1_000
PACKS: Final = 100
PASSES: Final = 5
RARE: Final = "a-needle-in-a-haystack"
RARE_IN: Final = (17, 50_321, 99_999)
DECOMPRESSORS: Final = ("zstdcat", "zcat")


@dataclass(frozen=True, slots=True)
class Case:
    """One search, and what grep is told for the same."""

    name: str
    make_search: Callable[[], MessageSearch]  # for each pass: a request's time is limited
    grep: tuple[str, ...]


def cases() -> list[Case]:
    """Return what is searched for."""
    return [
        Case("rare word", lambda: Substring(RARE), ("-F", RARE)),
        Case("common word", lambda: Substring("cache hit"), ("-F", "cache hit")),
        Case("rare, any case", lambda: SubstringOfAnyCase(RARE.upper()), ("-F", "-i", RARE.upper())),
        Case("regex, literal first", lambda: Regex(r"needle-\w+-a-hay"), ("-E", r"needle-\w+-a-hay")),
        Case("regex, no literal", lambda: Regex(r"[a-z]+-in-[a-z]-h"), ("-E", r"[a-z]+-in-[a-z]-h")),
        Case("regex, at the end", lambda: Regex(r"haystack$"), ("-E", r"haystack$")),
    ]


def main() -> None:
    """Print both tables."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    entries = _entries()
    packs = [_pack(entries, start) for start in range(0, len(entries), PACK_ENTRIES)]
    text = "".join(entry.message + "\n" for entry in entries).encode()
    body_bytes = sum(len(pack.body) for pack in packs)
    print(f"{len(entries):,} lines, {len(text):,} bytes; read of them: {PACKS} bodies, {body_bytes:,} bytes")
    with tempfile.TemporaryDirectory() as folder:
        tools = _tools(text, Path(folder))
        names = ("rows found", "decoded", *tools)
        print(f"{'MB/s of raw messages':22} |  found |" + "".join(f" {name:>14} |" for name in names))
        for case in cases():
            print(_line(case, packs, len(text), tools))
    print(_histogram_line(packs, len(entries)))


def _entries() -> list[LogEntry]:
    """Return the made corpus, a line each, with some needles."""
    entries = [
        entry._replace(message=entry.message.replace("\n", " "))
        for entry in corpus(PACK_ENTRIES * PACKS, own_ids=False)
    ]
    for number in RARE_IN:
        entries[number] = entries[number]._replace(message=f"{entries[number].message} {RARE}")
    return entries


def _pack(entries: Sequence[LogEntry], start: int) -> Pack:
    pack = make_pack(pack_id(b"bench", start), entries[start : start + PACK_ENTRIES], None)
    if pack is None:
        raise ValueError("a pack of no entries")
    return pack


def _tools(text: bytes, folder: Path) -> dict[str, list[str]]:
    """Return the decompressors that are there, each with its command on the lines."""
    tools: dict[str, list[str]] = {}
    for name in DECOMPRESSORS:
        if shutil.which(name) is None:
            print(f"{name} is not installed: left out", file=sys.stderr)
            continue
        packed = folder / f"{name}.packed"
        if name == "zcat":
            packed.write_bytes(gzip.compress(text, 6))
        else:
            subprocess.run(["zstd", "-q", "-3", "-o", str(packed)], input=text, check=True)  # noqa: S603, S607
        tools[f"{name} | grep"] = [name, str(packed)]
    return tools


def _line(case: Case, packs: Sequence[Pack], text_bytes: int, tools: dict[str, list[str]]) -> str:
    found = _found(case.make_search(), packs)
    seconds = [
        _least_s(lambda: _found(case.make_search(), packs), time.process_time),
        _least_s(lambda: _decoded(case.make_search(), packs), time.process_time),
    ]
    for command in tools.values():
        of_grep = _grepped(command, case.grep)
        if of_grep != found:
            raise ValueError(f"{case.name}: {found} found in packs, {of_grep} by {command[0]} and grep")
        seconds.append(_least_s(partial(_grepped, command, case.grep), _children_s))
    columns = " | ".join(f"{text_bytes / 1e6 / one:14,.0f}" for one in seconds)
    return f"{case.name:22} | {found:6,} | {columns} |"


def _found(search: MessageSearch, packs: Sequence[Pack]) -> int:
    return sum(len(search.rows(PackBody(pack.header.pack, pack.body).messages)) for pack in packs)


def _decoded(search: MessageSearch, packs: Sequence[Pack]) -> int:
    decoded = 0
    for pack in packs:
        body = PackBody(pack.header.pack, pack.body)
        if rows := search.rows(body.messages):
            decoded += len(body.entries(rows))
    return decoded


def _grepped(command: Sequence[str], arguments: Sequence[str]) -> int:
    environment = {**os.environ, "LC_ALL": "C"}  # bytes: what makes grep fastest
    with subprocess.Popen(command, stdout=subprocess.PIPE) as cat:  # noqa: S603
        grep = subprocess.run(  # noqa: S603
            ["grep", "-c", *arguments],  # noqa: S607
            stdin=cat.stdout,
            capture_output=True,
            env=environment,
            check=False,
        )
    return int(grep.stdout)


def _histogram_line(packs: Sequence[Pack], count: int) -> str:
    """Return the histogram's speed; each header counts for as many entries as its pack has."""
    items = [pack.header.header_item("LOG") for pack in packs]
    item_bytes = sum(_item_bytes(item) for item in items)
    window = Window("2026-02-09T21:00:00.000000+00:00", "2026-02-09T22:00:00.000000+00:00")

    def query(part: IndexRange, count: int, start_key: Item | None) -> Page:
        del part, count, start_key
        return Page(items, None)

    with ThreadPoolExecutor(1) as executor:

        def run() -> None:
            counter = HeaderCount(window, frozenset(SEVERITIES), None, ["LOG"], query, lambda _: {}, executor)
            counted = counter.run(time.monotonic() + 60)
            if sum(sum(counts.values()) for counts in counted.by_minute.values()) != count:
                raise ValueError("the histogram is wrong")

        seconds = _least_s(run, time.process_time)
    return (
        f"histogram: {count / seconds / 1e6:,.0f} million entries/s from {len(items)} header items,"
        f" {item_bytes:,} bytes; no body is read"
    )


def _item_bytes(item: Item) -> int:
    """Return about what an item counts for in DynamoDB: its names and values, a list's with 1 for each."""
    size = 0
    for name, value in item.items():
        ((kind, held),) = value.items()
        size += len(name) + (sum(len(one["S"]) + 1 for one in held) + 3 if kind == "L" else len(held))
    return size


def _least_s(call: Callable[[], object], clock: Callable[[], float]) -> float:
    least = float("inf")
    for _ in range(PASSES):
        start = clock()
        call()
        least = min(least, clock() - start)
    return least


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
