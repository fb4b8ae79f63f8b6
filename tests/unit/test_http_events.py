"""Requests of both payload formats, as the real edges shape them."""

import base64
import json
from typing import Any

import pytest

from logstead.errors import MalformedBody
from logstead.http import decode_request
from tests.unit.service import PAYLOAD_FORMATS, Service, make_event

GOOD = '{"severity":"info","message":"caf\u00e9"}'
ID = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"

# The examples of AWS's developer guides, cut to what is read.
FUNCTION_URL_EVENT: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/",
    "rawQueryString": "limit=3&a=1%20b&a=&a=%C3%A9",
    "cookies": ["a=b"],
    "headers": {"Accept-Encoding": "gzip, br", "x-forwarded-for": "203.0.113.1"},
    "queryStringParameters": {"limit": "3", "a": "1 b,,\u00e9"},
    "requestContext": {
        "accountId": "anonymous",
        "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.1"},
        "requestId": "e1506fd5-9e7b-434f-bd42-4f8fa224b599",
        "stage": "$default",
    },
    "isBase64Encoded": False,
}
REST_API_EVENT: dict[str, Any] = {
    "resource": "/{proxy+}",
    "path": "/",
    "httpMethod": "GET",
    "headers": {"Accept": "*/*", "Accept-Encoding": "gzip, br"},
    "multiValueHeaders": {"Accept": ["*/*"], "Accept-Encoding": ["gzip, br"]},
    "queryStringParameters": {"limit": "3", "a": "\u00e9"},
    "multiValueQueryStringParameters": {"limit": ["3"], "a": ["1 b", "", "\u00e9"]},
    "pathParameters": None,
    "requestContext": {
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "httpMethod": "GET",
        "stage": "x",
    },
    "body": None,
    "isBase64Encoded": False,
}


@pytest.mark.parametrize("event", (FUNCTION_URL_EVENT, REST_API_EVENT), ids=PAYLOAD_FORMATS[::-1])
def test_both_payload_formats_are_one_request(event: dict[str, Any]) -> None:
    """Method, path, decoded query with its repeats, lower-case header names, body and request id."""
    request = decode_request(event)
    assert (request.method, request.path, request.body) == ("GET", "/", b"")
    assert request.query == (("limit", "3"), ("a", "1 b"), ("a", ""), ("a", "\u00e9"))
    assert request.headers["accept-encoding"] == "gzip, br"
    assert request.request_id == event["requestContext"]["requestId"]


def test_a_byte_of_the_query_that_is_no_utf_8_can_be_told() -> None:
    """It must not read as U+FFFD, which a person may search for."""
    request = decode_request(FUNCTION_URL_EVENT | {"rawQueryString": "q=%ff&q=%EF%BF%BD"})
    assert request.query == (("q", "\udcff"), ("q", "\ufffd"))


@pytest.mark.parametrize("event", ({}, {"Records": []}, {"requestContext": {}}, {"requestContext": None}))
def test_an_event_that_is_no_request_is_refused(event: dict[str, Any]) -> None:
    """What neither format describes, such as a console's test event, is a 400."""
    with pytest.raises(MalformedBody):
        decode_request(event)


def test_what_an_edge_leaves_null_is_empty() -> None:
    """Null headers, query and body, and an absent path, read as none."""
    request = decode_request(
        {
            "httpMethod": "get",
            "headers": None,
            "multiValueQueryStringParameters": None,
            "body": None,
            "path": None,
            "requestContext": None,
        }
    )
    assert request.method == "GET"
    assert (request.path, request.query, dict(request.headers), request.body) == ("/", (), {}, b"")


@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
@pytest.mark.parametrize("is_base64", (False, True))
def test_a_post_and_its_read_back_are_the_same_in_both_formats(
    app: Service, payload_format: str, *, is_base64: bool
) -> None:
    """Text and base64 bodies store the same; the read finds it in the list and by id."""
    body: str | bytes = GOOD.encode() if is_base64 else GOOD
    posted = app.post(body, payload_format=payload_format)
    assert (posted.status, posted.headers["content-type"]) == (201, "application/json")
    entry = posted.json()
    assert entry["message"] == "caf\u00e9"
    listed = app.get(payload_format=payload_format, query=[("limit", "1")])
    assert listed.json()["logs"] == [entry]
    assert app.get("/" + entry["id"].upper(), payload_format=payload_format).json() == entry
    assert app.printed == []


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "post")


