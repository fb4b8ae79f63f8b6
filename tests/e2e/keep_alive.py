"""A client that keeps its connections open, for tests of many requests, and the walk through all pages."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlencode

import urllib3

from local.service import Reply, Service

CONNECTIONS: Final = 32
REQUEST_TIMEOUT_S: Final = 90
"""Longer than 32 workers of the emulator take to start at once on two busy cores."""
PAGES_MAX: Final = 200
"""A walk of more pages has no end."""

T = TypeVar("T")
R = TypeVar("R")


class KeepAlive:
    """Up to `CONNECTIONS` requests of one service at a time; a context manager."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, block=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one request, once: a failure of the connection is one of the test."""
        response = self._pool.request(
            method,
            url,
            body=body,
            headers=dict(headers or {}),
            retries=False,
            timeout=REQUEST_TIMEOUT_S,
            decode_content=False,
        )
        names = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, names, response.data)

    def post(self, body: Any, content_type: str = "application/json") -> Reply:
        """POST to the ingest function: `bytes` as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request(
            "POST", self.service.ingest_url, body=content, headers={"content-type": content_type}
        )

    def get(self, path: str = "", /, **query: object) -> Reply:
        """GET from the read function."""
        return self.request("GET", self.service.read_url + path + ("?" + urlencode(query) if query else ""))

    def pages(self, **query: object) -> Iterator[dict[str, Any]]:
        """Yield the pages that `GET /` has, each as its JSON value, from cursor to cursor."""
        following: dict[str, object] = {}
        for _ in range(PAGES_MAX):
            reply = self.get(**query, **following)
            assert reply.status == 200, reply.body
            page = reply.json()
            assert page["count"] == len(page["logs"])
            yield page
            if "nextCursor" not in page:
                return
            following = {"cursor": page["nextCursor"]}
        raise AssertionError(f"a walk of more than {PAGES_MAX} pages")

    def walk(self, **query: object) -> list[dict[str, Any]]:
        """Return the entries of all pages."""
        return [entry for page in self.pages(**query) for entry in page["logs"]]


def side_by_side(call: Callable[[T], R], arguments: Iterable[T], in_flight: int) -> list[R]:
    """Call with each argument, so many at a time; return the results in the arguments' order."""
    with ThreadPoolExecutor(in_flight) as executor:
        return list(executor.map(call, arguments))


def in_order(entries: Iterable[dict[str, Any]], order: str = "newest") -> list[dict[str, Any]]:
    """Return entries in the total order that reads promise: by `dateTime`, then id."""
    return sorted(entries, key=lambda one: (one["dateTime"], one["id"]), reverse=order == "newest")
