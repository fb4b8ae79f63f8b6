"""`make bench-cost`: what a million entries cost to store, and a GB of messages to keep, read and search.

The service's own code makes the items (`bench.stored`) from the made corpus (`bench.corpus`), units are
counted by DynamoDB's rules (`bench.units`) at list prices (`bench.prices`). So every run gives the same
figures. What Lambda takes can't be known here: it is assumed, in the constants below, on the high side.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from bench import end_with_reader, prices
from bench.corpus import corpus
from bench.stored import batch_bodies, literal_items, posted, single_bodies
from bench.units import get_units, is_indexed, query_units, stored_bytes, write_units
from local.deploy import ROOT
from logstead.entry import LogEntry, entry_as_json
from logstead.storage.item import Item

ENTRIES: Final = 20_000
BATCHES: Final = (10, 100, 1_000)
JSON_DEFAULT: Final = ROOT / ".build" / "bench-cost.json"

OF_CLOUDWATCH_MAX: Final = 0.3
"""What packs of 1,000 may cost, as a multiple of what CloudWatch asks to take in the same messages."""
OF_LITERAL_MAX: Final = 1 / 50
"""The same, of the specification taken literally."""

VCPU_MB: Final = 1_769
"""The memory for which Lambda gives one whole vCPU; less memory, less of it."""
INGEST_MB: Final = 512
READ_MB: Final = 1_024
REQUEST_CPU_S: Final = 0.002
ENTRY_CPU_S: Final = 10e-6
"""Twice what an entry of a batch takes on the machines that this was measured on, reply included."""
PUT_S: Final = 0.010
"""One put. The body of a pack and its header follow each other; packs of one request go side by side."""
ITEM_CPU_S: Final = 25e-6
"""What botocore takes to parse one item of a reply."""
EXPORT_ENTRY_CPU_S: Final = 20e-6
SEARCH_ENTRY_CPU_S: Final = 1e-6
EXPORT_PAGE_ENTRIES: Final = 10_000
SEARCH_PAGE_BYTES: Final = 64 * 1024 * 1024

LITERAL: Final = "the literal specification"
CLOUDWATCH: Final = "CloudWatch, message alone"
EVENT_BYTES: Final = 26
"""What CloudWatch Logs counts for each event beside its text."""
MILLION, GB = 1e6, 1e9


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars of one way: per million entries stored, and per GB of messages kept a month, read, searched.

    `bytes_per_entry` is what an entry takes in the table and the index together.
    """

    name: str
    bytes_per_entry: float
    writes: float
    functions: float
    keep_gb: float
    read_gb: float
    search_gb: float

    @property
    def total(self) -> float:
        """Dollars per million entries stored."""
        return self.writes + self.functions


def costs(entries: Sequence[LogEntry]) -> list[Cost]:
    """Return the costs of each way of storing the same entries."""
    lines = [json.dumps(entry_as_json(entry), separators=(",", ":")) for entry in entries]
    messages = [entry.message for entry in entries]
    return [
        _table_cost(LITERAL, entries, list(literal_items(entries)), 1),
        _table_cost("one by one", entries, posted(single_bodies(entries)), 1),
        *(
            _table_cost(_batches(size), entries, posted(batch_bodies(entries, size)), size)
            for size in BATCHES
        ),
        _cloudwatch_cost(CLOUDWATCH, messages, messages),
        _cloudwatch_cost("CloudWatch, JSON line", lines, messages),
    ]


def shares(found: Sequence[Cost]) -> tuple[float, float]:
    """Return what the largest batches cost by CloudWatch's price for the messages, and by the literal's."""
    total = {cost.name: cost.total for cost in found}
    ours = total[_batches(max(BATCHES))]
    return ours / total[CLOUDWATCH], ours / total[LITERAL]


def _batches(size: int) -> str:
    return f"batches of {size:,}"


def _table_cost(name: str, entries: Sequence[LogEntry], items: Sequence[Item], batch: int) -> Cost:
    count, message_bytes = len(entries), _bytes([entry.message for entry in entries])
    bodies = [item for item in items if not is_indexed(item)]
    index = [item for item in items if is_indexed(item)]
    stored = sum(map(stored_bytes, items))
    units = prices.READ_UNIT * (query_units(index) + get_units(bodies))
    parsing_s = ITEM_CPU_S * len(items)
    export = _functions(READ_MB, count / EXPORT_PAGE_ENTRIES, parsing_s + EXPORT_ENTRY_CPU_S * count)
    search = _functions(READ_MB, stored / SEARCH_PAGE_BYTES, parsing_s + SEARCH_ENTRY_CPU_S * count)
    requests = count / batch
    puts_in_a_row = 2 if bodies else 1
    ingest = _functions(
        INGEST_MB,
        requests,
        requests * REQUEST_CPU_S + count * ENTRY_CPU_S,
        waiting_s=requests * puts_in_a_row * PUT_S,
    )
    return Cost(
        name=name,
        bytes_per_entry=stored / count,
        writes=prices.WRITE_UNIT * sum(map(write_units, items)) * MILLION / count,
        functions=ingest * MILLION / count,
        keep_gb=prices.TABLE_GB_MONTH * stored / message_bytes,
        read_gb=(units + export) * GB / message_bytes,
        search_gb=(units + search) * GB / message_bytes,
    )