@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
@pytest.mark.parametrize("method", METHODS)
def test_other_methods_are_405_with_the_methods_that_there_are(
    app: Service, method: str, payload_format: str
) -> None:
    """405 names the methods in `Allow`; OPTIONS tells them with 204; HEAD goes where GET does."""
    hosts = (
        (app.post_event, "/", ["POST", "OPTIONS"]),
        (app.get_event, "/", ["GET", "HEAD", "OPTIONS"]),
        (app.get_event, "/" + ID, ["GET", "HEAD", "OPTIONS"]),
    )
    for call, path, allow in hosts:
        reply = call(make_event(method, path, payload_format=payload_format))
        if method == "OPTIONS":
            assert (reply.status, reply.body) == (204, b"")
        elif method.upper() in allow:
            assert reply.status != 405
            continue
        else:
            assert reply.status == 405
            assert method == "HEAD" or reply.problem() == "method-not-allowed"
        assert reply.headers["allow"].split(", ") == allow
    assert app.printed == []


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path",
    ("/x", "//", "/" + ID + "/", "/" + ID[:-1], "/%00", "/../", "/" + "x" * 5_000, "/\ud800"),
)
def test_unknown_paths_are_404_whatever_the_method(app: Service, path: str, method: str) -> None:
    """No route, no answer but 404; the path is repeated up to a bound."""
    for call in (app.post_event, app.get_event):
        reply = call(make_event(method, path))
        assert reply.status == 404
        assert len(reply.body) < 1_000
        assert method == "HEAD" or reply.problem() == "not-found"
    assert app.dynamodb.calls == []
    assert app.printed == []


@pytest.mark.parametrize("path", ("/", "/" + ID, "/" + ID[:-1] + "0", "/x"))
def test_head_is_get_without_the_body(app: Service, path: str) -> None:
    """HEAD has GET's status and headers and no body (so none that is encoded), on success and on an error."""
    app.post(json.dumps({"id": ID, "severity": "info", "message": "m" * 5_000}))
    for headers in ({}, {"accept-encoding": "gzip"}):
        get, head = app.get(path, headers=headers), app.get_event(make_event("HEAD", path, headers=headers))
        assert (head.status, head.body) == (get.status, b"")
        assert head.headers == {n: v for n, v in get.headers.items() if n != "content-encoding"}


def test_an_id_that_is_not_there_is_an_entry_not_found(app: Service) -> None:
    """`GET /{id}` of no entry is another problem than a path that does not exist."""
    reply = app.get("/" + ID)
    assert (reply.status, reply.problem()) == (404, "entry-not-found")


@pytest.mark.parametrize(
    "limit", ("0", "1001", "-1", "", " 1", "1.0", "1e2", "ten", "\u0661", "0x1", "9" * 500)
)
@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
def test_a_limit_out_of_range_is_a_problem_of_the_parameter(
    app: Service, limit: str, payload_format: str
) -> None:
    """`limit` is a whole number from 1 to 1,000; a bad one costs no query."""
    reply = app.get(query=[("limit", limit)], payload_format=payload_format)
    assert (reply.status, reply.problem(), reply.fields()) == (400, "invalid-parameter", ["limit"])
    assert app.dynamodb.calls == []


@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
def test_every_problem_of_the_query_string_is_named_at_once(app: Service, payload_format: str) -> None:
    """A mistyped filter must not read as no filter; repeats are refused."""
    query = [("limt", "3"), ("limit", "x"), ("limit", "5"), ("order", "up")]
    reply = app.get(query=query, payload_format=payload_format)
    assert sorted(reply.fields()) == ["limit", "limit", "limt", "order"]


@pytest.mark.parametrize(("limit", "count"), ((None, 100), ("1", 1), ("1000", 120)))
def test_the_default_limit_is_100(app: Service, limit: str | None, count: int) -> None:
    """100 entries without `limit`, up to 1,000 with it."""
    for number in range(120):
        app.post({"severity": "info", "message": str(number)})
    reply = app.get(query=None if limit is None else [("limit", limit)])
    assert reply.json()["count"] == len(reply.json()["logs"]) == count


def test_a_binary_reply_is_marked_as_base64(app: Service) -> None:
    """Gzip goes through Lambda as base64, and says so."""
    app.post({"severity": "info", "message": "m" * 2_000})
    reply: dict[str, Any] = app.read(make_event(headers={"Accept-Encoding": "gzip"}), None)
    assert reply["isBase64Encoded"] is True
    assert base64.b64decode(reply["body"])[:2] == b"\x1f\x8b"


USER = "arn:aws:iam::000000000000:user/ci"
ROLE = "arn:aws:sts::000000000000:assumed-role/agents"


@pytest.mark.parametrize(
    ("context", "caller"),
    (
        ({"authorizer": {"iam": {"userArn": USER}}}, USER),
        ({"identity": {"userArn": USER}}, USER),
        ({"authorizer": {"iam": {"userArn": ROLE + "/i-0123"}}}, ROLE),
        ({"identity": {"userArn": ROLE + "/i-4567"}}, ROLE),
        ({"identity": {"userArn": None, "sourceIp": "203.0.113.1"}}, ""),
        ({"authorizer": {"iam": None}, "identity": None}, ""),
        ({"authorizer": None}, ""),
        ({}, ""),
    ),
)
@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
def test_the_caller_is_who_signed_whatever_the_session(
    context: dict[str, Any], caller: str, payload_format: str
) -> None:
    """A retry from a new session of a role is the same caller's, so that it finds what it sent before."""
    event = make_event(payload_format=payload_format)
    event["requestContext"] |= context
    assert decode_request(event).caller == caller
