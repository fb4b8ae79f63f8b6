"""What does a cold start cost: importing a handler and making its client, in a fresh interpreter?

Each interpreter sees what Lambda gives it: the asset, without bytecode, as Lambda's folder can't be written
to, and boto3 with its dependencies, with bytecode. Counted is what it takes over an interpreter that imports
nothing. Nothing in it waits, so processor time is what is held to a bound. Wall time is shown beside it; on a
busy machine it mostly measures the wait for a core.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import botocore

from bench.baseline import FUNCTIONS
from bench.report import Row
from bench.turns import take_turns
from infra import asset
from local.deploy import ROOT
from local.emulator import client_environment

ROUNDS = 15
RATIO_MAX = 0.8
"""What the ingest handler may take of the processor, as a multiple of the baseline's."""
INTERPRETER_TIMEOUT_S = 60
EMPTY = "an empty interpreter"
OURS_INGEST, BASELINE_INGEST = "our ingest", "the baseline's ingest"
OURS_READ, BASELINE_READ = "our read", "the baseline's read"
OURS_CLIENT, BASELINE_CLIENT = "a client by our loader", "a client by botocore's loader"
_MAKE_CLIENT = """
import botocore.session
from {module} import {loader}
session = botocore.session.get_session()
session.register_component("data_loader", {loader}())
session.create_client("dynamodb")
"""


@dataclass(frozen=True, slots=True)
class Start:
    """What one interpreter took."""

    wall_s: float
    processor_s: float


def measure() -> list[Row]:
    """Start each handler's interpreter once a round, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        for text in _programs(Path(folder, "warm")).values():
            _start(text, writes_bytecode=True, folder=folder)  # of boto3, where its installation made none
        programs = _programs(Path(folder, "measured"))
        calls = {name: _starting(text, folder) for name, text in programs.items()}
        return rows(take_turns(calls, rounds=ROUNDS, warm_up=1))


def _programs(folder: Path) -> dict[str, str]:
    """Return each handler's program, after copying what it imports into a folder, without bytecode."""
    without_bytecode = shutil.ignore_patterns("__pycache__")
    ours = shutil.copytree(
        asset.build(root=ROOT, target=asset.HOST), folder / "ours", ignore=without_bytecode
    )
    baseline = shutil.copytree(FUNCTIONS, folder / "baseline", ignore=without_bytecode)
    return {
        EMPTY: program(None, ""),
        OURS_INGEST: program(ours, "import logstead.ingest.handler"),
        BASELINE_INGEST: program(baseline, "import ingest"),
        OURS_READ: program(ours, "import logstead.read.handler"),
        BASELINE_READ: program(baseline, "import read"),
        OURS_CLIENT: program(
            ours, _MAKE_CLIENT.format(module="logstead.storage.loader", loader="LeanLoader")
        ),
        BASELINE_CLIENT: program(baseline, _MAKE_CLIENT.format(module="botocore.loaders", loader="Loader")),
    }


def program(code: Path | None, statements: str) -> str:
    """Return a program that sees a function's code as Lambda shows it, and ends without tidying up."""
    runtime = str(Path(botocore.__file__).parent.parent)
    lines = ["import os, sys", f"sys.path.append({runtime!r})"]
    if code is not None:
        lines.append(f"sys.path.insert(0, {str(code)!r})")
    return "\n".join([*lines, statements, "os._exit(0)"])


def rows(starts: Mapping[str, Sequence[Start]]) -> list[Row]:
    """Return the medians, each above the empty interpreter's."""

    def wall_ms(name: str) -> float:
        return 1e3 * median(start.wall_s for start in starts[name])

    def processor_ms(name: str) -> float:
        return 1e3 * median(start.processor_s for start in starts[name])

    return [
        Row(
            name=f"import and init, {what}{unit_of}",
            unit="ms",
            ours=of(ours),
            baseline=of(baseline),
            floor=of(EMPTY),
            above_floor=True,
            ratio_max=ratio_max,
        )
        for what, ours, baseline, ratio_max in (
            ("ingest", OURS_INGEST, BASELINE_INGEST, RATIO_MAX),
            ("read", OURS_READ, BASELINE_READ, None),
            ("a client alone", OURS_CLIENT, BASELINE_CLIENT, None),
        )
        for unit_of, of, ratio_max in ((", processor", processor_ms, ratio_max), (", wall", wall_ms, None))
    ]


def _starting(text: str, folder: str) -> Callable[[int], Start]:
    return lambda _: _start(text, writes_bytecode=False, folder=folder)


def _start(text: str, *, writes_bytecode: bool, folder: str) -> Start:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "TABLE_NAME": "LogTable"}
    # Nothing is sent, so there need be nothing at the address.
    environment |= client_environment("http://127.0.0.1:9")
    bytecode = () if writes_bytecode else ("-B",)
    before, started = _processor_s(), time.perf_counter()
    # -I and -S: neither the folder, nor the user's settings, nor what an installation adds to a start.
    subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-I", "-S", *bytecode, "-c", text],
        check=True,
        env=environment,
        cwd=folder,
        timeout=INTERPRETER_TIMEOUT_S,
    )
    return Start(time.perf_counter() - started, _processor_s() - before)


def _processor_s() -> float:
    """Return the processor time of all ended children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
