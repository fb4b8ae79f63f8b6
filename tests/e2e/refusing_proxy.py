"""A reverse proxy before the emulated DynamoDB that refuses calls which name what it is told to refuse."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

REFUSAL = {"__type": "AccessDeniedException", "message": "A policy denies it."}


class RefusingProxy(ThreadingHTTPServer):
    """While `refused` is a text, a call whose body holds it is denied, as by a policy."""

    daemon_threads = True

    def __init__(self, endpoint_url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(endpoint_url).netloc
        self.refused: str | None = None

    @property
    def url(self) -> str:
        """Where the proxy listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RefusingProxy

    def do_POST(self) -> None:
        """Forward one call, or refuse it."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.server.refused is not None and self.server.refused.encode() in body:
            self._reply(400, json.dumps(REFUSAL).encode())
            return
        connection = http.client.HTTPConnection(self.server.target, timeout=30)
        try:
            connection.request("POST", self.path, body, dict(self.headers.items()))
            reply = connection.getresponse()
            self._reply(reply.status, reply.read())
        finally:
            connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server's name
        """Say nothing."""

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def refusing_proxy(endpoint_url: str) -> Iterator[RefusingProxy]:
    """Run the proxy on a free port of loopback."""
    with RefusingProxy(endpoint_url) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
