"""What a local run starts is found and ended, whatever became of its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import processes

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
ORPHANING = f"import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); os._exit(0)"


class Started:
    """The processes that a test starts, each known to be up; all are gone when the test ends."""

    def __init__(self) -> None:
        self.all: list[subprocess.Popen[bytes]] = []

    def __call__(self, folder: Path, program: str = SLEEP) -> subprocess.Popen[bytes]:
        """Start a Python program that belongs to the run in `folder`."""
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=os.environ | processes.marked(folder),
            stdout=subprocess.PIPE,
        )
        self.all.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        return process


@pytest.fixture
def start() -> Iterator[Started]:
    """Return what starts processes of a run."""
    started = Started()
    yield started
    for process in started.all:
        with process:
            process.kill()


def test_only_the_processes_of_one_folder_are_found(tmp_path: Path, start: Started) -> None:
    """A folder whose name begins with the other's is another folder."""
    ours, theirs = tmp_path / "a run", tmp_path / "a run too"
    process = start(ours)
    start(theirs)
    assert processes.find(ours) == {process.pid}


def test_all_processes_end_and_others_live_on(tmp_path: Path, start: Started) -> None:
    """Ending one run leaves another's processes alone."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ending = [start(ours), start(ours)]
    living = start(theirs)
    assert processes.end(ours, grace_s=5) == 2
    assert [process.wait(5) for process in ending] == [-signal.SIGTERM, -signal.SIGTERM]
    assert living.poll() is None


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path, start: Started) -> None:
    """No process can hold up the end of a run for longer."""
    process = start(tmp_path, DEAF)
    began = time.monotonic()
    processes.end(tmp_path, grace_s=0.3)
    assert process.wait(5) == -signal.SIGKILL
    assert 0.3 <= time.monotonic() - began < 5


def test_an_orphan_is_found(tmp_path: Path, start: Started) -> None:
    """The emulator's workers survive a killed emulator; their parent and group tell nothing then."""
    parent = start(tmp_path, ORPHANING)
    assert parent.wait(5) == 0
    assert processes.end(tmp_path, grace_s=5) == 1
    assert processes.find(tmp_path) == set()


def test_a_listing_of_ps_is_read() -> None:
    """Where there is no /proc, `ps` shows each environment after the command, split by spaces."""
    listing = (
        b"  101 /usr/bin/python3 worker.py HOME=/x LOGSTEAD_LOCAL_RUN=/a folder/run LANG=C\n"
        b"  102 /usr/bin/python3 worker.py LOGSTEAD_LOCAL_RUN=/a folder/run\n"
        b"  103 /usr/bin/python3 worker.py LOGSTEAD_LOCAL_RUN=/a folder/run-2 LANG=C\n"
        b"  104 /sbin/init\n"
    )
    assert processes.parse_ps(listing, b"LOGSTEAD_LOCAL_RUN=/a folder/run") == {101, 102}
