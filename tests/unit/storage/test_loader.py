"""The lean loader leaves out what no client of ours asks for, and changes nothing that is sent."""

import re
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.loaders import Loader

from logstead.storage.loader import LeanLoader

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("query", {"TableName": "t", "KeyConditionExpression": "a = b"}),
    "sqs": ("send_message", {"QueueUrl": "https://sqs.example/000000000000/q", "MessageBody": "m"}),
    "ssm": ("get_parameters_by_path", {"Path": "/p"}),
}
REGIONS = ("us-east-1", "cn-north-1", "us-iso-east-1", "xx-nowhere-7")


def _sent(loader: Loader, service: str, region: str) -> tuple[str, str]:
    """Return the URL and the credential scope of the request that a call sends."""
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    client = session.create_client(
        service, region_name=region, aws_access_key_id="x", aws_secret_access_key="y"
    )
    sent: list[tuple[str, str]] = []

    def capture(request: Any, **_: Any) -> AWSResponse:
        scope = re.search(r"Credential=[^,]*?/\d{8}/([^,]+),", request.headers["Authorization"].decode())
        assert scope is not None
        sent.append((request.url, scope[1]))
        response = AWSResponse(request.url, 200, {}, None)
        response._content = b"{}"  # noqa: SLF001  # what a body read from a socket would set
        return response

    client.meta.events.register(f"before-send.{service}", capture)
    operation, arguments = CALLS[service]
    getattr(client, operation)(**arguments)
    return sent[0]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("aws_service", CALLS)
def test_a_request_goes_where_botocores_own_data_would_send_it(
    aws_service: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Address and signature's scope are the same in every partition, known region or not."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert _sent(LeanLoader(), aws_service, region) == _sent(Loader(), aws_service, region)


def test_the_data_that_costs_a_seventh_of_a_cold_start_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither `endpoints.json` nor any other service's folder is opened."""
    opened: list[str] = []
    load_file = Loader.FILE_LOADER_CLASS.load_file

    def noting(self: Any, path: str) -> Any:
        opened.append(path)
        return load_file(self, path)

    monkeypatch.setattr(Loader.FILE_LOADER_CLASS, "load_file", noting)
    _sent(LeanLoader(), "dynamodb", "us-east-1")
    assert any("dynamodb" in path for path in opened)
    assert [path for path in opened if path.endswith("endpoints")] == []
