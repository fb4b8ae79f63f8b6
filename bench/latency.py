"""How long does one client wait for one answer? Ours, the baseline's and a no-op's, in turns.

Each round is compared with itself: what lies above the floor is a latency minus the same round's no-op.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from bench.client import Client, entry_body
from bench.deployed import Deployed
from bench.report import Row
from bench.turns import take_turns

POST_ROUNDS = 300
READ_ROUNDS = 100
WARM_UP_ROUNDS = 10
RATIO_MAX = 1.1
"""What the median of (a post minus the round's no-op) may be, as a multiple of the baseline's."""
OURS, BASELINE, NO_OP = "ours", "baseline", "no-op"


def measure(deployed: Deployed) -> list[Row]:
    """Measure single posts, then reads of the newest 100 of what was posted."""
    ingest = {
        OURS: deployed.service.ingest_url,
        BASELINE: deployed.baseline.ingest_url,
        NO_OP: deployed.no_op_url,
    }
    read = {
        OURS: deployed.service.read_url,
        BASELINE: deployed.baseline.read_url,
        NO_OP: deployed.no_op_url,
    }
    posts = _latencies_s(ingest, POST_ROUNDS, lambda client, number: client.post(entry_body(str(number))))
    reads = _latencies_s(read, READ_ROUNDS, lambda client, _: client.get())
    return [
        *rows("POST of one entry, 1 client", posts, RATIO_MAX),
        *rows("GET of the newest 100, 1 client", reads, None),
    ]


def rows(name: str, latencies_s: Mapping[str, Sequence[float]], ratio_max: float | None) -> list[Row]:
    """Return two rows: the medians as they are, and those of what lies above the floor of the same round."""

    def above_floor_ms(of: str) -> float:
        pairs = zip(latencies_s[of], latencies_s[NO_OP], strict=True)
        return 1e3 * median(latency_s - floor_s for latency_s, floor_s in pairs)

    return [
        Row(
            name=name,
            unit="ms",
            ours=1e3 * median(latencies_s[OURS]),
            baseline=1e3 * median(latencies_s[BASELINE]),
            floor=1e3 * median(latencies_s[NO_OP]),
        ),
        Row(
            name=f"{name}, minus the no-op",
            unit="ms",
            ours=above_floor_ms(OURS),
            baseline=above_floor_ms(BASELINE),
            ratio_max=ratio_max,
        ),
    ]


def _latencies_s(
    urls: Mapping[str, str], rounds: int, send: Callable[[Client, int], float]
) -> dict[str, list[float]]:
    with contextlib.ExitStack() as connected:
        clients = {name: connected.enter_context(Client(url)) for name, url in urls.items()}
        calls = {name: _with(client, send) for name, client in clients.items()}
        return take_turns(calls, rounds=rounds, warm_up=WARM_UP_ROUNDS)


def _with(client: Client, send: Callable[[Client, int], float]) -> Callable[[int], float]:
    return lambda number: send(client, number)
