"""The handlers as Lambda imports them: set up or not, and what they do with an event of any kind."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import pytest

from logstead import errors
from logstead.failure_log import make_logger
from logstead.http import Request, Response, Routes
from logstead.ingest import handler as ingest
from logstead.read import handler as read
from logstead.serve import Handler, make_http_handler
from tests.unit.service import PAYLOAD_FORMATS, FakeContext, Service, decode_reply, make_event

MakeHandler = Callable[[Mapping[str, str]], Handler]
HANDLERS = (ingest.make_handler, read.make_handler)


@pytest.mark.parametrize("module", ("logstead.ingest.handler", "logstead.read.handler"))
@pytest.mark.parametrize("environ", ({}, {"TABLE_NAME": ""}), ids=("unset", "empty"))
def test_without_a_table_name_the_module_imports_and_says_so_in_one_line(
    module: str, environ: dict[str, str]
) -> None:
    """A fresh interpreter with nothing set: three requests, three 503 problems, one log line, no botocore."""
    program = (
        f"import json, sys; from {module} import handler\n"
        "event = {'httpMethod': 'GET', 'path': '/', 'requestContext': {}}\n"
        "for _ in range(3): print('REPLY', json.dumps(handler(event, None)))\n"
        "print('BOTOCORE', 'botocore' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    assert [(line["level"], "TABLE_NAME" in line["message"]) for line in logged] == [("ERROR", True)]
    replies = [decode_reply(json.loads(line.removeprefix("REPLY "))) for line in lines if "REPLY" in line]
    assert [(reply.status, reply.problem(), reply.fields()) for reply in replies] == [
        (503, "not-configured", ["TABLE_NAME"])
    ] * 3
    assert "BOTOCORE False" in lines


@pytest.mark.parametrize("make", HANDLERS)
@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
def test_an_unconfigured_handler_answers_every_request_alike(
    make: MakeHandler, payload_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is asked: 503, the variables named, the body left out for HEAD, and one line in the log."""
    handler = make({"READ_SHARDS": "x", "WRITE_SHARDS": "x", "AUTH_MODE": "token"})
    for method in ("GET", "POST", "OPTIONS", "BREW"):
        reply = decode_reply(handler(make_event(method, "/x", payload_format=payload_format), None))
        assert (reply.status, reply.problem()) == (503, "not-configured")
        assert "TABLE_NAME" in reply.fields()
    head = decode_reply(handler(make_event("HEAD", payload_format=payload_format), None))
    assert (head.status, head.body) == (503, b"")
    assert decode_reply(handler({}, None)).status == 503
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize("make", HANDLERS)
def test_a_mode_of_tokens_without_a_store_is_not_configured(
    make: MakeHandler, capsys: pytest.CaptureFixture[str]
) -> None:
    """A door that should be locked is never left open for want of a setting."""
    handler = make({"TABLE_NAME": "T", "AUTH_MODE": "token"})
    reply = decode_reply(handler(make_event(), None))
    assert (reply.status, reply.fields()) == (503, ["ACCESS_KEYS_PATH"])
    assert "ACCESS_KEYS_PATH" in capsys.readouterr().out


@pytest.mark.parametrize(
    "event",
    (
        *(
            {},
            {"Records": []},
            {"requestContext": {"http": {}}},
            {"requestContext": {"http": {"method": None}}},
        ),
        *({"httpMethod": None, "requestContext": {}}, {"httpMethod": "GET", "headers": [1]}),
        {"httpMethod": "GET", "multiValueQueryStringParameters": {"a": None}},
        {"requestContext": {"http": {"method": "GET"}}, "rawQueryString": 5},
        {"requestContext": {"http": {"method": "POST"}}, "body": {"severity": "info"}},
        *([], None, "x", 5),
    ),
    ids=str,
)
def test_no_event_makes_a_handler_raise(app: Service, event: Any) -> None:
    """An exception out of a handler ends its worker: a forged event gets a reply like any other."""
    for call in (app.post_event, app.get_event):
        reply = call(event)
        assert reply.status in (400, 404, 405, 500)
        assert reply.problem()


def raising(error: Exception) -> Routes:
    """Return routes of which each request ends in an error."""

    def route(_path: str) -> Mapping[str, Callable[[Request], Any]]:
        raise error

    return route


@pytest.mark.parametrize(
    ("error", "status", "is_logged"),
    (
        (errors.BadRequest("x"), 500, True),
        (errors.LogsteadError("x"), 500, True),
        (errors.PackTooLarge("x"), 500, True),
        (errors.StorageUnavailable("100 %s"), 503, True),
        (errors.Conflict("x"), 409, False),
        (RecursionError(), 500, True),
        (MemoryError(), 500, True),
    ),
)
def test_what_is_answered_with_5xx_is_logged_and_nothing_else(
    error: Exception, status: int, *, is_logged: bool
) -> None:
    """The status decides, whatever the class."""
    stream = io.StringIO()
    handler = make_http_handler(raising(error), lambda _: "", make_logger(stream))
    assert decode_reply(handler(make_event(), FakeContext())).status == status
    assert stream.getvalue().count("\n") == is_logged


def test_a_reply_that_can_not_be_encoded_is_a_failure_like_any_other() -> None:
    """Even then the client gets its 500 and the log its line."""
    stream = io.StringIO()
    broken = Response(HTTPStatus.OK, b"\xff")
    handler = make_http_handler(lambda _: {"GET": lambda _: broken}, lambda _: "", make_logger(stream))
    assert decode_reply(handler(make_event(), FakeContext())).status == 500
    assert stream.getvalue().count("\n") == 1
