"""A deployed stage as its clients see it: URLs, and one call for one request."""

import gzip
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3

from local.emulator import REGION, client_environment

REQUEST_TIMEOUT_S = 40
"""Longer than the functions' own timeouts, so that theirs are seen and not ours."""
BATCH_WRITES_MAX = 25
"""DynamoDB takes no more writes in one request."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body's JSON value, unzipped where the reply says that it is gzip."""
        body = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return json.loads(body)


@dataclass(frozen=True, slots=True)
class Service:
    """The stage's addresses; URLs end with a slash."""

    ingest_url: str
    read_url: str
    table_name: str
    endpoint_url: str
    stack_name: str
    outputs: Mapping[str, str] = field(repr=False)
    """All outputs of the stack, as CloudFormation gives them."""

    def post(self, body: Any, path: str = "", *, headers: Mapping[str, str] | None = None) -> Reply:
        """POST to the ingest function: `bytes` and `str` as they are, anything else as JSON."""
        if not isinstance(body, str | bytes):
            body = json.dumps(body)
        content = body.encode() if isinstance(body, str) else body
        return request(
            "POST",
            self.ingest_url + path.lstrip("/"),
            body=content,
            headers={"content-type": "application/json"} | dict(headers or {}),
        )

    def get(self, path: str = "", *, headers: Mapping[str, str] | None = None, **query: object) -> Reply:
        """GET from the read function: `get(limit=5)`, `get(entry_id)`."""
        url = self.read_url + path.lstrip("/") + ("?" + urlencode(query) if query else "")
        return request("GET", url, headers=headers)

    def client(self, name: str, **options: Any) -> Any:
        """Return a boto3 client with the rights of the emulated account's root."""
        return client(self.endpoint_url, name, **options)

    def resources(self, resource_type: str) -> dict[str, str]:
        """Return the physical ids by logical id of the stack's resources of one type, `AWS::…`."""
        reply = self.client("cloudformation").describe_stack_resources(StackName=self.stack_name)
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in reply["StackResources"]
            if resource["ResourceType"] == resource_type
        }

    def function(self, prefix: str) -> Any:
        """Return the configuration of the function whose logical id starts so: `Ingest`, `Read`."""
        names = self.resources("AWS::Lambda::Function")
        (name,) = (name for logical_id, name in names.items() if logical_id.startswith(prefix))
        return self.client("lambda").get_function_configuration(FunctionName=name)

    def items(self) -> list[dict[str, Any]]:
        """Return all items of the table, in DynamoDB's own form, as a client with every right sees them."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.table_name)
        return [item for page in pages for item in page["Items"]]

    def empty_table(self) -> None:
        """Delete every item."""
        dynamodb = self.client("dynamodb")
        deletes = [{"DeleteRequest": {"Key": {"LogID": item["LogID"]}}} for item in self.items()]
        for first in range(0, len(deletes), BATCH_WRITES_MAX):
            batch = deletes[first : first + BATCH_WRITES_MAX]
            dynamodb.batch_write_item(RequestItems={self.table_name: batch})


def request(
    method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """Send one request on a connection of its own, past any proxy of the environment."""
    parts = urlsplit(url)
    target = parts.path + ("?" + parts.query if parts.query else "")
    connection = http.client.HTTPConnection(parts.netloc, timeout=REQUEST_TIMEOUT_S)
    try:
        connection.request(method, target, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, names, response.read())
    finally:
        connection.close()


def client(endpoint_url: str, name: str, **options: Any) -> Any:
    """Return a boto3 client of the emulator at `endpoint_url`, whatever the caller's AWS settings are."""
    keys = client_environment(endpoint_url)
    return boto3.client(
        name,
        endpoint_url=endpoint_url,
        region_name=REGION,
        **{
            "aws_access_key_id": keys["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": keys["AWS_SECRET_ACCESS_KEY"],
        }
        | options,
    )
