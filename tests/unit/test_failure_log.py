"""Error-only event logging: silent but for failures, then one line, capped and without credentials."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead import limits
from logstead.failure_log import REDACTED, failure_fields, make_logger, redacted
from tests.unit.fakes import client_error
from tests.unit.service import PAYLOAD_FORMATS, REQUEST_ID, Service, make_event

SECRET = "hunter2-secret"
KEY = "lsk_0123abcd_" + "x" * 43
SECRET_HEADERS = (
    *("authorization", "Authorization", "proxy-authorization", "cookie", "Cookie", "set-cookie"),
    *("x-api-key", "X-Api-Key", "apikey", "x-amz-security-token", "x-amz-firehose-access-key"),
)
SECRET_PARAMETERS = ("api_key", "API_KEY", "apikey", "access_token", "X-Amz-Signature", "X-Amz-Credential")


def fail(app: Service, event: dict[str, Any]) -> dict[str, Any]:
    """Let the read of an event fail, and return the one line that it logs."""
    app.dynamodb.fail("query", ZeroDivisionError("boom"))
    assert app.get_event(event).status == 500
    (line,) = app.printed
    return line


def printed_of(app: Service, event: dict[str, Any]) -> str:
    """Let the read of an event fail, and return its line as text."""
    fail(app, event)
    return app.printed_text()


def test_nothing_is_printed_on_success_and_for_what_the_client_did_wrong(
    app: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    """201, 200, 204, 400, 404, 405, 409 and 413: silence, in the log and on both outputs."""
    entry = {"id": "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11", "severity": "info", "message": "m"}
    replies = [
        app.post(entry),
        app.post(entry),
        app.post({**entry, "message": "other"}),
        app.post(""),
        app.post("x" * 20_000),
        app.post({}),
        app.post_event(make_event("PUT")),
        app.post_event({}),
        app.get(),
        app.get("/" + entry["id"]),
        app.get("/" + entry["id"][:-1] + "2"),
        app.get("/nowhere"),
        app.get(query=[("limit", "x")]),
        app.get_event(make_event("OPTIONS")),
    ]
    assert {reply.status for reply in replies} == {200, 201, 204, 400, 404, 405, 409, 413}
    assert app.printed_text() == ""
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
def test_an_unexpected_failure_is_one_line_with_trace_request_and_event(
    app: Service, payload_format: str
) -> None:
    """One JSON line: time, level, error, stack trace, Lambda's request id and the event."""
    event = make_event(headers={"user-agent": "curl"}, payload_format=payload_format, query=[("limit", "5")])
    line = fail(app, event)
    assert line["level"] == "ERROR"
    assert line["requestId"] == REQUEST_ID
    assert line["error"] == "ZeroDivisionError"
    assert "Traceback (most recent call last)" in line["trace"]
    assert line["trace"].rstrip().endswith("ZeroDivisionError: boom")
    assert line["event"] == event
    assert line["time"].endswith("+00:00")
    assert app.printed_text().count("\n") == 1


@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
@pytest.mark.parametrize("name", SECRET_HEADERS)
def test_a_credential_in_a_header_is_not_logged(app: Service, name: str, payload_format: str) -> None:
    """Authorization, cookies and keys are redacted; the other headers stay."""
    event = make_event(headers={name: SECRET, "user-agent": "curl"}, payload_format=payload_format)
    printed = printed_of(app, event)
    assert SECRET not in printed
    assert "[redacted]" in printed
    assert "curl" in printed


@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
@pytest.mark.parametrize("name", SECRET_PARAMETERS)
def test_a_credential_in_the_query_string_is_not_logged(name: str, payload_format: str) -> None:
    """Neither the decoded parameters nor the raw text show it; harmless ones stay."""
    event = make_event(query=[(name, SECRET)], payload_format=payload_format)
    for part in (event, {**event, "queryStringParameters": None, "multiValueQueryStringParameters": None}):
        assert SECRET not in json.dumps(failure_fields(part, "r"))
    harmless = make_event(query=[("limit", "5")], payload_format=payload_format)
    assert failure_fields(harmless, "r")["event"] == harmless


