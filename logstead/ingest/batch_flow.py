"""A request that carries a batch, in any protocol: decode, store, and answer in the protocol's words."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

from logstead import limits
from logstead.entry import Receipt
from logstead.errors import BadRequest, LogsteadError, StorageUnavailable
from logstead.http import Request, Response
from logstead.ingest.batch import DecodedBatch, Outcome
from logstead.ingest.batch_plan import Origin
from logstead.ingest.batch_store import BatchStore
from logstead.ingest.content_encoding import inflated
from logstead.ingest.idempotency import idempotency_key
from logstead.recovery.message import Parked
from logstead.recovery.retry_queue import Park
from logstead.storage.write_table import WriteTable


class BatchProtocol(Protocol):
    """What each protocol's module is; see `batch`."""

    def decode(self, request: Request, receipt: Receipt, /) -> DecodedBatch:
        """Return the rows of a request."""

    def reply(self, request: Request, batch: DecodedBatch, outcome: Outcome, receipt: Receipt, /) -> Response:
        """Return what the protocol documents for an outcome."""

    def error_reply(self, request: Request, error: LogsteadError, receipt: Receipt, /) -> Response:
        """Return an error in the protocol's words."""


class BatchFlow:
    """Stores the batches of requests over one table."""

    def __init__(self, table: WriteTable, park: Park, logger: logging.Logger) -> None:
        self._table = table
        self._park = park
        self._logger = logger

    def post(self, protocol: BatchProtocol, request: Request) -> Response:
        """Store the batch in a request, and answer as its protocol does, whatever happens.

        Failures of the service are logged here, since the protocol's reply to
        them is an ordinary one.
        """
        now = datetime.now(UTC)
        receipt = Receipt.at(now)
        try:
            request = inflated(request)
            batch = protocol.decode(request, receipt)
            key = idempotency_key(request.headers) or batch.retry_key
            identity = request.body if batch.identity is None else batch.identity
            origin = Origin(request.caller, request.path, identity, key)
            store = self._store(request)
            first = store.claim(origin, receipt, int(now.timestamp()))
            if first != receipt:  # a retry: read by the clock of the first attempt, so that none of it moves
                batch = protocol.decode(request, first)
            outcome = store.store(batch, origin, first, int(now.timestamp()))
            return protocol.reply(request, batch, outcome, receipt)
        except BadRequest as error:
            return protocol.error_reply(request, error, receipt)
        except LogsteadError as error:
            self._logger.exception(error.detail, extra=_fields(request))
            return protocol.error_reply(request, error, receipt)
        except Exception:  # an agent must hear of it in its own protocol, to keep what it sent
            self._logger.exception("Unexpected failure", extra=_fields(request))
            return protocol.error_reply(request, LogsteadError("The service failed."), receipt)

    def _store(self, request: Request) -> BatchStore:
        def park(parked: Parked) -> None:
            self._park(parked, request, StorageUnavailable(parked.reason))

        return BatchStore(self._table, park, self._executor)

    @cached_property
    def _executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=limits.BATCH_CONNECTIONS_MAX)


def _fields(request: Request) -> dict[str, object]:
    """Return what a failure's log line says of its request; a batch's body is too large to be said."""
    return {"fields": {"requestId": request.request_id, "path": request.path, "bodyBytes": len(request.body)}}
