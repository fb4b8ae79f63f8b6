"""How many entries a second do 1 and 16 clients get stored, who post one entry at a time?

Short bursts in turns, and the median of each. The emulator is one process, so with 16 clients it is itself a
good part of what is measured: the no-op shows how much.
"""

from collections.abc import Callable, Sequence
from statistics import median

from bench.client import Burst, post_burst
from bench.deployed import Deployed
from bench.report import Row
from bench.turns import take_turns

POSTS_EACH = {1: 30, 16: 10}
"""By the number of clients, how many entries each of them posts in a burst."""
BURSTS = 7


def measure(deployed: Deployed) -> list[Row]:
    """Measure for each number of clients."""
    return [row for clients in POSTS_EACH for row in rows(clients, *_bursts(deployed, clients))]


def rows(clients: int, ours: Sequence[Burst], baseline: Sequence[Burst], no_op: Sequence[Burst]) -> list[Row]:
    """Return the medians of the bursts' rates, and of their requests' latencies."""
    plural = "client" if clients == 1 else "clients"
    return [
        Row(
            name=f"entries stored, {clients} {plural}",
            unit="a second",
            ours=_rate(ours),
            baseline=_rate(baseline),
            floor=_rate(no_op),
        ),
        Row(
            name=f"POST of one entry, {clients} {plural} posting",
            unit="ms",
            ours=_latency_ms(ours),
            baseline=_latency_ms(baseline),
            floor=_latency_ms(no_op),
        ),
    ]


def _bursts(deployed: Deployed, clients: int) -> tuple[list[Burst], list[Burst], list[Burst]]:
    def posting_to(url: str) -> Callable[[int], Burst]:
        return lambda _: post_burst(url, clients=clients, posts_each=POSTS_EACH[clients])

    calls = {
        "ours": posting_to(deployed.service.ingest_url),
        "baseline": posting_to(deployed.baseline.ingest_url),
        "no-op": posting_to(deployed.no_op_url),
    }
    # The first burst has the emulator start a process for each call at a time; the second fills it.
    bursts = take_turns(calls, rounds=BURSTS, warm_up=2)
    return bursts["ours"], bursts["baseline"], bursts["no-op"]


def _rate(bursts: Sequence[Burst]) -> float:
    return median(burst.entries_per_s for burst in bursts)


def _latency_ms(bursts: Sequence[Burst]) -> float:
    return 1e3 * median(latency_s for burst in bursts for latency_s in burst.latencies_s)