@pytest.mark.parametrize(
    "event",
    (
        {"rawQueryString": f"api%5Fkey={SECRET}"},
        {"rawQueryString": f"a=1&%61uthorization={SECRET}"},
        {"headers": {"Referer": f"https://example.com/?access_token={SECRET}"}},
        {"cookies": [f"session={SECRET}"]},
        {"multiValueHeaders": {"Cookie": [SECRET]}},
        {"requestContext": {"authorizer": {"iam": {"accessKey": SECRET}}}},
        {"requestContext": {"identity": {"apiKey": SECRET, "apiKeyId": SECRET}}},
        {"deep": [[{"password": SECRET}]]},
        {"headers": {"x-other": KEY}},
        {"rawPath": "/" + KEY},
        {"body": json.dumps({"message": KEY})},
    ),
    ids=str,
)
def test_a_credential_anywhere_else_in_an_event_is_not_logged(event: dict[str, Any]) -> None:
    """Escaped names, referers, cookies of format 2.0, the edges' own contexts, and keys of ours anywhere."""
    text = json.dumps(failure_fields(event, "r"))
    assert SECRET not in text
    assert KEY not in text
    assert "[redacted]" in text


@pytest.mark.parametrize(
    "event",
    (
        {"body": '{"severity":"error","message":"token of user 5 has no password"}'},
        {"rawPath": "/secrets", "rawQueryString": "limit=5&source=web"},
        {"headers": {"user-agent": "token-bot/1", "referer": "https://example.com/"}},
        {"rawQueryString": None, "headers": {"referer": 5}},
    ),
    ids=str,
)
def test_what_only_speaks_of_credentials_is_kept(event: dict[str, Any]) -> None:
    """Names decide: an event from which too much is taken explains no failure."""
    assert failure_fields(event, "r")["event"] == event


@pytest.mark.parametrize("filler", ("x", '"', "\\", "\n", "\u00e9", "\U0001f600", "\ud800", "\0"))
def test_a_line_is_bounded_whatever_the_event_and_the_error_hold(filler: str) -> None:
    """Event and trace are cut, the cut is said, and escaping can't multiply the line beyond bounds."""
    app = Service()  # made here, its logger has no handler of pytest's, whose reports can't hold a surrogate
    app.dynamodb.fail("put_item", ZeroDivisionError(filler * 100_000))
    event = make_event("POST", headers={"x-large": filler * 100_000, "authorization": SECRET})
    event["body"] = '{"severity":"info","message":"m"}'
    assert app.post_event(event).status == 500
    (line,) = app.printed
    assert line["eventBytes"] > len(line["eventStart"]) == limits.FAILURE_EVENT_BYTES_MAX
    assert len(line["trace"]) == limits.FAILURE_TRACE_BYTES_MAX
    both = limits.FAILURE_EVENT_BYTES_MAX + limits.FAILURE_TRACE_BYTES_MAX
    assert len(app.printed_text()) <= 2 * both + 1_000
    assert SECRET not in app.printed_text()


EVENTS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(EVENTS)
def test_any_event_makes_a_line_of_json(event: object) -> None:
    """Logging a failure never fails, whatever the event is."""
    stream = io.StringIO()
    make_logger(stream).error("x %s", "y", extra={"fields": failure_fields(event, "r")})
    assert json.loads(stream.getvalue())["message"] == "x y"
    assert stream.getvalue().count("\n") == 1


def test_the_log_says_nothing_twice(app: Service, caplog: pytest.LogCaptureFixture) -> None:
    """Lambda's own root handler gets nothing to print a second time; making the logger again adds none."""
    make_logger(io.StringIO())
    logger = make_logger(io.StringIO())
    assert len(logger.handlers) == 1
    assert logger.propagate is False
    app.dynamodb.fail("query", client_error("ThrottlingException", "Query"))
    app.get()
    assert caplog.records == []


@pytest.mark.parametrize("value", ("Basic dTpsc2s=", "bearer abc", " ApiKey aWQ6a2V5"))
def test_a_credential_under_another_name_is_redacted(value: str) -> None:
    """How a value begins tells what it is, alone or in a list of values."""
    event = {"headers": {"x-forwarded-by": value}, "multiValueHeaders": {"x-forwarded-by": [value, "kept"]}}
    assert redacted(event) == {
        "headers": {"x-forwarded-by": REDACTED},
        "multiValueHeaders": {"x-forwarded-by": [REDACTED, "kept"]},
    }
