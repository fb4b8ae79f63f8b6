"""Measures what botocore adds to a cold start: the runtime's against one bundled in the asset.

    python bench/cold_start_botocore.py [runs]

Lambda's own botocore is byte-compiled; a bundled one is not and can't become so, since /var/task is
read-only. Each run is a fresh interpreter that imports botocore and makes a DynamoDB client. Prints the
median of each way and its ratio to the runtime's; docs/adr/0002 quotes it.
"""

import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import botocore

RUNS_DEFAULT = 11
PARTS = ("botocore", "dateutil", "jmespath", "six.py", "urllib3")
DATA_KEPT = (
    "dynamodb",
    "sqs",
    "endpoints.json",
    "partitions.json",
    "_retry.json",
    "sdk-default-configuration.json",
)
"""What a pruned copy keeps of botocore/data: 2 of some 400 services."""

PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); import botocore.session; "
    "botocore.session.get_session().create_client('dynamodb', region_name='eu-central-1', "
    "aws_access_key_id='x', aws_secret_access_key='x')"
)


def main() -> None:
    """Measure all ways in turn, run by run, so that a noisy minute falls on each alike."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS_DEFAULT
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "runtime's (whole, byte-compiled)": _copy(Path(folder, "a"), pruned=False, compiled=True),
            "bundled whole (no .pyc)": _copy(Path(folder, "b"), pruned=False, compiled=False),
            "bundled pruned (no .pyc)": _copy(Path(folder, "c"), pruned=True, compiled=False),
            "pruned and byte-compiled": _copy(Path(folder, "d"), pruned=True, compiled=True),
        }
        empty_ms = statistics.median(_run_ms("pass", Path(folder)) for _ in range(runs))
        times_ms: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(runs):
            for way, path in ways.items():
                times_ms[way].append(_run_ms(PROGRAM, path) - empty_ms)
        medians_ms = {way: statistics.median(values) for way, values in times_ms.items()}
        first_ms = next(iter(medians_ms.values()))
        print(f"Python {sys.version.split()[0]}, botocore {botocore.__version__}, median of {runs} fresh ")
        print(f"interpreters, less the {empty_ms:.0f} ms of an empty one\n")
        for way, median_ms in medians_ms.items():
            size_mb = sum(path.stat().st_size for path in ways[way].rglob("*") if path.is_file()) / 1e6
            print(f"{way:34} {median_ms:6.0f} ms {median_ms / first_ms:6.2f} x {size_mb:7.1f} MB")


def _copy(target: Path, *, pruned: bool, compiled: bool) -> Path:
    source = Path(botocore.__file__).parents[1]
    target.mkdir()
    no_bytecode = shutil.ignore_patterns("__pycache__")
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, ignore=no_bytecode)
        else:
            shutil.copy(source / part, target / part)
    if pruned:
        for path in (target / "botocore" / "data").iterdir():
            if path.name not in DATA_KEPT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    if compiled:
        compileall.compile_dir(target, quiet=1)
    return target


def _run_ms(program: str, path: Path) -> float:
    start_s = time.perf_counter()
    subprocess.run(  # noqa: S603 - this interpreter, a fixed program
        [sys.executable, "-I", "-S", "-B", "-c", program, str(path)],
        check=True,
        env={"PATH": os.defpath},
    )
    return (time.perf_counter() - start_s) * 1000


if __name__ == "__main__":
    main()
