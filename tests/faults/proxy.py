"""A reverse proxy between the functions and the emulator, which does to each call what the plan says."""

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from tests.faults.plan import Failure, Plan

_SLOW_S: Final = 0.4
_TIMEOUT_S: Final = 3.0
"""Longer than the functions wait for a reply to a write."""
_HOP_BY_HOP: Final = frozenset({"connection", "content-length", "transfer-encoding", "date", "server"})
_REPLIES: Final = {
    Failure.THROTTLE: (400, "ThrottlingException"),
    Failure.ERROR: (500, "InternalServerError"),
}


class _Handler(BaseHTTPRequestHandler):
    """Serves one call; the server holds the plan and where the emulator is."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_POST(self) -> None:
        """Forward a call of AWS, or let it fail."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        failure = self.server.plan.next_failure(is_table="DynamoDB" in self.headers.get("x-amz-target", ""))
        if failure in _REPLIES:
            self._fail(*_REPLIES[failure])
            return
        if failure in (Failure.RESET_BEFORE, Failure.TIMEOUT_BEFORE):
            time.sleep(_TIMEOUT_S if failure is Failure.TIMEOUT_BEFORE else 0)
            self._reset()
            return
        time.sleep(_SLOW_S if failure is Failure.SLOW else 0)
        status, headers, reply = self._forward(body)
        if failure in (Failure.RESET_AFTER, Failure.TIMEOUT_AFTER):
            time.sleep(_TIMEOUT_S if failure is Failure.TIMEOUT_AFTER else 0)
            self._reset()
            return
        self._reply(status, headers, reply)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server's name
        """Say nothing: the ledger has the story."""

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        target = urlsplit(self.server.endpoint_url)
        connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=30)
        try:
            connection.request("POST", self.path, body, dict(self.headers.items()))
            reply = connection.getresponse()
            return reply.status, reply.getheaders(), reply.read()
        finally:
            connection.close()

    def _fail(self, status: int, code: str) -> None:
        body = json.dumps({"__type": code, "message": "by the plan of faults"}).encode()
        self._reply(status, [("content-type", "application/x-amz-json-1.0")], body)

    def _reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """Close the connection by a reset, with no reply."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, plan: Plan, endpoint_url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.plan = plan
        self.endpoint_url = endpoint_url

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that have gone: their own timeouts are part of the plan."""


@contextmanager
def fault_proxy(plan: Plan, endpoint_url: str) -> Iterator[str]:
    """Run the proxy before an endpoint, on a free port of loopback; yields its URL."""
    server = _Server(plan, endpoint_url)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
