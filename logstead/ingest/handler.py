"""The ingest function: POST / stores one log entry."""

import logging
import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from logstead import limits
from logstead.access.gate import make_gate
from logstead.config import AccessConfig, IngestConfig
from logstead.entry import Receipt, entry_as_json, parse_entry
from logstead.errors import BodyTooLarge, NotConfigured, NotFound, StorageUnavailable
from logstead.failure_log import make_logger
from logstead.http import Flow, Request, Response, json_response
from logstead.ingest.json_object import decode_object
from logstead.recovery.message import ParkedEntry
from logstead.recovery.retry_queue import RetryQueue
from logstead.serve import Handler, make_http_handler, make_unconfigured_handler
from logstead.storage.client import Deadline, DynamoDBClient, make_dynamodb_client
from logstead.storage.write_table import WriteTable


class IngestFlows:
    """The flows of the ingest function, over one table."""

    def __init__(
        self,
        config: IngestConfig,
        client: DynamoDBClient,
        deadline: Deadline,
        retry_queue: RetryQueue | None,
        logger: logging.Logger,
    ) -> None:
        self._table = WriteTable(
            client,
            config.table_name,
            write_shards=config.write_shards,
            retention_days=config.retention_days,
        )
        self._deadline = deadline
        self._retry_queue = retry_queue
        self._logger = logger

    def routes(self, path: str) -> Mapping[str, Flow]:
        """Return the flows of a path by method."""
        if path == "/":
            return {"POST": self.post_entry}
        raise NotFound(f"The ingest host has / only; not {path[:200]}.")

    def post_entry(self, request: Request) -> Response:
        """Store the one entry in the body: 201 new, 200 a replay, 202 parked because the table can't."""
        if len(request.body) > limits.ENTRY_BODY_BYTES_MAX:
            raise BodyTooLarge(
                f"The body has {len(request.body)} bytes; one entry may have {limits.ENTRY_BODY_BYTES_MAX}."
            )
        now = datetime.now(UTC)
        receipt = Receipt.at(now)
        entry = parse_entry(decode_object(request.body), receipt, lambda: str(uuid.uuid4()))
        self._deadline.start(
            request.arrived_s + limits.WRITE_DEADLINE_S, limits.CONNECT_TIMEOUT_S + limits.WRITE_TIMEOUT_S
        )
        try:
            stored = self._table.put_entry(entry, receipt.now, int(now.timestamp()))
        except StorageUnavailable as error:
            return self._park(ParkedEntry(entry, receipt.now, error.detail), request, error)
        status = HTTPStatus.CREATED if stored.is_new else HTTPStatus.OK
        return json_response(status, entry_as_json(stored.entry))

    def _park(self, parked: ParkedEntry, request: Request, error: StorageUnavailable) -> Response:
        """Acknowledge an entry that only the retry queue could take; without a queue, pass the failure on."""
        if self._retry_queue is None:
            raise error
        self._retry_queue.park(parked, request.arrived_s + limits.WRITE_DEADLINE_S + limits.PARK_DEADLINE_S)
        self._logger.warning("Parked: %s", error.detail, extra={"fields": {"requestId": request.request_id}})
        return json_response(HTTPStatus.ACCEPTED, {**entry_as_json(parked.entry), "status": "queued"})


def make_handler(environ: Mapping[str, str]) -> Handler:
    """Build the handler from its environment; without one, a handler that says what is missing."""
    logger = make_logger()
    try:
        config = IngestConfig.from_environ(environ)
        access = AccessConfig.from_environ(environ)
    except NotConfigured as error:
        return make_unconfigured_handler(error, logger)
    deadline = Deadline()
    client = make_dynamodb_client(deadline, read_timeout_s=limits.WRITE_TIMEOUT_S, connections=1)
    retry_queue = RetryQueue(config.retry_queue_url) if config.retry_queue_url else None
    flows = IngestFlows(config, client, deadline, retry_queue, logger)
    return make_http_handler(flows.routes, make_gate(access, "write"), logger)


handler = make_handler(os.environ)
