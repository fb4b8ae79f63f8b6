"""The ingest function: POST / stores log entries, and the routes of the agents' protocols do too.

CloudWatch Logs subscriptions call it as well, with an event that is no HTTP request.
"""

import logging
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from logstead import limits
from logstead.access.gate import make_gate
from logstead.cold_start import cold_start
from logstead.config import AccessConfig, IngestConfig, WriteTableConfig
from logstead.errors import NotConfigured, StorageUnavailable
from logstead.failure_log import make_logger
from logstead.http import Request
from logstead.ingest.routes import IngestRoutes
from logstead.recovery.message import Parked, ParkedGroup
from logstead.recovery.retry_queue import Park, RetryQueue
from logstead.serve import Handler, make_http_handler, make_unconfigured_handler
from logstead.storage.client import Deadline, DynamoDBClient, make_dynamodb_client
from logstead.storage.write_table import WriteTable


def make_routes(
    table: WriteTableConfig,
    client: DynamoDBClient,
    deadline: Deadline,
    retry_queue: RetryQueue | None,
    logger: logging.Logger,
) -> IngestRoutes:
    """Return the routes of the ingest function, over one table and one retry queue."""
    return IngestRoutes(WriteTable(client, table), make_park(retry_queue, logger), deadline, logger)


def make_park(retry_queue: RetryQueue | None, logger: logging.Logger) -> Park:
    """Return what parks a failed write; without a queue, it passes the failure on."""

    def park(parked: Parked, request: Request, error: StorageUnavailable) -> None:
        if retry_queue is None:
            raise error
        retry_queue.park(parked, request.arrived_s + limits.WRITE_DEADLINE_S + limits.PARK_DEADLINE_S)
        if isinstance(parked, ParkedGroup):  # nothing failed: it is more than a request writes
            return
        logger.warning("Parked: %s", error.detail, extra={"fields": {"requestId": request.request_id}})

    return park


def make_handler(environ: Mapping[str, str]) -> Handler:
    """Build the handler from its environment; without one, a handler that says what is missing."""
    logger = make_logger()
    try:
        config = IngestConfig.from_environ(environ)
        access = AccessConfig.from_environ(environ)
    except NotConfigured as error:
        return with_events(make_unconfigured_handler(error, logger), partial(_refuse_event, error))
    deadline = Deadline()
    client = make_dynamodb_client(
        deadline, read_timeout_s=limits.WRITE_TIMEOUT_S, connections=limits.BATCH_CONNECTIONS_MAX
    )
    retry_queue = RetryQueue(config.retry_queue_url) if config.retry_queue_url else None
    routes = make_routes(config.table, client, deadline, retry_queue, logger)
    serve = make_http_handler(routes, make_gate(access, "write"), logger, access.cors_origins)
    own_log_group = environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
    return with_events(serve, partial(routes.take_event, own_log_group))


def with_events(serve: Handler, take_event: Callable[[dict[str, Any], str], None]) -> Handler:
    """Return a handler that also takes the events of CloudWatch Logs subscriptions.

    What such a call raises leaves the handler: there is no reply, and an error has Lambda call again.
    """

    def handler(event: Any, context: Any) -> dict[str, object]:  # whatever somebody calls it with
        if isinstance(event, dict) and "awslogs" in event:
            take_event(event, str(context.aws_request_id))
            return {}
        return serve(event, context)

    return handler


def _refuse_event(error: NotConfigured, _event: Mapping[str, Any], _request_id: str) -> None:
    raise error


with cold_start():
    handler = make_handler(os.environ)
