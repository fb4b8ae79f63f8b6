"""`python -m tests.faults --seed 1 --runs 10 --entries 2000`: fault runs of any size, each told in a line."""

import argparse
import sys
import time

from local.deploy import Cdk
from tests.conftest import emulator_in_a_free_folder
from tests.faults.run import run


def main() -> int:
    """Run; return 1 where an entry was lost, doubled, altered or made up."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--runs", type=int, default=1, help="how many seeds, one after another")
    parser.add_argument("--entries", type=int, default=2_000, help="entries a run")
    asked = parser.parse_args()
    wrong = 0
    with emulator_in_a_free_folder(enforces_iam=True) as emulator:
        service = Cdk(emulator).deploy()
        for seed in range(asked.seed, asked.seed + asked.runs):
            service.empty_table()
            began_s = time.monotonic()
            report = run(service, emulator.folder, seed, asked.entries)
            wrong += len(report.faults)
            print(f"{report}  [{time.monotonic() - began_s:.0f} s]", flush=True)
    print(f"{wrong} wrong in {asked.runs} runs")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
