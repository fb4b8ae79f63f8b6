"""The gate before every route: who is let in, who is told what, and what nobody learns."""

import io
from collections.abc import Mapping
from http import HTTPStatus

import pytest

from logstead.access.gate import make_token_gate
from logstead.access.key_store import KeyCache
from logstead.access.keys import AccessKey, make_key
from logstead.errors import KeysUnavailable
from logstead.failure_log import make_logger
from logstead.http import Flow, Request, Response, json_response
from logstead.serve import make_http_handler
from tests.unit.service import PAYLOAD_FORMATS, FakeContext, Reply, decode_reply, make_event

WRITE, STORED_WRITE = make_key(("write",), "w", "now")
READ, STORED_READ = make_key(("read",), "r", "now")
BOTH, STORED_BOTH = make_key(("write", "read"), "b", "now")


class Gated:
    """One route behind a gate of scope `write`; `reached` counts the requests that were let in."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.is_up = True
        self.stream = io.StringIO()
        gate = make_token_gate(KeyCache(self.fetch), "write")
        self.handler = make_http_handler(self.routes, gate, make_logger(self.stream))

    def fetch(self) -> tuple[AccessKey, ...]:
        """Return the live keys."""
        if not self.is_up:
            raise KeysUnavailable("down")
        return (STORED_WRITE, STORED_READ, STORED_BOTH)

    def routes(self, path: str) -> Mapping[str, Flow]:
        """Return one flow for every path."""

        def flow(request: Request) -> Response:
            self.reached.append(request.caller)
            return json_response(HTTPStatus.OK, path)

        return {"POST": flow, "GET": flow}

    def call(self, method: str = "POST", headers: dict[str, str] | None = None, **event: object) -> Reply:
        """Send a request."""
        made = make_event(method, headers=headers, **event)  # type: ignore[arg-type]  # its own names
        return decode_reply(self.handler(made, FakeContext()))


@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
@pytest.mark.parametrize(
    ("key", "caller"), ((WRITE, STORED_WRITE.key_id), (BOTH, STORED_BOTH.key_id)), ids=("write", "both")
)
def test_a_live_key_of_the_scope_lets_in_and_names_the_caller(
    key: str, caller: str, payload_format: str
) -> None:
    """What is stored under a caller's name, such as idempotency keys, is under the key's id."""
    gated = Gated()
    reply = gated.call(headers={"Authorization": "Bearer " + key}, payload_format=payload_format)
    assert reply.status == 200
    assert gated.reached == [caller]
    assert key not in gated.stream.getvalue()


@pytest.mark.parametrize("headers", ({}, {"authorization": "Bearer lsk_0_x"}, {"authorization": "Basic x"}))
@pytest.mark.parametrize("method", ("POST", "GET", "HEAD", "PUT", "BREW"))
def test_no_live_key_is_401_with_how_to_send_one(headers: dict[str, str], method: str) -> None:
    """Missing and wrong: `WWW-Authenticate`, and no route is reached nor learnt of."""
    gated = Gated()
    reply = gated.call(method, headers=headers)
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert gated.reached == []
    assert gated.stream.getvalue() == ""


def test_another_scope_is_403() -> None:
    """A key that lives, but may not do this, is told apart from none."""
    gated = Gated()
    reply = gated.call(headers={"authorization": "Bearer " + READ})
    assert (reply.status, reply.problem()) == (403, "forbidden")
    assert "www-authenticate" not in reply.headers
    assert gated.reached == []


@pytest.mark.parametrize(
    "query",
    (
        [("api_key", "x")],
        [("Access_Token", "x")],
        [("key", "")],
        [("q", WRITE)],
        [("a", "b"), ("token", WRITE)],
    ),
)
def test_a_key_in_the_query_string_is_refused_even_beside_a_right_one(query: list[tuple[str, str]]) -> None:
    """Addresses end up in logs and histories: a key there is one to revoke."""
    gated = Gated()
    reply = gated.call(headers={"authorization": "Bearer " + WRITE}, query=query)
    assert (reply.status, reply.problem()) == (401, "unauthorized")
    assert gated.reached == []


def test_a_preflight_needs_no_key() -> None:
    """Browsers send none with OPTIONS; they learn the methods and nothing else."""
    gated = Gated()
    assert gated.call("OPTIONS").status == 204
    assert gated.reached == []


def test_keys_that_can_not_be_read_are_503_and_let_nobody_in() -> None:
    """A retry can help, and says when; one log line tells the owner."""
    gated = Gated()
    gated.is_up = False
    reply = gated.call(headers={"authorization": "Bearer " + WRITE})
    assert (reply.status, reply.problem()) == (503, "keys-unavailable")
    assert reply.headers["retry-after"]
    assert gated.reached == []
    assert gated.stream.getvalue().count("\n") == 1
    assert WRITE not in gated.stream.getvalue()
