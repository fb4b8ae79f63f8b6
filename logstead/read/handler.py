"""The read function: entries page by page (GET / and /export), counted (/histogram), or one by its id."""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus

from logstead import limits
from logstead.access.gate import make_gate
from logstead.cold_start import cold_start
from logstead.config import AccessConfig, ReadConfig
from logstead.entry import LogEntry, entry_as_json, minute_of, normalise_id, parse_date_time
from logstead.errors import EntryNotFound, NotConfigured, NotFound, PackUnreadable
from logstead.failure_log import make_logger
from logstead.http import NDJSON, Flow, Request, Response, json_response, json_text
from logstead.read.cursor import encode_cursor
from logstead.read.histogram_query import parse_histogram_query
from logstead.read.histogram_reader import HistogramReader, histogram_as_json
from logstead.read.page import PageReader
from logstead.read.parameters import (
    EXPORT_LIMITS,
    GET_LIMITS,
    PageLimits,
    parse_entry_query,
    parse_read_query,
)
from logstead.read.query import ReadQuery
from logstead.read.shard import DamagedPack
from logstead.read.walk import Walked
from logstead.serve import Handler, make_http_handler, make_unconfigured_handler
from logstead.storage.bodies import BodyReader
from logstead.storage.client import Deadline, DynamoDBClient, make_dynamodb_client
from logstead.storage.key import shard_name
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_id import pack_of
from logstead.storage.read_table import ReadTable


class ReadFlows:
    """The flows of the read function, over one table."""

    def __init__(
        self, config: ReadConfig, client: DynamoDBClient, deadline: Deadline, logger: logging.Logger
    ) -> None:
        self._table = ReadTable(client, config.table_name)
        self._deadline = deadline
        self._logger = logger
        log_types = [shard_name(shard) for shard in range(config.read_shards)]
        executor = ThreadPoolExecutor(max_workers=_requests_at_once(config))
        self._bodies = BodyReader(client, config.table_name, executor)
        self._pages = PageReader(self._table.query_index, self._bodies.get, log_types, executor)
        self._histograms = HistogramReader(self._table, self._bodies.get, self._pages, log_types, executor)

    def routes(self, path: str) -> Mapping[str, Flow]:
        """Return the flows of a path by method."""
        if path == "/":
            return {"GET": self.get_recent}
        if path == "/export":
            return {"GET": self.get_export}
        if path == "/histogram":
            return {"GET": self.get_histogram}
        if normalise_id(path[1:]):
            return {"GET": self.get_entry}
        raise NotFound(
            f"The read host has /, /export, /histogram and /{{id}}, where id is a UUID; not {path[:200]}."
        )

    def get_recent(self, request: Request) -> Response:
        """Answer with the next page of what the query string asks for, the newest first by default."""
        asked, walked = self._read(request, GET_LIMITS)
        reply: dict[str, object] = {
            "count": len(walked.entries),
            "logs": [entry_as_json(entry) for entry in walked.entries],
        }
        if walked.resume is not None:
            reply["nextCursor"] = encode_cursor(asked, walked.resume)
        if walked.is_cut:
            reply["truncated"] = True
        if (searched_to := _searched_to(walked)) is not None:
            reply["searchedTo"] = searched_to
        if walked.damaged:
            reply["notShown"] = _not_shown(walked)
        return json_response(HTTPStatus.OK, reply)

    def get_export(self, request: Request) -> Response:
        """Answer with the next page as NDJSON; where to go on stands in the headers."""
        asked, walked = self._read(request, EXPORT_LIMITS)
        headers: dict[str, str] = {}
        if walked.resume is not None:
            headers["logstead-next-cursor"] = encode_cursor(asked, walked.resume)
        if (searched_to := _searched_to(walked)) is not None:
            headers["logstead-searched-to"] = searched_to
        if walked.damaged:
            headers["logstead-not-shown"] = str(_not_shown(walked))
        lines = [json_text(entry_as_json(entry)) + "\n" for entry in walked.entries]
        return Response(HTTPStatus.OK, "".join(lines).encode(), NDJSON, headers)

    def get_histogram(self, request: Request) -> Response:
        """Answer with counts by time and severity."""
        asked = parse_histogram_query(request.query, datetime.now(UTC))
        self._start_deadline(request)
        counted = self._histograms.count(asked, int(time.time()), request.arrived_s + limits.READ_BUDGET_S)
        self._log_damaged(request, counted.damaged)
        return json_response(HTTPStatus.OK, histogram_as_json(asked, counted))

    def get_entry(self, request: Request) -> Response:
        """Answer with the entry that the path names."""
        entry_id = normalise_id(request.path[1:]) or ""
        hint = parse_entry_query(request.query)
        self._start_deadline(request)
        now_s = int(time.time())
        entry = self._table.get_entry(entry_id, now_s) or self._packed_entry(request, entry_id, hint, now_s)
        if entry is None:
            hint_text = "" if hint else "; one in a batch with an id of its own is found with ?dateTime="
            raise EntryNotFound(f"No entry has the id {entry_id}{hint_text}.")
        return json_response(HTTPStatus.OK, entry_as_json(entry))

    def _packed_entry(self, request: Request, entry_id: str, hint: str | None, now_s: int) -> LogEntry | None:
        """Find an entry in a pack: by key where its id was derived, else by its time.

        Raises:
            PackUnreadable: a pack that may hold it can't be read; that there is none could be wrong.
        """
        try:
            entry = self._derived_entry(entry_id, now_s)
            if entry is None and hint is not None:
                entry = self._pages.find(entry_id, hint, now_s, request.arrived_s + limits.READ_BUDGET_S)
        except PackUnreadable as error:
            raise PackUnreadable(f"A pack that may hold the entry can't be read: {error.detail}.") from error
        return entry

    def _derived_entry(self, entry_id: str, now_s: int) -> LogEntry | None:
        place = pack_of(entry_id)
        if place is None or not self._table.has_pack(place[0], now_s):
            return None
        body = self._bodies.get([place[0]]).get(place[0])
        if body is None:
            raise PackUnreadable("its body is missing")
        return PackBody(place[0], body).find(entry_id)

    def _read(self, request: Request, page: PageLimits) -> tuple[ReadQuery, Walked]:
        asked = parse_read_query(request.query, datetime.now(UTC), page)
        self._start_deadline(request)
        walked = self._pages.read(asked, int(time.time()), request.arrived_s + limits.READ_BUDGET_S)
        self._log_damaged(request, walked.damaged)
        return asked, walked

    def _log_damaged(self, request: Request, damaged: Sequence[DamagedPack]) -> None:
        if not damaged:
            return
        named = damaged[: limits.PROBLEMS_MAX]
        fields = {
            "requestId": request.request_id,
            "damaged": [{"item": one.log_id, "reason": one.reason} for one in named],
            "damagedCount": len(damaged),
        }
        self._logger.error("Entries can't be shown", extra={"fields": fields})

    def _start_deadline(self, request: Request) -> None:
        self._deadline.start(
            request.arrived_s + limits.READ_DEADLINE_S, limits.CONNECT_TIMEOUT_S + limits.READ_TIMEOUT_S
        )


