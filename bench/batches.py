"""How many entries a second does one client get stored, by the size of its batches?

Beside the baseline, which takes one entry a request. Given as the time of an entry: the rates' inverse.
"""

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Final

from bench.client import Client, entry_body
from bench.corpus import corpus
from bench.deployed import Deployed
from bench.report import Row
from bench.stored import batch_bodies, literal_items, posted
from bench.turns import take_turns
from bench.units import stored_bytes

SIZES: Final = (1, 10, 100, 1_000)
ROUNDS: Final = 30
RATIO_MAX: Final = {1_000: 1 / 50}
"""What an entry may take in batches of a size, as a multiple of the baseline's."""
BASELINE: Final = "baseline"
STORED_ENTRIES: Final = 10_000


def measure(deployed: Deployed) -> list[Row]:
    """Post batches of each size, and single entries to the baseline, in turns."""
    with contextlib.ExitStack() as connected:
        ours = connected.enter_context(Client(deployed.service.ingest_url))
        baseline = connected.enter_context(Client(deployed.baseline.ingest_url))
        calls: dict[str, Callable[[int], float]] = {
            BASELINE: lambda number: baseline.post(entry_body(str(number))),
            **{str(size): _posting(ours, size) for size in SIZES},
        }
        return rows(take_turns(calls, rounds=ROUNDS, warm_up=3))


def rows(latencies_s: Mapping[str, Sequence[float]]) -> list[Row]:
    """Return the medians, each by the entries of its batch."""
    return [
        Row(
            name=f"an entry stored, batches of {size:,} (baseline: one by one)",
            unit="us",
            ours=1e6 * median(latencies_s[str(size)]) / size,
            baseline=1e6 * median(latencies_s[BASELINE]),
            ratio_max=RATIO_MAX.get(size),
        )
        for size in SIZES
    ]


def measure_stored() -> list[Row]:
    """Count what is stored for a byte of message, index and overhead included."""
    entries = corpus(STORED_ENTRIES, own_ids=False, has_attributes=False)
    sent = sum(len(entry.message.encode()) for entry in entries)
    ours, baseline = posted(batch_bodies(entries, max(SIZES))), literal_items(entries)
    return [
        Row(
            name="stored for a GB of messages, batches of 1,000",
            unit="MB",
            ours=1e3 * sum(map(stored_bytes, ours)) / sent,
            baseline=1e3 * sum(map(stored_bytes, baseline)) / sent,
        )
    ]


def _posting(client: Client, size: int) -> Callable[[int], float]:
    def post(number: int) -> float:
        entries = [json.loads(entry_body(f"{number}-{place}")) for place in range(size)]
        return client.post(json.dumps(entries).encode())

    return post