def _functions(memory_mb: int, requests: float, cpu_s: float, *, waiting_s: float = 0.0) -> float:
    """Return what requests to a function cost that take so much of a whole vCPU together."""
    duration_s = cpu_s * VCPU_MB / memory_mb + waiting_s
    return prices.LAMBDA_REQUEST * requests + prices.LAMBDA_GB_S * duration_s * memory_mb / 1_024


def _cloudwatch_cost(name: str, lines: Sequence[str], messages: Sequence[str]) -> Cost:
    """Return the costs of CloudWatch Logs: storage by the text alone; GetLogEvents is free, and capped."""
    sent, message_bytes = _bytes(lines), _bytes(messages)
    packed = len(gzip.compress("\n".join(lines).encode(), compresslevel=6, mtime=0))
    ingested = sent + EVENT_BYTES * len(lines)
    return Cost(
        name=name,
        bytes_per_entry=packed / len(lines),
        writes=prices.CLOUDWATCH_INGEST_GB * ingested / GB * MILLION / len(lines),
        functions=0.0,
        keep_gb=prices.CLOUDWATCH_GB_MONTH * packed / message_bytes,
        read_gb=0.0,
        search_gb=prices.CLOUDWATCH_SCAN_GB * sent / message_bytes,
    )


def _bytes(texts: Sequence[str]) -> int:
    return sum(len(text.encode()) for text in texts)


def samples() -> dict[str, list[LogEntry]]:
    """Return the kinds of entries that are compared, by name; of the first, something is asked."""
    return {
        "time, severity, source and message": corpus(ENTRIES, own_ids=False, has_attributes=False),
        "every second entry with a trace id and a region as well": corpus(ENTRIES, own_ids=False),
        "as the second, and ids of the clients' own": corpus(ENTRIES, own_ids=True),
    }


def table(found: Sequence[Cost]) -> str:
    """Return the costs as text in columns."""
    head = f"{'':26}{'writes':>9}{'Lambda':>9}{'total':>9}{'B/entry':>9}{'keep':>9}{'read':>9}{'search':>9}"
    return "\n".join(
        [
            head,
            *(
                f"{cost.name:26}{cost.writes:9.4f}{cost.functions:9.4f}{cost.total:9.4f}"
                f"{cost.bytes_per_entry:9.0f}{cost.keep_gb:9.3f}{cost.read_gb:9.4f}{cost.search_gb:9.4f}"
                for cost in found
            ),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table for each kind of entries; return 1 where the first misses what is asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("--json", type=Path, default=JSON_DEFAULT, metavar="PATH", help="where figures go")
    options = parser.parse_args(arguments)
    found = {name: costs(entries) for name, entries in samples().items()}
    print(f"$ of {prices.AS_OF}: per million entries stored; per GB of messages kept a month, read, searched")
    for name, ways in found.items():
        print(f"\n{name}\n{table(ways)}")
    of_cloudwatch, of_literal = shares(next(iter(found.values())))
    holds = of_cloudwatch <= OF_CLOUDWATCH_MAX and of_literal <= OF_LITERAL_MAX
    print(
        f"\nbatches of {max(BATCHES):,}, of the first: {of_cloudwatch:.3f} of CloudWatch's price for the "
        f"messages (asked: <= {OF_CLOUDWATCH_MAX}), 1/{1 / of_literal:.0f} of the literal specification's "
        f"(asked: <= 1/{1 / OF_LITERAL_MAX:.0f}): {'holds' if holds else 'MISSED'}"
    )
    options.json.parent.mkdir(parents=True, exist_ok=True)
    run = {
        "pricesAsOf": prices.AS_OF,
        "entries": ENTRIES,
        "samples": {
            name: [asdict(cost) | {"total": cost.total} for cost in ways] for name, ways in found.items()
        },
        "ofCloudWatch": of_cloudwatch,
        "ofLiteral": of_literal,
    }
    options.json.write_text(json.dumps(run, indent=1) + "\n")
    print(f"written to {options.json}")
    return 0 if holds else 1


if __name__ == "__main__":
    end_with_reader()
    sys.exit(main())
