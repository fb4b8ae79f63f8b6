"""`make run` as a user meets it: in a folder of its own, over HTTP, until Ctrl-C."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from local import processes
from local.deploy import ROOT
from local.emulator import PORT_DEFAULT
from local.service import request

READY_TIMEOUT_S = 240
END_TIMEOUT_S = 30
SHARED = (".venv", "node_modules", ".build")
"""What the copy links to, so that the test needs neither minutes nor a network for it."""

NOT_COPIED = shutil.ignore_patterns(*SHARED, ".local", ".git", "cdk.out", "__pycache__", ".*_cache")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this tree in a folder with spaces in its name."""
    folder = tmp_path_factory.mktemp("copy") / "log stead's copy"
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    for name in SHARED:
        if (ROOT / name).exists():
            (folder / name).symlink_to((ROOT / name).resolve())
    return folder


class Run:
    """One `make run` in a terminal's process group of its own."""

    def __init__(self, checkout: Path) -> None:
        self.folder = checkout / ".local" / "run"
        self._output = checkout / f"output-{time.monotonic_ns()}"
        self._urls = checkout / ".local" / "urls.env"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                ["make", "run"],
                cwd=checkout,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """All that was printed so far."""
        return self._output.read_text()

    def wait_until_ready(self) -> dict[str, str]:
        """Return the exported variables once they are printed and answer."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while "Ctrl-C stops it" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)
        printed = dict(re.findall(r"^export (\w+)=(\S+)$", self.output, re.MULTILINE))
        sourced = subprocess.run(
            ["sh", "-c", '. "$0" && echo "$INGEST_URL $READ_URL"', self._urls],
            capture_output=True,
            text=True,
            check=True,
        )
        assert sourced.stdout.split() == [printed["INGEST_URL"], printed["READ_URL"]]
        return printed

    def interrupt(self) -> None:
        """Press Ctrl-C: the terminal sends SIGINT to every process of the group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def assert_ended(self) -> None:
        """Hold that nothing is left: no process, and no file that says where the service is."""
        self.process.wait(END_TIMEOUT_S)
        assert processes.find(self.folder) == set(), self.output
        assert not self._urls.exists()


@contextmanager
def make_run(checkout: Path) -> Iterator[Run]:
    """Start `make run`; whatever the test found, nothing of it survives."""
    run = Run(checkout)
    try:
        yield run
    finally:
        with suppress(ProcessLookupError):
            os.killpg(run.process.pid, signal.SIGKILL)
        run.process.wait()
        processes.end(run.folder, grace_s=0)


def _curl(*arguments: str) -> str:
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.timeout(900)
def test_it_runs_ends_and_runs_again_with_what_was_stored(checkout: Path) -> None:
    """In and out by curl; Ctrl-C leaves nothing; a second run has the entries; a second one beside it not."""
    message = f"kept over a restart {time.time_ns()}"
    with make_run(checkout) as run:
        urls = run.wait_until_ready()
        body = json.dumps({"severity": "info", "message": message})
        stored = json.loads(_curl("-X", "POST", urls["INGEST_URL"], "-d", body))
        assert json.loads(_curl(urls["READ_URL"]))["logs"][0] == stored
        second = Run(checkout)
        assert second.process.wait(READY_TIMEOUT_S) != 0
        assert "already running in this folder: process" in second.output
        assert json.loads(_curl(urls["READ_URL"] + stored["id"])) == stored
        run.interrupt()
        run.assert_ended()

    with make_run(checkout) as run:
        urls = run.wait_until_ready()
        assert json.loads(_curl(urls["READ_URL"] + stored["id"])) == stored
        run.interrupt()
        run.assert_ended()


@pytest.mark.timeout(900)
def test_it_takes_another_port_and_survives_being_killed(checkout: Path) -> None:
    """With the usual port taken; after `kill -9` of the run, of the emulator; with broken state."""
    with _taken(PORT_DEFAULT), make_run(checkout) as run:
        urls = run.wait_until_ready()
        assert f":{PORT_DEFAULT}/" not in urls["READ_URL"]
        assert f"port {PORT_DEFAULT} is taken" in run.output
        (emulator,) = _emulators(run)
        os.killpg(run.process.pid, signal.SIGKILL)
        _wait_until_gone(emulator)

    (functions,) = run.folder.glob("state-*/lambda.json")
    functions.write_text("{")
    with make_run(checkout) as run:
        urls = run.wait_until_ready()
        assert "the saved state could not be used; it is kept in .local/run/state-unusable" in run.output
        assert request("GET", urls["READ_URL"]).status == 200
        _wait_until_saved(run)
        stored = request("GET", urls["READ_URL"]).json()["logs"][0]
        (emulator,) = _emulators(run)
        os.kill(emulator, signal.SIGKILL)
        assert run.process.wait(END_TIMEOUT_S) != 0
        assert "the emulator ended by itself" in run.output
        run.assert_ended()

    with make_run(checkout) as run:
        urls = run.wait_until_ready()
        assert "the last run was killed before it could save: what it stored since 20" in run.output
        assert request("GET", urls["READ_URL"] + stored["id"]).json() == stored
        run.interrupt()
        run.assert_ended()


@pytest.mark.timeout(300)
def test_an_interrupt_while_it_deploys_leaves_nothing(checkout: Path) -> None:
    """The CDK starts Python, which starts Node.js: all of them go."""
    with make_run(checkout) as run:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not (run.folder / "cdk-local" / "synth.log").exists() or len(processes.find(run.folder)) < 3:
            assert time.monotonic() < deadline, run.output
            time.sleep(0.05)
        run.interrupt()
        run.assert_ended()
        assert "Stopping" in run.output


@contextmanager
def _taken(port: int) -> Iterator[None]:
    """Hold a port, unless another program does that already."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            listener.bind(("127.0.0.1", port))
            listener.listen()
        yield


def _emulators(run: Run) -> list[int]:
    """Return the emulator's process, which leads its session; its workers and the CDK's are others."""
    return [pid for pid in processes.find(run.folder) if os.getsid(pid) == pid]


def _wait_until_saved(run: Run) -> None:
    deadline = time.monotonic() + END_TIMEOUT_S
    while not any(run.folder.glob("state-*/dynamodb.json")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + END_TIMEOUT_S
    with suppress(ProcessLookupError):
        while True:
            os.kill(pid, 0)
            assert time.monotonic() < deadline
            time.sleep(0.05)
