"""The paths of the ingest function, each to its flow.

Modules of protocols are imported at their first request: a cold start pays for what it serves alone.
"""

import logging
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from logstead import limits
from logstead.errors import BodyTooLarge, InvalidEntry, MalformedBody, MethodNotAllowed, NotFound
from logstead.http import Flow, Request, Response, is_lines
from logstead.ingest.content_encoding import inflated
from logstead.ingest.single import SingleEntry
from logstead.recovery.retry_queue import Park
from logstead.storage.client import Deadline
from logstead.storage.write_table import WriteTable

if TYPE_CHECKING:
    from logstead.ingest.batch_flow import BatchFlow, BatchProtocol

LOKI: Final = "/loki/api/v1/push"
PROTOCOLS: Final[Mapping[str, str]] = {
    "/v1/logs": "otlp",
    LOKI: "loki",
    "/firehose": "firehose",
}
"""Path -> the module of `logstead.ingest` that speaks its protocol."""
ELASTICSEARCH: Final = "/es"
READY: Final = "/ready"


class IngestRoutes:
    """The routes of the ingest function."""

    def __init__(self, table: WriteTable, park: Park, deadline: Deadline, logger: logging.Logger) -> None:
        self._table = table
        self._park = park
        self._deadline = deadline
        self._logger = logger
        self._single = SingleEntry(table, park, logger)

    def __call__(self, path: str) -> Mapping[str, Flow]:
        """Return the flows of a path by method.

        Raises:
            NotFound: the ingest host has no such path.
        """
        if path == "/":
            return {"POST": self._within_deadline(self._post_native)}
        if path in PROTOCOLS:
            return {"POST": self._within_deadline(self._post_protocol)}
        if path == ELASTICSEARCH or path.startswith(ELASTICSEARCH + "/"):
            flow = self._within_deadline(self._elasticsearch)
            return {"GET": flow, "POST": flow, "PUT": flow}
        if path == READY:
            return {"GET": self._ready}
        paths = ", ".join(["/", *PROTOCOLS, ELASTICSEARCH, READY])
        raise NotFound(f"The ingest host has {paths}; not {path[:200]}.")

    def take_event(self, own_log_group: str, event: Mapping[str, Any], request_id: str) -> None:
        """Store the lines of a CloudWatch Logs subscription's event, but for the function's own.

        Raises:
            EventNotStored, BadRequest: not all of them are stored or parked; see `cloudwatch`.
        """
        from logstead.ingest import cloudwatch  # noqa: PLC0415  # as _protocol

        protocol = cloudwatch.EventProtocol(own_log_group)
        store = self._within_deadline(lambda request: self._batches.post(protocol, request))
        response = store(cloudwatch.request_of(event, request_id))
        if response.status != HTTPStatus.OK:  # an error that is raised has Lambda call again
            raise cloudwatch.EventNotStored(response.body.decode())

    def _within_deadline(self, flow: Flow) -> Flow:
        def begin(request: Request) -> Response:
            attempt_s = limits.CONNECT_TIMEOUT_S + limits.WRITE_TIMEOUT_S
            self._deadline.start(request.arrived_s + limits.WRITE_DEADLINE_S, attempt_s)
            return flow(request)

        return begin

    def _post_native(self, request: Request) -> Response:
        """Store one entry, or a batch: a compressed body, an array, lines, or objects in a row."""
        if request.headers.get("content-encoding"):
            request = inflated(request)
        content_type = request.headers.get("content-type", "")
        if may_be_one(request.body, content_type):
            try:
                return self._single.post(request)
            except (MalformedBody, BodyTooLarge, InvalidEntry):
                from logstead.ingest import native_batch  # noqa: PLC0415  # as _protocol

                if not native_batch.is_batch(request.body, content_type):
                    raise
        return self._batches.post(_protocol("native_batch"), request)

    def _post_protocol(self, request: Request) -> Response:
        protocol = _protocol(PROTOCOLS[request.path])
        if request.path == LOKI:
            from logstead.ingest import loki  # noqa: PLC0415  # as _protocol

            request = loki.without_block_coding(request)
        return self._batches.post(protocol, request)

    def _elasticsearch(self, request: Request) -> Response:
        """Answer what Elasticsearch's clients ask: bulk requests, and what they probe first."""
        from logstead.ingest import elasticsearch, elasticsearch_probes  # noqa: PLC0415  # as _protocol

        if elasticsearch.is_bulk(request.path):
            if request.method not in elasticsearch.METHODS:
                allow = ", ".join(elasticsearch.METHODS)
                raise MethodNotAllowed(f"{request.path[:200]} takes {allow}.", elasticsearch.METHODS)
            return self._batches.post(elasticsearch, request)
        answer = elasticsearch_probes.probe(request)
        if answer is None:
            raise NotFound(f"The Elasticsearch route has no {request.method} {request.path[:200]}.")
        return answer

    def _ready(self, _request: Request) -> Response:
        from logstead.ingest import loki  # noqa: PLC0415  # as _protocol

        return loki.ready()

    @cached_property
    def _batches(self) -> "BatchFlow":
        from logstead.ingest.batch_flow import BatchFlow  # noqa: PLC0415  # as _protocol

        return BatchFlow(self._table, self._park, self._logger)


def may_be_one(body: bytes, content_type: str) -> bool:
    """Tell from a body's first byte and its type whether it can be one entry, before anything is imported."""
    return not is_lines(content_type) and not body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _protocol(module: str) -> "BatchProtocol":
    """Import a protocol's module: at its first request, so that nobody else's cold start pays for it."""
    return cast("BatchProtocol", import_module(f"logstead.ingest.{module}"))
