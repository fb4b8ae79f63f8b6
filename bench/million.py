"""A million entries in packs, written and read back: `python -m bench.million [N]`.

Both functions in this process over a table in memory (`bench.paging`). The newest 100 and a page in the
middle must answer, and all pages of an export together have each entry once. Ends with 1 where not.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from bench.paging import BATCH, OLDEST, CountingTable, check, fill, walk
from bench.queries import WrongAnswer

if TYPE_CHECKING:  # as in bench.paging
    from tests.unit.service import Service

ENTRIES: Final = 1_000_000
PAGE: Final = 1_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, read and check; print what each took."""
    parser = argparse.ArgumentParser(prog="python -m bench.million", description=__doc__)
    parser.add_argument("entries", nargs="?", type=int, default=ENTRIES, help="a multiple of 1,000")
    entries = parser.parse_args(arguments).entries // BATCH * BATCH
    try:
        for line in run(entries):
            print(line, flush=True)
    except WrongAnswer as error:
        print(f"wrong: {error}", file=sys.stderr)
        return 1
    return 0


def run(entries: int) -> list[str]:
    """Return what was found, a line each; raises WrongAnswer."""
    started = time.perf_counter()
    service, table = fill(entries)
    written_s = time.perf_counter() - started
    newest, newest_requests = _numbers(service, table, [])
    middle_time = (OLDEST + timedelta(minutes=entries // BATCH // 2)).isoformat()
    middle, middle_requests = _numbers(service, table, [("until", middle_time)])
    if newest != list(range(entries - 1, entries - 101, -1)):
        raise WrongAnswer(f"the newest are {newest[:3]} …")
    half = entries // BATCH // 2 * BATCH
    if middle != list(range(half - 1, half - 101, -1)):
        raise WrongAnswer(f"a page in the middle has {middle[:3]} …")
    started = time.perf_counter()
    pages = list(walk(service, table, PAGE))
    check([i for page in pages for i in page.ids], [m for page in pages for m in page.messages], entries)
    return [
        f"{entries:,} entries written in {len(table.items) // 2:,} packs: {written_s:.1f} s",
        f"the newest 100: {newest_requests} requests to the table; a page in the middle: {middle_requests}",
        (
            f"{len(pages):,} pages of {PAGE:,} in {time.perf_counter() - started:.1f} s: "
            f"{len({i for page in pages for i in page.ids}):,} ids, none twice, none missing"
        ),
        (
            f"page 1: {pages[0].requests} requests, {pages[0].bytes_read:,} bytes; "
            f"page {len(pages) - 1:,}: {pages[-2].requests} requests, {pages[-2].bytes_read:,} bytes"
        ),
    ]


def _numbers(service: "Service", table: CountingTable, query: list[tuple[str, str]]) -> tuple[list[int], int]:
    """Return the numbers of a page of 100, and the requests that it took."""
    before = table.requests
    reply = service.get("/", query=query)
    if reply.status != HTTPStatus.OK:
        raise WrongAnswer(f"{reply.status}: {reply.body[:200]!r}")
    logs = json.loads(reply.body)["logs"]
    return [int(entry["message"].partition(" ")[0]) for entry in logs], table.requests - before


if __name__ == "__main__":
    sys.exit(main())
