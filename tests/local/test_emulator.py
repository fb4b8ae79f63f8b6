"""One emulator for each folder: its port, its owner, its leftovers, its state."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local import processes
from local.deploy import ROOT
from local.emulator import Emulator, EmulatorError, FolderInUse, free_port
from local.service import client

OWNER_THAT_DIES = """
import sys, time
from pathlib import Path
from local.emulator import Emulator
with Emulator(Path(sys.argv[1]), keeps_state=True) as emulator:
    print(emulator.endpoint_url, flush=True)
    time.sleep(60)
"""


class BrokenEmulator(Emulator):
    """An emulator whose Python does not start."""

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"PYTHONHOME": "/nonexistent"}


def test_a_free_preferred_port_is_taken() -> None:
    """`make run` has the same URLs each time when it can."""
    port = free_port()
    assert free_port(port) == port


def test_another_port_is_found_when_the_preferred_one_is_taken() -> None:
    """A taken port is no reason not to start."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert free_port(taken.getsockname()[1]) not in {0, taken.getsockname()[1]}


def test_a_second_owner_of_the_folder_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    """Two emulators over one saved state would overwrite each other's."""
    with Emulator(tmp_path) as first:
        with pytest.raises(FolderInUse, match=f"process {os.getpid()}, emulator at {first.endpoint_url}"):
            Emulator(tmp_path).__enter__()
        first.check_alive()


def test_nothing_is_left_after_the_end(tmp_path: Path) -> None:
    """No process, and the folder is free for the next."""
    with Emulator(tmp_path):
        assert len(processes.find(tmp_path)) == 1
    assert processes.find(tmp_path) == set()
    with Emulator(tmp_path) as second:
        assert second.leftovers_ended == 0


def test_an_emulator_ends_with_its_starter_and_saves_its_state(tmp_path: Path) -> None:
    """Even `kill -9` of the starter orphans nothing and loses nothing."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER_THAT_DIES, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        _make_queue(owner.stdout.readline().decode().strip())
        owner.kill()
    with Emulator(tmp_path, keeps_state=True) as emulator:
        assert emulator.has_state
        assert not emulator.cut_off
        assert _has_queue(emulator)


def test_leftovers_of_a_crashed_run_are_ended_by_the_next(tmp_path: Path) -> None:
    """Whoever holds the lock is the one owner, so other processes of the folder are leftovers."""
    with subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], env=os.environ | processes.marked(tmp_path)
    ) as leftover:
        with Emulator(tmp_path) as emulator:
            assert emulator.leftovers_ended == 1
        assert leftover.wait(5) == -signal.SIGTERM


def test_state_survives_a_restart_only_where_it_is_kept(tmp_path: Path) -> None:
    """Tests start with nothing; `make run` goes on with what it had."""
    for keeps_state in (True, False):
        folder = tmp_path / str(keeps_state)
        with Emulator(folder, keeps_state=keeps_state) as emulator:
            assert not emulator.has_state
            _make_queue(emulator.endpoint_url)
        with Emulator(folder, keeps_state=keeps_state) as emulator:
            assert emulator.has_state == keeps_state
            assert _has_queue(emulator) == keeps_state


def test_what_a_killed_first_run_left_does_not_count_as_state(tmp_path: Path) -> None:
    """Objects without the rest of the state would stand in the way of a new bucket of the same name."""
    with Emulator(tmp_path, keeps_state=True) as emulator:
        s3 = client(emulator.endpoint_url, "s3")
        s3.create_bucket(Bucket="made-before-the-crash")
        s3.put_object(Bucket="made-before-the-crash", Key="key", Body=b"object")
        (pid,) = processes.find(emulator.folder)
        os.kill(pid, signal.SIGKILL)
    with Emulator(tmp_path, keeps_state=True) as emulator:
        assert emulator.cut_off
        assert not emulator.has_state
        assert client(emulator.endpoint_url, "s3").list_buckets()["Buckets"] == []


def test_a_fresh_start_puts_the_old_state_aside(tmp_path: Path) -> None:
    """State that can't be used is kept, in case it is somebody's only copy."""
    with Emulator(tmp_path, keeps_state=True) as emulator:
        _make_queue(emulator.endpoint_url)
    with Emulator(tmp_path, keeps_state=True) as emulator:
        aside = emulator.start_afresh()
        assert list(aside.glob("sqs.json"))
        assert not _has_queue(emulator)


@pytest.mark.skipif(not Path("/proc").exists(), reason="only /proc shows another process's environment")
def test_the_caller_s_settings_do_not_reach_the_emulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real credentials, proxies and the emulator's own switches stay outside."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "USE_SSL", "SERVICES", "PYTHONPATH"):
        monkeypatch.setenv(name, "of the caller")
    with Emulator(tmp_path) as emulator:
        (pid,) = processes.find(emulator.folder)
        assert b"of the caller" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_a_failed_start_shows_the_emulator_s_own_words(tmp_path: Path) -> None:
    """The log is where the reason is, so it is part of the message; the folder is free again."""
    with pytest.raises(EmulatorError, match=r"(?s)did not start.*encodings"):
        BrokenEmulator(tmp_path).__enter__()
    with Emulator(tmp_path):
        pass


def test_an_emulator_that_died_is_noticed(tmp_path: Path) -> None:
    """`make run` must not go on pretending."""
    with Emulator(tmp_path) as emulator:
        (pid,) = processes.find(emulator.folder)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(EmulatorError, match="ended by itself"):
            _check_for_a_while(emulator)


def test_what_was_saved_while_it_ran_survives_a_kill(tmp_path: Path) -> None:
    """After it, the rest is gone, and the next start knows that."""
    with Emulator(tmp_path, keeps_state=True) as emulator:
        _make_queue(emulator.endpoint_url)
        emulator.save()
        _wait_until_saved(emulator)
        client(emulator.endpoint_url, "sqs").create_queue(QueueName="made-after-the-save")
        (pid,) = processes.find(emulator.folder)
        os.kill(pid, signal.SIGKILL)
    with Emulator(tmp_path, keeps_state=True) as emulator:
        assert emulator.cut_off
        assert timedelta(0) <= datetime.now(UTC) - emulator.saved_at < timedelta(minutes=1)
        (queue,) = client(emulator.endpoint_url, "sqs").list_queues()["QueueUrls"]
        assert queue.endswith("/kept")
    with Emulator(tmp_path, keeps_state=True) as emulator:
        assert not emulator.cut_off


def _wait_until_saved(emulator: Emulator) -> None:
    deadline = time.monotonic() + 10
    while not (emulator.state / "sqs.json").exists():
        assert time.monotonic() < deadline
        time.sleep(processes.POLL_S)


def _check_for_a_while(emulator: Emulator) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        emulator.check_alive()
        time.sleep(processes.POLL_S)


def _make_queue(endpoint_url: str) -> None:
    client(endpoint_url, "sqs").create_queue(QueueName="kept")


def _has_queue(emulator: Emulator) -> bool:
    return bool(client(emulator.endpoint_url, "sqs").list_queues().get("QueueUrls"))
