"""A client as a logging application is one: it keeps its connection, and waits for each answer."""

import http.client
import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

TIMEOUT_S = 40
"""Longer than the functions' own timeouts, so that theirs are seen and not ours."""


class RequestRefused(Exception):
    """An answer that is no success: what was measured then is not what the figures are about."""


class Client:
    """One connection to one URL; a context manager."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        """Connect before anything is measured."""
        self._connection.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        self._connection.close()

    def post(self, body: bytes) -> float:
        """POST a JSON body; return the seconds until the whole answer was there."""
        return self._timed("POST", body)

    def get(self) -> float:
        """GET the URL; return the seconds until the whole answer was there."""
        return self._timed("GET", None)

    def _timed(self, method: str, body: bytes | None) -> float:
        headers = {"content-type": "application/json"} if body else {}
        started = time.perf_counter()
        self._connection.request(method, self._path, body=body, headers=headers)
        response = self._connection.getresponse()
        content = response.read()
        taken_s = time.perf_counter() - started
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise RequestRefused(f"{method} {self._path}: {response.status} {content[:500]!r}")
        return taken_s


@dataclass(frozen=True, slots=True)
class Burst:
    """What several clients saw who posted at the same time."""

    latencies_s: list[float]
    elapsed_s: float

    @property
    def entries_per_s(self) -> float:
        """Entries acknowledged a second, by all clients together."""
        return len(self.latencies_s) / self.elapsed_s


def post_burst(url: str, *, clients: int, posts_each: int) -> Burst:
    """Let so many clients start together and post one after another, each on its own connection."""
    barrier = threading.Barrier(clients + 1)

    def run(number: int) -> Sequence[float]:
        with Client(url) as client:
            barrier.wait(TIMEOUT_S)
            return [client.post(entry_body(f"{number}-{post}")) for post in range(posts_each)]

    with ThreadPoolExecutor(max_workers=clients) as executor:
        running = [executor.submit(run, number) for number in range(clients)]
        barrier.wait(TIMEOUT_S)
        started = time.perf_counter()
        latencies_s = [latency for future in running for latency in future.result()]
        return Burst(latencies_s, time.perf_counter() - started)


def entry_body(name: str) -> bytes:
    """Return an entry as the specification's examples post it: no id, no time, one line of text."""
    message = f"Request {name}: GET /api/orders answered 200 in 41 ms for a client in eu-central-1"
    return json.dumps({"severity": "info", "message": message}).encode()
