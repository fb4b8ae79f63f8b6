"""Finds and ends every process of one local run, orphans of a crashed one included.

All that a run starts inherits one marker in its environment. That holds where process ids, groups and parents
do not: the emulator's function workers outlive a killed emulator as children of nobody.
"""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

MARKER = "LOGSTEAD_LOCAL_RUN"
POLL_S = 0.02


def marked(folder: Path) -> dict[str, str]:
    """Return the environment variable that marks what belongs to the run in `folder`."""
    return {MARKER: str(folder.resolve())}


def find(folder: Path) -> set[int]:
    """Return the ids of the living processes that were started by a run in `folder`."""
    marker = f"{MARKER}={folder.resolve()}".encode()
    found = _find_in_proc(marker) if Path("/proc/self/environ").exists() else _find_by_ps(marker)
    return found - {os.getpid()}


def end(folder: Path, grace_s: float) -> int:
    """End all processes of the run in `folder`: SIGTERM, then after `grace_s` SIGKILL; return how many."""
    ended = set[int]()
    deadline = time.monotonic() + grace_s
    while living := find(folder):
        overdue = time.monotonic() > deadline
        for pid in living if overdue else living - ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if overdue else signal.SIGTERM)
        ended |= living
        time.sleep(POLL_S)
    return len(ended)


def _find_in_proc(marker: bytes) -> set[int]:
    found = set()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        # Other users' processes can't be read, and any may end between the listing and the reading.
        # A zombie's environment reads as empty.
        with contextlib.suppress(OSError):
            if marker in environ.read_bytes().split(b"\0"):
                found.add(int(environ.parent.name))
    return found


def _find_by_ps(marker: bytes) -> set[int]:
    """Do it where there is no /proc (macOS): `ps -E` appends the environment to each command."""
    command = ["ps", "-axww", "-E", "-o", "pid=,command="]
    return parse_ps(subprocess.run(command, capture_output=True, check=False).stdout, marker)  # noqa: S603


def parse_ps(listing: bytes, marker: bytes) -> set[int]:
    """Return the ids of the processes whose environment, after the command in each line, has the marker."""
    # A folder's name may hold spaces, so the line isn't split into words.
    lines = (line.strip() for line in listing.splitlines())
    return {int(line.split()[0]) for line in lines if marker + b" " in line + b" "}
