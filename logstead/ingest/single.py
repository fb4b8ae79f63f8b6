"""One entry by POST: stored by one conditional put, or parked where the table can't take it."""

import hashlib
import logging
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NoReturn

from logstead import limits
from logstead.entry import Receipt, entry_as_json, parse_entry
from logstead.errors import BodyTooLarge, Conflict, IdempotencyKeyReused, StorageUnavailable
from logstead.http import Request, Response, json_response
from logstead.ingest.idempotency import idempotency_key
from logstead.ingest.json_object import decode_object
from logstead.recovery.message import ParkedEntry
from logstead.recovery.retry_queue import Park
from logstead.storage.write_table import WriteTable


class SingleEntry:
    """Stores the one entry that a request's body is."""

    def __init__(self, table: WriteTable, park: Park, logger: logging.Logger) -> None:
        self._table = table
        self._park = park
        self._logger = logger

    def post(self, request: Request) -> Response:
        """Store the entry: 201 new, 200 a replay, 202 parked because the table can't take it now."""
        refuse_long(request.body)
        now = datetime.now(UTC)
        receipt = Receipt.at(now)
        fields = decode_object(request.body)
        key = idempotency_key(request.headers)
        if key is not None and fields.get("id") is None:
            fields["id"] = _keyed_id(request.caller, key)
        entry = parse_entry(fields, receipt, lambda: str(uuid.uuid4()))
        try:
            stored = self._table.put_entry(entry, receipt.now, int(now.timestamp()))
        except StorageUnavailable as error:
            self._park(ParkedEntry(entry, receipt.now, error.detail), request, error)
            return json_response(HTTPStatus.ACCEPTED, {**entry_as_json(entry), "status": "queued"})
        except Conflict as error:
            _refuse(error, is_keyed=key is not None and entry.id == _keyed_id(request.caller, key))
        status = HTTPStatus.CREATED if stored.is_new else HTTPStatus.OK
        return json_response(status, entry_as_json(stored.entry))


def refuse_long(body: bytes) -> None:
    """Refuse a single entry's body that is too long, before anything is parsed.

    Raises:
        BodyTooLarge: naming the limit.
    """
    if len(body) > limits.ENTRY_BODY_BYTES_MAX:
        raise BodyTooLarge(
            f"The body has {len(body)} bytes; one entry may have {limits.ENTRY_BODY_BYTES_MAX}. "
            "Larger ones can come in a batch: a JSON array, or NDJSON as application/x-ndjson."
        )


def _keyed_id(caller: str, key: str) -> str:
    """Return the id of an entry that came with an Idempotency-Key and no id: the same for a retry."""
    digest = hashlib.sha256(f"single {caller}#{key}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _refuse(error: Conflict, *, is_keyed: bool) -> NoReturn:
    if is_keyed:
        raise IdempotencyKeyReused("The Idempotency-Key was used for another entry.") from error
    raise error
