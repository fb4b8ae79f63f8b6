"""The service in process: both handlers over one fake table, spoken to by Lambda events."""

import base64
import gzip
import io
import json
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode

from logstead.access.gate import open_gate
from logstead.config import ReadConfig, WriteTableConfig
from logstead.failure_log import make_logger
from logstead.ingest.handler import make_routes, with_events
from logstead.read.handler import ReadFlows
from logstead.recovery.retry_queue import RetryQueue
from logstead.serve import make_http_handler
from logstead.storage.client import Deadline
from tests.unit.fakes import FakeDynamoDB

PAYLOAD_FORMATS = ("1.0", "2.0")
REQUEST_ID = "aws-request-1"
OWN_LOG_GROUP = "/aws/lambda/ingest-of-the-tests"


class FakeContext:
    """What the service reads of Lambda's context."""

    aws_request_id = REQUEST_ID


@dataclass(frozen=True)
class Reply:
    """A handler's reply, its body decoded."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body's JSON value."""
        return json.loads(self.body)

    def problem(self) -> str:
        """Return the problem's type, without its prefix."""
        assert self.headers["content-type"] == "application/problem+json"
        problem = self.json()
        assert problem["status"] == self.status
        return str(problem["type"]).removeprefix("urn:logstead:problem:")

    def fields(self) -> list[str]:
        """Return the fields that the problem names, in order."""
        return [one["field"] for one in self.json()["errors"]]


def make_event(  # noqa: PLR0913  # what a request is, each by its name
    method: str = "GET",
    path: str = "/",
    *,
    query: list[tuple[str, str]] | None = None,
    headers: dict[str, str] | None = None,
    body: str | None = None,
    is_base64: bool = False,
    payload_format: str = "2.0",
) -> dict[str, Any]:
    """Return a Lambda event of a request as Function URLs (2.0) or REST APIs (1.0) shape it."""
    raw_query = urlencode(query or [])
    if payload_format == "2.0":
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": raw_query,
            "headers": headers or {},
            "queryStringParameters": dict(query) if query else None,
            "requestContext": {"requestId": "r-2", "http": {"method": method, "path": path}},
            "body": body,
            "isBase64Encoded": is_base64,
        }
    return {
        "httpMethod": method,
        "path": path,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": parse_qs(raw_query, keep_blank_values=True) or None,
        "requestContext": {"requestId": "r-1", "httpMethod": method, "path": path},
        "body": body,
        "isBase64Encoded": is_base64,
    }


class Service:
    """The ingest and the read function over one table; `printed` is all that they logged."""

    def __init__(
        self,
        dynamodb: FakeDynamoDB | None = None,
        *,
        shards: int = 1,
        retention_days: int | None = None,
        table_name: str = "LogTable",
        retry_queue: RetryQueue | None = None,
    ) -> None:
        self.dynamodb = dynamodb or FakeDynamoDB()
        self._stream = io.StringIO()
        logger = make_logger(self._stream)
        table = WriteTableConfig(table_name, shards, retention_days)
        ingest = make_routes(table, self.dynamodb, Deadline(), retry_queue, logger)
        read = ReadFlows(ReadConfig(table_name, shards), self.dynamodb, Deadline(), logger)
        take_event = partial(ingest.take_event, OWN_LOG_GROUP)
        self.ingest = with_events(make_http_handler(ingest, open_gate, logger), take_event)
        self.read = make_http_handler(read.routes, open_gate, logger)

    @property
    def printed(self) -> list[dict[str, Any]]:
        """Return the log lines so far, each decoded from its JSON."""
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]

    def printed_text(self) -> str:
        """Return the log lines so far as they were written."""
        return self._stream.getvalue()

    def post(self, body: str | bytes | dict[str, Any], **event: Any) -> Reply:
        """POST a body: bytes as base64, as a Function URL passes them; a dict as its JSON text."""
        if isinstance(body, bytes):
            event |= {"body": base64.b64encode(body).decode(), "is_base64": True}
        else:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        return self.post_event(make_event("POST", **event))

    def post_event(self, event: dict[str, Any]) -> Reply:
        """Call the ingest function with an event."""
        return decode_reply(self.ingest(event, FakeContext()))

    def get(self, path: str = "/", **event: Any) -> Reply:
        """GET a path of the read function."""
        return self.get_event(make_event("GET", path, **event))

    def get_event(self, event: dict[str, Any]) -> Reply:
        """Call the read function with an event."""
        return decode_reply(self.read(event, FakeContext()))


def decode_reply(reply: dict[str, Any]) -> Reply:
    """Return a Lambda reply as a client sees it, unzipped; check that it is one that Lambda takes."""
    assert set(reply) == {"statusCode", "headers", "body", "isBase64Encoded"}
    json.dumps(reply).encode()
    body = base64.b64decode(reply["body"]) if reply["isBase64Encoded"] else reply["body"].encode()
    if reply["headers"].get("content-encoding") == "gzip" and body:
        body = gzip.decompress(body)
    return Reply(reply["statusCode"], reply["headers"], body)
