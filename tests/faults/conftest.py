"""The fault tests' own emulator and deploy: they change functions' configuration and kill their workers."""

from collections.abc import Iterator

import pytest

from local.deploy import Cdk
from local.emulator import Emulator
from local.service import Service
from tests.conftest import emulator_in_a_free_folder


@pytest.fixture(scope="session")
def faulty_emulator() -> Iterator[Emulator]:
    """Run an emulator of the fault tests' own."""
    with emulator_in_a_free_folder(enforces_iam=True) as running:
        yield running


@pytest.fixture(scope="session")
def faulty_service(faulty_emulator: Emulator) -> Service:
    """Return the stage `local`, deployed for the fault tests alone."""
    return Cdk(faulty_emulator).deploy()
