"""The replay function: an SQS event of parked entries -> the message ids that must come back."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from logstead import limits
from logstead.config import ReplayConfig
from logstead.entry import date_time_text
from logstead.errors import NotConfigured
from logstead.failure_log import make_logger
from logstead.recovery.message import Parked
from logstead.recovery.replay import Received, Replay
from logstead.recovery.retry_queue import SQSClient, make_sqs_client
from logstead.recovery.store import store_parked
from logstead.storage.client import Deadline, make_dynamodb_client
from logstead.storage.write_table import WriteTable

ReplayHandler = Callable[[dict[str, Any], Any], dict[str, object]]


def make_replay(
    config: ReplayConfig, table: WriteTable, queues: SQSClient, deadlines: tuple[Deadline, ...]
) -> Replay:
    """Return a replay over real clients, each message within its own time."""

    def start_deadlines() -> None:
        ends_s = time.monotonic() + limits.REPLAY_DEADLINE_S
        for deadline in deadlines:
            deadline.start(ends_s, limits.CONNECT_TIMEOUT_S + limits.WRITE_TIMEOUT_S)

    def store(parked: Parked) -> None:
        start_deadlines()
        store_parked(table, parked, int(time.time()))

    def hide(receipt_handle: str, seconds: int) -> None:
        start_deadlines()
        queues.change_message_visibility(
            QueueUrl=config.retry_queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )

    def keep_dead(body: str) -> None:
        start_deadlines()
        queues.send_message(QueueUrl=config.dead_letter_queue_url, MessageBody=body)

    return Replay(store, hide, keep_dead, lambda: date_time_text(datetime.now(UTC)), config.backoffs_s)


def make_batch_handler(replay: Replay, logger: logging.Logger) -> ReplayHandler:
    """Return a Lambda handler that replays each record for itself and reports those that must come back."""

    def handler(event: dict[str, Any], _context: Any) -> dict[str, object]:
        failed = [
            received.message_id
            for received in map(Received.from_record, event["Records"])
            if not _is_done(replay, received, logger)
        ]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handler


def _is_done(replay: Replay, received: Received, logger: logging.Logger) -> bool:
    fields = {"fields": {"messageId": received.message_id, "attempt": received.attempt}}
    try:
        reason = replay.replay(received)
    except Exception:  # one message's failure must not take the batch with it
        logger.exception("Replay failed", extra=fields)
        return False
    if reason is not None:
        logger.warning("Replay postponed: %s", reason, extra=fields)
    return reason is None


def make_handler(environ: Mapping[str, str]) -> ReplayHandler:
    """Build the handler from its environment; without one, a handler that leaves all in the queue."""
    logger = make_logger()
    try:
        config = ReplayConfig.from_environ(environ)
    except NotConfigured as error:
        return make_refusing_handler(error, logger)
    table_deadline, queue_deadline = Deadline(), Deadline()
    table = WriteTable(
        make_dynamodb_client(table_deadline, read_timeout_s=limits.WRITE_TIMEOUT_S, connections=1),
        config.table,
    )
    replay = make_replay(config, table, make_sqs_client(queue_deadline), (table_deadline, queue_deadline))
    return make_batch_handler(replay, logger)


def make_refusing_handler(error: NotConfigured, logger: logging.Logger) -> ReplayHandler:
    """Return a handler that fails every batch; it logs what is not set up when it is made."""
    logger.error("Not configured: %s", error.named())

    def handler(_event: dict[str, Any], _context: Any) -> dict[str, object]:
        raise error

    return handler


handler = make_handler(os.environ)
