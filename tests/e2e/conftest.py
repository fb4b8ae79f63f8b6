"""What the end-to-end tests share beside the service itself: clients, and a function's own rights."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.service import Service
from tests.e2e.keep_alive import KeepAlive

PROBE = """
import boto3
from botocore.exceptions import ClientError


def handler(event, context):
    client = boto3.client(event["service"])
    try:
        getattr(client, event["operation"])(**event["parameters"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""

Attempt = Callable[..., str]
"""(service, operation, **parameters) -> "allowed", or the AWS error's code."""


@pytest.fixture(scope="session")
def client(service: Service) -> Iterator[KeepAlive]:
    """Return a client for many requests."""
    with KeepAlive(service) as keeping:
        yield keeping


@pytest.fixture(scope="session")
def as_function(service: Service) -> Iterator[Callable[[str], Attempt]]:
    """Return what makes calls with the role of the function named (`Ingest`, `Read`).

    The calls are made by a function of our own that has the same role, so they have exactly the rights that
    the deployed function has.
    """
    lambda_client = service.client("lambda")
    made: dict[str, str] = {}

    def with_role_of(prefix: str) -> Attempt:
        if prefix not in made:
            made[prefix] = f"probe-{prefix}-{uuid.uuid4()}"
            lambda_client.create_function(
                FunctionName=made[prefix],
                Runtime="python3.13",
                Handler="probe.handler",
                Role=service.function(prefix)["Role"],
                Timeout=20,
                Code={"ZipFile": _zip("probe.py", PROBE)},
            )

        def attempt(service_name: str, operation: str, **parameters: Any) -> str:
            event = {"service": service_name, "operation": operation, "parameters": parameters}
            reply = lambda_client.invoke(FunctionName=made[prefix], Payload=json.dumps(event))
            answer = json.loads(reply["Payload"].read())
            assert isinstance(answer, str), f"the probe itself failed: {answer}"
            return answer

        return attempt

    yield with_role_of
    for name in made.values():
        lambda_client.delete_function(FunctionName=name)


def _zip(name: str, content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()
