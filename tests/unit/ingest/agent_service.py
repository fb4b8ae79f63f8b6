"""The protocols' pure functions as a service in process, for real clients: decode, validate, keep, reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import ModuleType
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from requests.adapters import BaseAdapter

from logstead.entry import LogEntry, Receipt, parse_entry
from logstead.errors import InvalidEntry, LogsteadError, StorageUnavailable
from logstead.http import Request, Response
from logstead.ingest import elasticsearch, elasticsearch_probes, firehose, loki, native_batch, otlp
from logstead.ingest.batch import DecodedBatch, DecodedRow, Outcome, Refusal
from logstead.ingest.content_encoding import inflated

RECEIPT = Receipt("2026-02-09T21:50:20.846154+00:00", "2026-02-09T22:05:20.846154+00:00")
MADE_ID = "ffffffff-9f0a-4c57-8a55-3a2f3d0b9c11"
FAR_RECEIPT = Receipt("2199-12-31T00:00:00.000000+00:00", "2199-12-31T00:15:00.000000+00:00")
"""A clock that is behind no client's own."""


def request(
    path: str, body: bytes = b"", *, method: str = "POST", headers: Mapping[str, str] | None = None
) -> Request:
    """Return a request as the edge makes it."""
    url = urlsplit(path)
    named = {name.lower(): value for name, value in (headers or {}).items()}
    return Request(method, unquote(url.path), tuple(parse_qsl(url.query)), named, body, "made-by-a-test")


_REQUEST = request  # the adapter's own argument has the same name


def entry_of(row: DecodedRow, receipt: Receipt = RECEIPT) -> LogEntry:
    """Return the entry of a row that must be one."""
    assert row.fields is not None, row.problems
    return parse_entry(row.fields, receipt, lambda: MADE_ID)


def entries_of(batch: DecodedBatch, receipt: Receipt = RECEIPT) -> list[LogEntry]:
    """Return the entries of a batch of which none may be refused."""
    return [entry_of(row, receipt) for row in batch.rows]


def settle(batch: DecodedBatch, receipt: Receipt = RECEIPT) -> tuple[list[LogEntry], Outcome]:
    """Validate a batch as the ingest flow does; return the entries taken and the outcome."""
    taken: list[LogEntry] = []
    refused: list[Refusal] = []
    for index, row in enumerate(batch.rows):
        if row.fields is None:
            refused.append(Refusal(index, row.problems))
            continue
        try:
            taken.append(parse_entry(row.fields, receipt, lambda: MADE_ID))
        except InvalidEntry as error:
            refused.append(Refusal(index, error.problems))
    return taken, Outcome(len(taken), tuple(refused))


def module_of(path: str) -> ModuleType | None:
    """Return the protocol of a path."""
    if elasticsearch.is_bulk(path):
        return elasticsearch
    by_path = {path: module for module in (otlp, loki, firehose, native_batch) for path in module.PATHS}
    return by_path.get(path)


@dataclass
class AgentService:
    """Keeps what clients send; `failures` are raised first, one a request, in place of storing."""

    receipt: Receipt = FAR_RECEIPT
    entries: list[LogEntry] = field(default_factory=list)
    received: list[Request] = field(default_factory=list)
    failures: list[LogsteadError] = field(default_factory=list)

    def fail_once(self) -> None:
        """Let the next request meet a passing fault."""
        self.failures.append(StorageUnavailable("The storage is too busy; send it again."))

    def answer(self, asked: Request) -> Response:
        """Answer one request."""
        self.received.append(asked)
        module = module_of(asked.path)
        if module is None:
            probed = elasticsearch_probes.probe(asked)
            return probed or Response(HTTPStatus.NOT_FOUND)
        try:
            if self.failures:
                raise self.failures.pop(0)
            asked = inflated(asked)
            batch = module.decode(asked, self.receipt)
        except LogsteadError as error:
            failed: Response = module.error_reply(asked, error, self.receipt)
            return failed
        taken, outcome = settle(batch, self.receipt)
        self.entries += taken
        replied: Response = module.reply(asked, batch, outcome, self.receipt)
        return replied

    def session(self) -> requests.Session:
        """Return a session of `requests` whose every URL is this service."""
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(self.answer))
        return session


class _Adapter(BaseAdapter):
    """Takes the place of the network under `requests`."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        super().__init__()
        self._answer = answer

    def send(  # noqa: PLR0913, PLR0917  # the base class's signature
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002
        timeout: object = None,  # noqa: ARG002
        verify: object = True,  # noqa: ARG002, FBT002
        cert: object = None,  # noqa: ARG002
        proxies: object = None,  # noqa: ARG002
    ) -> requests.Response:
        body = request.body if isinstance(request.body, str | bytes) else b""
        url = urlsplit(str(request.url))
        replied = self._answer(
            _REQUEST(
                f"{url.path}?{url.query}",
                body.encode() if isinstance(body, str) else body,
                method=str(request.method),
                headers={name: str(value) for name, value in request.headers.items()},
            )
        )
        response = requests.Response()
        response.status_code = replied.status.value
        response.reason = replied.status.phrase
        response._content = replied.body  # noqa: SLF001  # what the real adapter sets through its raw reply
        response.headers.update({"content-type": replied.content_type, **replied.headers})
        response.request = request
        response.url = str(request.url)
        return response

    def close(self) -> None:
        """Nothing is held open."""
