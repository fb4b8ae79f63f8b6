"""A proxy on the loopback that loses replies: what a client then sends again was stored already."""

import http.client
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import urlsplit

from local.service import Reply, request

_OF_ONE_HOP: Final = frozenset({"connection", "host", "content-length", "transfer-encoding", "expect"})


@dataclass(frozen=True, slots=True)
class Sent:
    """One POST or PUT as a client sent it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class LossyProxy:
    """Passes requests on to `target_url`; a context manager.

    The replies to the first `loses` writes are lost: they take effect, and the client hears a 503 instead.
    """

    target_url: str
    loses: int = 0
    sent: list[Sent] = field(default_factory=list)
    """The writes so far, those whose reply was lost too."""

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Return where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def repeat(self) -> list[Reply]:
        """Send every write once more, past the client: what a network does that delivers twice."""
        return [self._pass_on(sent) for sent in list(self.sent)]

    def _pass_on(self, sent: Sent) -> Reply:
        url = self.target_url.rstrip("/") + sent.path
        return request(sent.method, url, body=sent.body or None, headers=sent.headers)

    def _take(self, sent: Sent) -> Reply:
        reply = self._pass_on(sent)
        if sent.method not in {"POST", "PUT"}:
            return reply
        with self._lock:
            self.sent.append(sent)
            self.loses -= 1
            is_lost = self.loses >= 0
        if is_lost:
            assert reply.status < HTTPStatus.BAD_REQUEST, f"nothing was stored that could be lost: {reply}"
            return Reply(HTTPStatus.SERVICE_UNAVAILABLE, {"content-type": "text/plain"}, b"lost\n")
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                kept = {name: value for name, value in headers.items() if name not in _OF_ONE_HOP}
                try:
                    reply = take(Sent(self.command, _target(self.path), kept, body))
                except (OSError, http.client.HTTPException, AssertionError) as error:
                    reply = Reply(HTTPStatus.BAD_GATEWAY, {}, repr(error).encode())
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    if name not in _OF_ONE_HOP | {"date", "server"}:
                        self.send_header(name, value)
                if reply.status != HTTPStatus.NO_CONTENT:
                    self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body)

            do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815  # names of the base class

            def log_message(self, *_: Any) -> None:
                """Print nothing."""

        return Handler


def _target(path: str) -> str:
    url = urlsplit(path)
    return url.path + (f"?{url.query}" if url.query else "")
