"""The read function: GET / for the newest entries, GET /{id} for one."""

import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from logstead import limits
from logstead.access.gate import make_gate
from logstead.config import AccessConfig, ReadConfig
from logstead.entry import entry_as_json, normalise_id
from logstead.errors import EntryNotFound, NotConfigured, NotFound
from logstead.failure_log import make_logger
from logstead.http import Flow, Request, Response, json_response
from logstead.read.parameters import parse_recent_query
from logstead.read.recent import read_recent
from logstead.serve import Handler, make_http_handler, make_unconfigured_handler
from logstead.storage.client import Deadline, DynamoDBClient, make_dynamodb_client
from logstead.storage.item import Item
from logstead.storage.key import shard_name
from logstead.storage.table import Page, ReadTable


class ReadFlows:
    """The flows of the read function, over one table."""

    def __init__(self, config: ReadConfig, client: DynamoDBClient, deadline: Deadline) -> None:
        self._table = ReadTable(client, config.table_name)
        self._deadline = deadline
        self._log_types = [shard_name(shard) for shard in range(config.read_shards)]
        self._executor = ThreadPoolExecutor(max_workers=config.read_shards)

    def routes(self, path: str) -> Mapping[str, Flow]:
        """Return the flows of a path by method."""
        if path == "/":
            return {"GET": self.get_recent}
        if normalise_id(path[1:]):
            return {"GET": self.get_entry}
        raise NotFound(f"The read host has / and /{{id}}, where id is a UUID; not {path[:200]}.")

    def get_recent(self, request: Request) -> Response:
        """Answer with the newest entries."""
        asked = parse_recent_query(request.query)
        self._start_deadline(request)
        now_s = int(time.time())

        def query(log_type: str, count: int, start_key: Item | None) -> Page:
            return self._table.query_newest(log_type, count, now_s, start_key)

        recent = read_recent(query, self._log_types, asked.limit, self._executor)
        reply: dict[str, object] = {
            "count": len(recent.entries),
            "logs": [entry_as_json(entry) for entry in recent.entries],
        }
        if recent.is_cut:
            reply["truncated"] = True
        return json_response(HTTPStatus.OK, reply)

    def get_entry(self, request: Request) -> Response:
        """Answer with the entry that the path names."""
        entry_id = normalise_id(request.path[1:]) or ""
        self._start_deadline(request)
        entry = self._table.get_entry(entry_id, int(time.time()))
        if entry is None:
            raise EntryNotFound(f"No entry has the id {entry_id}.")
        return json_response(HTTPStatus.OK, entry_as_json(entry))

    def _start_deadline(self, request: Request) -> None:
        self._deadline.start(
            request.arrived_s + limits.READ_DEADLINE_S, limits.CONNECT_TIMEOUT_S + limits.READ_TIMEOUT_S
        )


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
        deadline, read_timeout_s=limits.READ_TIMEOUT_S, connections=config.read_shards
    )
    return make_http_handler(ReadFlows(config, client, deadline).routes, make_gate(access, "read"), logger)


handler = make_handler(os.environ)
