"""What tests of every kind share: the deployed service, and unit tests that can't reach a network.

A test that needs the service takes the fixture `service` (or `empty_service`). All tests of those folders run
in one worker, one after another, against one emulator and one deploy.
"""

import contextlib
import itertools
import socket
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling, Scheduling  # type: ignore[import-untyped]

from local.deploy import ROOT, Cdk
from local.emulator import Emulator, FolderInUse
from local.failures import FailureWatch
from local.service import Service

TESTS = Path(__file__).parent
FAILURES_SHOWN = 5
DEPLOY_TIMEOUT_S = 400
WITHOUT_NETWORK = (TESTS / "unit", TESTS / "infra")
WITH_SERVICE = ("e2e", "docs")
"""The folders whose tests may use the deployed service."""
SLOW = (*WITH_SERVICE, "local", "faults", "infra")
"""The folders to start with, the slowest first."""


@contextlib.contextmanager
def emulator_in_a_free_folder(**options: Any) -> Iterator[Emulator]:
    """Start an emulator that meets no other test run of this checkout."""
    for number in itertools.count(1):
        emulator = Emulator(ROOT / ".local" / f"test-{number}", **options)
        with contextlib.ExitStack() as running:
            try:
                running.enter_context(emulator)
            except FolderInUse:
                continue
            yield emulator
            return


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """Run one emulator that enforces the functions' IAM policies."""
    with emulator_in_a_free_folder(enforces_iam=True) as running:
        yield running


@pytest.fixture(scope="session")
def service(emulator: Emulator) -> Service:
    """Return the stage `local` as the real `cdk deploy` made it."""
    return Cdk(emulator).deploy()


@pytest.fixture
def empty_service(service: Service) -> Service:
    """Return the deployed service with nothing stored."""
    service.empty_table()
    return service


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slow folders first, so that no worker is left with one at the end."""
    for item in items:
        if "service" in getattr(item, "fixturenames", ()) and _folder(item.nodeid) not in WITH_SERVICE:
            raise pytest.UsageError(
                f"{item.nodeid} needs the service, so it belongs to one of {WITH_SERVICE}"
            )
    items.sort(key=lambda item: SLOW.index(folder) if (folder := _folder(item.nodeid)) in SLOW else len(SLOW))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Give all tests of the deployed service to one worker, and the others file by file."""
    return _ByFolder(config, log)


class _ByFolder(LoadScopeScheduling):  # type: ignore[misc]
    """xdist's `loadgroup` would do, but its release 3.8 groups nothing under pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return "service" if _folder(nodeid) in WITH_SERVICE else nodeid.partition("::")[0]


def _folder(nodeid: str) -> str:
    """Return `e2e` for `tests/e2e/test_x.py::test_y`."""
    return nodeid.split("/")[1] if nodeid.count("/") > 1 else ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the functions logged with a failed test of the deployed service."""
    report = yield
    deployed = getattr(item, "funcargs", {}).get("service")
    if call.when == "call" and report.failed and isinstance(deployed, Service):
        with contextlib.suppress(BotoCoreError, ClientError):  # then the emulator itself has failed
            failures = FailureWatch(deployed).new()[-FAILURES_SHOWN:]
            report.sections.append(("the functions' last failures", "\n".join(failures) or "none"))
    return report


@pytest.fixture(autouse=True)
def _without_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to unit and infra tests, so that they can't come to need one."""
    if any(request.path.is_relative_to(folder) for folder in WITHOUT_NETWORK):

        def refuse(_socket: socket.socket, address: object) -> None:
            raise AssertionError(f"a test without network connected to {address}")

        monkeypatch.setattr(socket.socket, "connect", refuse)
