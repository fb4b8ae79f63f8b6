"""`make run`: the whole service on this machine, until Ctrl-C.

What it stores survives a restart: the emulator saves its state in .local/run when it is stopped, and each
minute before, as it can be killed.
"""

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from types import FrameType
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from local.deploy import ROOT, Cdk, DeployError, SynthError
from local.emulator import PORT_DEFAULT, Emulator, EmulatorError, FolderInUse
from local.failures import FailureWatch
from local.service import Reply, Service

FOLDER = ROOT / ".local" / "run"
URLS = ROOT / ".local" / "urls.env"
WATCH_INTERVAL_S = 1
SAVE_INTERVAL_S = 60
"""How much is lost if the emulator is killed, or the power goes."""
SAMPLES = (
    {"severity": "info", "message": "Logstead is running on this machine.", "source": "make-run"},
    {"severity": "warning", "message": "Disk usage of /var is at 91 %.", "host": "db-1"},
    {"severity": "error", "message": "Payment 1042 was refused: the card has expired.", "order": 1042},
)
"""What is stored at each start. What is no field of an entry becomes one of its attributes."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """The user, or the system, asks for an end."""


class SampleError(Exception):
    """The deployed service did not take or show the sample entries."""


def main() -> int:
    """Run until a signal; return the process's exit code."""
    started = time.monotonic()
    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` sets it
            signal.signal(number, _stop)
    emulator = Emulator(FOLDER, preferred_port=PORT_DEFAULT, keeps_state=True)
    try:
        with emulator:
            URLS.unlink(missing_ok=True)  # a run that was killed left it
            _announce(emulator)
            service = _bring_up(emulator)
            _print_newest(service)
            failures = FailureWatch(service, since_ms=int(time.time() * 1000))
            with _urls_announced(service):
                print(f"Ready after {time.monotonic() - started:.1f} s. Ctrl-C stops it.", flush=True)
                _watch(emulator, failures)
    except FolderInUse as owner:
        print(f"`make run` is already running in this folder: {owner}", file=sys.stderr)
    except (EmulatorError, DeployError, SampleError) as error:
        print(f"\n{error}", file=sys.stderr)
    except Stopped:
        with contextlib.suppress(OSError):
            print(
                "Stopped. What was stored is kept for the next `make run`; `make clean` removes it.",
                flush=True,
            )
        return 0
    return 1


def _watch(emulator: Emulator, failures: FailureWatch) -> NoReturn:
    """Show what the functions log from now on, and save each minute, until a signal or the emulator's end."""
    next_save_s = time.monotonic()
    while True:
        emulator.check_alive()
        if (
            time.monotonic() >= next_save_s
        ):  # not while it deploys: half a deployment is no state to go on from
            emulator.save()
            next_save_s = time.monotonic() + SAVE_INTERVAL_S
        try:
            for failure in failures.new():
                print(failure, flush=True)
        except (BotoCoreError, ClientError):
            emulator.check_alive()  # it ended meanwhile, or it was only busy
        time.sleep(WATCH_INTERVAL_S)


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Raise once: a second Ctrl-C must not interrupt the clean-up."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # Ctrl-C ends the reader of `make run | tee log` too
        print("\nStopping …", flush=True)
    raise Stopped


def _announce(emulator: Emulator) -> None:
    if emulator.leftovers_ended:
        _say(f"ended {emulator.leftovers_ended} processes that a crashed run had left behind")
    where = emulator.endpoint_url
    if emulator.port != PORT_DEFAULT:
        where += f" (port {PORT_DEFAULT} is taken)"
    kept = "with what was stored before" if emulator.has_state else "with nothing stored yet"
    _say(f"emulator: {where}, {kept}")
    if emulator.cut_off:
        gone = f"since {emulator.saved_at:%Y-%m-%d %H:%M:%S} UTC " if emulator.has_state else ""
        _say(f"the last run was killed before it could save: what it stored {gone}is gone")


def _bring_up(emulator: Emulator) -> Service:
    """Deploy and store the samples; where the saved state is in the way, put it aside and start afresh."""
    if not emulator.has_state:
        return _deploy_and_store(emulator)
    try:
        return _deploy_and_store(emulator)
    except SynthError:
        raise
    except (DeployError, SampleError) as error:
        print(f"\n{error}\n", file=sys.stderr)
        _say("that may come from the saved state: starting afresh")
    aside = emulator.start_afresh()
    try:
        service = _deploy_and_store(emulator)
    except (DeployError, SampleError):
        emulator.put_back(aside)  # it was not to blame
        raise
    _say(f"the saved state could not be used; it is kept in {aside.relative_to(ROOT)}")
    return service


def _deploy_and_store(emulator: Emulator) -> Service:
    service = Cdk(emulator).deploy(_say)
    for sample in SAMPLES:
        _expect(HTTPStatus.CREATED, service.post(sample), "POST")
    _say(f"stored {len(SAMPLES)} sample entries")
    return service


def _print_newest(service: Service) -> None:
    reply = service.get(limit=5)
    _expect(HTTPStatus.OK, reply, "GET")
    _say("the newest entries:")
    for entry in reply.json()["logs"]:
        print(f"    {entry['dateTime']}  {entry['severity']:<7}  {entry['message']}")


def _expect(status: HTTPStatus, reply: Reply, method: str) -> None:
    if reply.status != status:
        text = reply.body.decode(errors="replace")
        raise SampleError(f"a sample {method} was answered with {reply.status}, not {status}: {text}")


@contextlib.contextmanager
def _urls_announced(service: Service) -> Iterator[None]:
    """Print the lines for a shell, and keep them in a file for as long as the URLs answer."""
    lines = f"export INGEST_URL={service.ingest_url}\nexport READ_URL={service.read_url}\n"
    URLS.write_text(lines)
    print(f"\nIn another terminal (or: . {URLS.relative_to(ROOT)}):\n\n{lines}", flush=True)
    try:
        yield
    finally:
        URLS.unlink(missing_ok=True)


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
