"""The ingest function: POST / stores one log entry."""

import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from logstead import limits
from logstead.config import IngestConfig
from logstead.entry import Receipt, entry_as_json, parse_entry
from logstead.errors import BodyTooLarge, NotConfigured, NotFound
from logstead.failure_log import make_logger
from logstead.http import Flow, Request, Response, json_response
from logstead.ingest.json_object import decode_object
from logstead.serve import Handler, make_http_handler, make_unconfigured_handler
from logstead.storage.client import Deadline, DynamoDBClient, make_dynamodb_client
from logstead.storage.table import WriteTable


class IngestFlows:
    """The flows of the ingest function, over one table."""

    def __init__(self, config: IngestConfig, client: DynamoDBClient, deadline: Deadline) -> None:
        self._table = WriteTable(
            client,
            config.table_name,
            write_shards=config.write_shards,
            retention_days=config.retention_days,
        )
        self._deadline = deadline

    def routes(self, path: str) -> Mapping[str, Flow]:
        """Return the flows of a path by method."""
        if path == "/":
            return {"POST": self.post_entry}
        raise NotFound(f"The ingest host has / only; not {path[:200]}.")

    def post_entry(self, request: Request) -> Response:
        """Store the one entry in the body and answer with it as stored: 201 new, 200 a replay."""
        if len(request.body) > limits.ENTRY_BODY_BYTES_MAX:
            raise BodyTooLarge(
                f"The body has {len(request.body)} bytes; one entry may have {limits.ENTRY_BODY_BYTES_MAX}."
            )
        now = datetime.now(UTC)
        receipt = Receipt.at(now)
        entry = parse_entry(decode_object(request.body), receipt, lambda: str(uuid.uuid4()))
        self._deadline.start(limits.WRITE_DEADLINE_S, limits.CONNECT_TIMEOUT_S + limits.WRITE_TIMEOUT_S)
        stored = self._table.put_entry(entry, receipt.now, int(now.timestamp()))
        status = HTTPStatus.CREATED if stored.is_new else HTTPStatus.OK
        return json_response(status, entry_as_json(stored.entry))


def make_handler(environ: Mapping[str, str]) -> Handler:
    """Build the handler from its environment; without one, a handler that says what is missing."""
    logger = make_logger()
    try:
        config = IngestConfig.from_environ(environ)
    except NotConfigured as error:
        return make_unconfigured_handler(error, logger)
    deadline = Deadline()
    client = make_dynamodb_client(deadline, read_timeout_s=limits.WRITE_TIMEOUT_S, connections=1)
    return make_http_handler(IngestFlows(config, client, deadline).routes, logger)


handler = make_handler(os.environ)