def _searched_to(walked: Walked) -> str | None:
    """Return how far a page has looked that ended early: nothing that is wanted lies before it unshown."""
    if not walked.is_cut or walked.resume is None:
        return None
    time_text = walked.resume.position.date_time
    if time_text == minute_of(time_text):  # oldest first, a walk may stand at a minute's start
        time_text += ":00Z"
    try:
        return parse_date_time(time_text)
    except ValueError:  # an item's time that other hands have broken
        return None


def _not_shown(walked: Walked) -> int:
    return sum(one.entries for one in walked.damaged)


def _requests_at_once(config: ReadConfig) -> int:
    """Return how many requests to the table a read may have under way."""
    return max(config.read_shards, limits.BODY_REQUESTS_AT_ONCE_MAX)


def make_handler(environ: Mapping[str, str]) -> Handler:
    """Build the handler from its environment; without one, a handler that says what is missing."""
    logger = make_logger()
    try:
        config = ReadConfig.from_environ(environ)
        access = AccessConfig.from_environ(environ)
    except NotConfigured as error:
        return make_unconfigured_handler(error, logger)
    deadline = Deadline()
    client = make_dynamodb_client(
        deadline, read_timeout_s=limits.READ_TIMEOUT_S, connections=_requests_at_once(config)
    )
    flows = ReadFlows(config, client, deadline, logger)
    return make_http_handler(flows.routes, make_gate(access, "read"), logger, access.cors_origins)


with cold_start():
    handler = make_handler(os.environ)
