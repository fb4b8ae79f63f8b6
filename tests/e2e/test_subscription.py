"""Events of CloudWatch Logs subscriptions, sent to the deployed function as CloudWatch Logs sends them."""

import base64
import gzip
import json
import uuid
from typing import Any

from local.service import Service
from tests.unit.ingest.test_cloudwatch import SUBSCRIPTION


def call(service: Service, subscription: dict[str, Any]) -> Any:
    """Call the ingest function with an event; wait for it, and return what Lambda says."""
    data = base64.b64encode(gzip.compress(json.dumps(subscription).encode())).decode()
    return service.client("lambda").invoke(
        FunctionName=service.function("Ingest")["FunctionName"],
        Payload=json.dumps({"awslogs": {"data": data}}).encode(),
    )


def test_the_lines_of_an_event_are_stored_once(service: Service) -> None:
    """However often Lambda calls, and what is no subscription's is an error of the call."""
    group = f"/aws/lambda/shop-{uuid.uuid4()}"
    for _ in range(2):
        reply = call(service, {**SUBSCRIPTION, "logGroup": group})
        assert (reply["StatusCode"], reply.get("FunctionError")) == (200, None)
    stored = service.get(source=group).json()["logs"]
    assert [entry["message"] for entry in stored] == ["two", "one"]
    assert stored[0]["attributes"]["logStream"] == SUBSCRIPTION["logStream"]
    assert call(service, {"messageType": 5}).get("FunctionError") is not None
