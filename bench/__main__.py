"""`make bench`: measures the service beside its baseline; prints a table, writes the figures as JSON."""

import argparse
import json
import platform
import signal
import sys
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from bench import batch_cpu, batches, cold_start, latency, paging, queries, throughput
from bench.client import RequestRefused
from bench.deployed import Deployed, deploy
from bench.queries import WrongAnswer
from bench.report import Row, as_json, table
from bench.seed import SeedError
from local.deploy import ROOT, DeployError
from local.emulator import EmulatorError, FolderInUse

JSON_DEFAULT = ROOT / ".build" / "bench.json"
QUESTIONS: dict[str, Callable[[Deployed], list[Row]]] = {
    "latency": latency.measure,
    "throughput": throughput.measure,
    "batches": batches.measure,
    "queries": queries.measure,
}
"""What is asked of the deployed functions, by the names that --only takes; each is a module of its own."""

QUESTIONS_ALONE: dict[str, Callable[[], list[Row]]] = {
    "cold-start": cold_start.measure,
    "batch-cpu": batch_cpu.measure,
    "stored": batches.measure_stored,
    "paging": paging.measure,
}
"""What is asked without them, once the emulator has ended."""

NAMES = (*QUESTIONS, *QUESTIONS_ALONE)
FOOTNOTE = """
ratio: ours as a multiple of the baseline's; * above the floor
floor: a function that does nothing on the same emulator, or an interpreter that imports nothing
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every figure is within what is asked of it, 1 when one is not or the run failed."""
    options = _options(arguments)
    # As Ctrl-C, so that the emulator is ended too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        rows = _ask_all(options.only)
    except FolderInUse as owner:
        print(f"the benchmarks are running already: {owner}", file=sys.stderr)
        return 1
    except (DeployError, EmulatorError, RequestRefused, SeedError, WrongAnswer) as error:
        print(f"the benchmarks failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"\n{table(rows)}\n{FOOTNOTE}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    run = {"python": platform.python_version(), "machine": platform.machine(), "rows": as_json(rows)}
    options.json.write_text(json.dumps(run, indent=1) + "\n")
    print(f"written to {options.json}")
    return 1 if any(row.holds is False for row in rows) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, default=JSON_DEFAULT, metavar="PATH", help="where figures go")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="ask these questions alone")
    return parser.parse_args(arguments)


def _ask_all(names: Collection[str]) -> list[Row]:
    rows = []
    asked = [name for name in QUESTIONS if name in names]
    if asked:
        with deploy(_say) as deployed:
            for name in asked:
                rows += _timed(name, partial(QUESTIONS[name], deployed))
    for name, measure in QUESTIONS_ALONE.items():
        if name in names:
            rows += _timed(name, measure)
    return rows


def _timed(name: str, measure: Callable[[], list[Row]]) -> list[Row]:
    started = time.monotonic()
    rows = measure()
    _say(f"{name}: {time.monotonic() - started:.1f} s")
    return rows


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
