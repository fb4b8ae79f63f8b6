"""Starts and stops the local AWS, ministack, one for each folder.

    with Emulator(Path(".local/run")) as emulator:
        emulator.endpoint_url   # "http://127.0.0.1:4566"

The folder holds all that one emulator needs: its lock, log, temporary files and saved state. Whoever holds
the lock owns the folder: processes that the next owner finds are what a crashed run left, and are ended.
"""

import contextlib
import fcntl
import http.client
import importlib.metadata
import os
import shutil
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

from local import processes

HOST = "127.0.0.1"
PORT_DEFAULT = 4566
ACCOUNT = "000000000000"
REGION = "us-east-1"
START_TIMEOUT_S = 30
START_ATTEMPTS_MAX = 3
"""Another program can take the chosen port between the choice and the start; then another port is tried."""
STOP_GRACE_S = 10
"""How long the emulator may take to save its state after SIGTERM."""
LOG_TAIL_LINES = 25
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
"""All that the emulator, and so the functions in it, see of the caller's environment."""


class FolderInUse(Exception):
    """Another living run owns the folder; the text is what its owner wrote about itself."""


class EmulatorError(Exception):
    """The emulator did not start or has died; the text holds the end of its log."""


def free_port(preferred: int = 0) -> int:
    """Return `preferred` if nothing listens on it, else a port that was free a moment ago."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            # As servers do: without it a port counts as taken for a minute after its last connection.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((HOST, port))
                chosen: int = probe.getsockname()[1]
                return chosen
    raise EmulatorError(f"no port is free on {HOST}")


def client_environment(endpoint_url: str) -> dict[str, str]:
    """Return the AWS variables that point any client at the emulator, and at no real account."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class Emulator:
    """One ministack process with its folder; a context manager."""

    def __init__(
        self, folder: Path, *, preferred_port: int = 0, keeps_state: bool = False, enforces_iam: bool = True
    ) -> None:
        self.folder = folder.resolve()
        self.leftovers_ended = 0
        self.has_state = False
        self.cut_off = False
        self.port = 0
        self._temporary = self.folder / "tmp"
        self._preferred_port = preferred_port
        self._keeps_state = keeps_state
        self._enforces_iam = enforces_iam
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        """Where the emulator's API listens."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What the emulator printed since its start."""
        return self.folder / "emulator.log"

    @property
    def state(self) -> Path:
        """Where the emulator keeps what survives a restart; another release of it may have another form."""
        return self.folder / f"state-{importlib.metadata.version('ministack')}"

    @property
    def saved_at(self) -> datetime:
        """When the state was saved last, of which there is one."""
        newest_s = max(path.stat().st_mtime for path in self.state.glob("*.json"))
        return datetime.fromtimestamp(newest_s, UTC)

    @property
    def _running_mark(self) -> Path:
        """A file that is there from the start until the state was saved at the end."""
        return self.state / "running"

    def __enter__(self) -> Self:
        """Own the folder, end what a crashed run left in it, and start."""
        self._lock = _own(self.folder)
        try:
            self.leftovers_ended = processes.end(self.folder, grace_s=STOP_GRACE_S)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and give the folder back."""
        self.stop()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.has_state = self._keeps_state and any(self.state.glob("*.json"))
        self.cut_off = self._keeps_state and self._running_mark.exists()
        if not self.has_state:
            # Objects are written at once and all else by saves: after a crash there may be objects alone.
            shutil.rmtree(self.state, ignore_errors=True)
        for attempt in range(1, START_ATTEMPTS_MAX + 1):
            self.port = free_port(self._preferred_port if attempt == 1 else 0)
            try:
                self._start_once()
            except EmulatorError:
                self.stop()
                if attempt == START_ATTEMPTS_MAX:
                    raise
            else:
                if self._keeps_state:
                    self.state.mkdir(parents=True, exist_ok=True)
                    self._running_mark.touch()
                self._describe_owner()
                return

    def save(self) -> None:
        """Have the state saved now, too: all that is stored later is lost if the process is killed."""
        if self._keeps_state and self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # check_alive tells
                os.write(self._process.stdin.fileno(), b"s")

    def stop(self) -> None:
        """End the process and all that it started; its state is saved when it keeps one."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_GRACE_S)
            self._process.kill()
            self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None
        processes.end(self.folder, grace_s=1)
        shutil.rmtree(self._temporary, ignore_errors=True)

    def start_afresh(self) -> Path:
        """Stop, put the saved state aside, and start with none; return where the old state is now."""
        self.stop()
        aside = self.folder / "state-unusable"
        shutil.rmtree(aside, ignore_errors=True)
        self.state.rename(aside)
        self.start()
        return aside

    def put_back(self, aside: Path) -> None:
        """Stop, and make the state that was put aside the saved one again."""
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)
        aside.rename(self.state)

    def check_alive(self) -> None:
        """Raise if the process has ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise EmulatorError(f"the emulator ended by itself\n{self.log_tail()}")

    def log_tail(self) -> str:
        """Return the last lines that the emulator printed."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"  {line}" for line in lines[-LOG_TAIL_LINES:])

    def _start_once(self) -> None:
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                [sys.executable, Path(__file__).with_name("emulator_process.py")],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end it when we are ready
            )
        self._wait_until_healthy(self._process)

    def _environment(self) -> dict[str, str]:
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        environment |= processes.marked(self.folder) | {
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": HOST,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AUTH": str(self._enforces_iam).lower(),
            "TMPDIR": str(self._temporary),
            "LOG_LEVEL": "INFO",
            # Listeners that nothing here uses, and a Docker that is none of our business.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": f"unix://{self._temporary}/no-docker",
        }
        if self._keeps_state:
            environment |= {
                "PERSIST_STATE": "1",
                "STATE_DIR": str(self.state),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(self.state / "s3"),
                "RUNNING_MARK": str(self._running_mark),
            }
        return environment

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _answers(self.port):
            if process.poll() is not None:
                raise EmulatorError(f"the emulator did not start:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise EmulatorError(f"no answer from the emulator in {START_TIMEOUT_S} s:\n{self.log_tail()}")
            time.sleep(processes.POLL_S)
        self.check_alive()

    def _describe_owner(self) -> None:
        if self._lock is not None:
            self._lock.seek(0)
            self._lock.truncate()
            self._lock.write(f"process {os.getpid()}, emulator at {self.endpoint_url}")
            self._lock.flush()


def _own(folder: Path) -> IO[str]:
    """Lock the folder for this process; the system unlocks it when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read()
        lock.close()
        raise FolderInUse(owner or "a process that is just starting") from None
    return lock


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
