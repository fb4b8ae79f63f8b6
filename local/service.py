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
