"""Both stacks on one emulator of the benchmarks' own, by the real `cdk deploy`; ended with the block."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.baseline import NO_OP_OUTPUT
from local.deploy import ROOT, Cdk, Say, local_url
from local.emulator import Emulator
from local.service import Service, client

FOLDER = ROOT / ".local" / "bench"
APP = "python3 -m bench.app"


@dataclass(frozen=True, slots=True)
class Deployed:
    """What is measured: the service, the baseline, and the URL of a function that does nothing."""

    service: Service
    baseline: Service
    no_op_url: str

    def client(self, name: str) -> Any:
        """Return a boto3 client of the emulator that both are on."""
        return client(self.service.endpoint_url, name)


@contextlib.contextmanager
def deploy(say: Say) -> Iterator[Deployed]:
    """Start an emulator, deploy both to it, and end it with the block.

    Raises:
        FolderInUse: another run of the benchmarks is going on in this checkout.
        EmulatorError, DeployError: as local/ says.
    """
    # The emulator's evaluation of policies would be measured with every call of DynamoDB.
    with Emulator(FOLDER, enforces_iam=False) as emulator:
        service = Cdk(emulator, stage="bench", app=APP).deploy(say)
        baseline = Cdk(emulator, stage="baseline", app=APP).deploy(say)
        no_op_url = local_url(baseline.outputs[NO_OP_OUTPUT], emulator.endpoint_url)
        yield Deployed(service, baseline, no_op_url)
