"""What every reply has, gzip, and the one table from error to problem."""

import json
from http import HTTPStatus

import pytest

from logstead import errors, limits
from logstead.http import (
    PROBLEMS,
    Request,
    Response,
    accepts_gzip,
    decode_request,
    encode_response,
    problem_response,
)
from tests.unit.service import Service, decode_reply, make_event

ID = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"


@pytest.mark.parametrize(
    ("header", "is_taken"),
    (
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("br, gzip", True),
        ("gzip;q=0.001", True),
        (" gzip ; q=0.5 ", True),
        ("*", True),
        ("br, *;q=0.1", True),
        ("identity;q=0, *", True),
        ("gzip;q=1", True),
        ("gzip;q=0", False),
        ("gzip;q=0.0", False),
        ("gzip;q=0.000", False),
        ("gzip; q=0", False),
        ("gzip\t;\tq=0", False),
        ("gzip;Q=0", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("*, gzip;q=0", False),
        ("identity", False),
        ("br", False),
        ("gzipped", False),
        ("", False),
        (",,;", False),
        ("gzip;q=", False),
    ),
)
def test_gzip_is_used_where_accept_encoding_takes_it(app: Service, header: str, *, is_taken: bool) -> None:
    """RFC 9110, section 12.5.3: weights, the wildcard, and a weight of zero as a refusal."""
    assert accepts_gzip({"accept-encoding": header}) is is_taken
    app.post({"severity": "info", "message": "m" * 2_000})
    reply = app.get(headers={"Accept-Encoding": header})
    assert (reply.headers.get("content-encoding") == "gzip") is is_taken
    assert reply.headers["vary"] == "accept-encoding"
    assert reply.json()["count"] == 1


def test_no_accept_encoding_is_no_gzip(app: Service) -> None:
    """A client that says nothing gets plain JSON."""
    app.post({"severity": "info", "message": "m" * 2_000})
    assert "content-encoding" not in app.get().headers


@pytest.mark.parametrize(
    ("size", "is_packed"), ((limits.COMPRESS_BYTES_MIN, True), (1_023, False), (0, False))
)
def test_short_replies_are_not_gzipped(size: int, *, is_packed: bool) -> None:
    """Below the limit the headers would cost more than is saved."""
    request = Request("GET", "/", (), {"accept-encoding": "gzip"}, b"", "")
    reply = encode_response(Response(next(iter(PROBLEMS.values()))[0], b"x" * size), request)
    assert reply["isBase64Encoded"] is is_packed
    assert decode_reply(reply).body == b"x" * size


def test_every_reply_has_the_headers_that_keep_browsers_and_caches_off(app: Service) -> None:
    """Entries are nobody's to cache, frame or sniff: on success, on errors and on OPTIONS."""
    replies = [
        app.post({"severity": "info", "message": "m"}),
        app.post(""),
        app.get(),
        app.get("/x"),
        app.get_event(make_event("OPTIONS")),
        app.get_event(make_event("HEAD")),
        app.get_event({}),
    ]
    for reply in replies:
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["strict-transport-security"]
        assert all(name == name.lower() for name in reply.headers)


def test_a_reply_is_compact_utf_8(app: Service) -> None:
    """Text goes out as it is, not as escapes."""
    assert "\u00e9\U0001f600".encode() in app.post({"severity": "info", "message": "\u00e9\U0001f600"}).body


def all_errors(kind: type[errors.LogsteadError] = errors.LogsteadError) -> list[type[errors.LogsteadError]]:
    """Return every class of the tree."""
    return [kind, *(found for child in kind.__subclasses__() for found in all_errors(child))]


@pytest.mark.parametrize("kind", all_errors())
def test_every_error_has_a_problem_of_its_nearest_class(kind: type[errors.LogsteadError]) -> None:
    """RFC 9457: type, title, status and detail; the status is the reply's own."""
    error = kind("Why.", ("GET",)) if kind is errors.MethodNotAllowed else kind("Why.")
    response = problem_response(error)
    problem = json.loads(response.body)
    assert response.content_type == "application/problem+json"
    assert problem["detail"] == "Why."
    assert problem["status"] == response.status
    assert problem["type"].startswith("urn:logstead:problem:")
    assert problem["title"]
    assert "errors" not in problem


def test_problem_types_are_stable_and_distinct() -> None:
    """A client may switch on `type`: no two errors share one, and those published never change."""
    slugs = [slug for _, slug in PROBLEMS.values()]
    assert len(set(slugs)) == len(slugs)
    assert {
        "malformed-body": 400,
        "invalid-entry": 400,
        "invalid-parameter": 400,
        "not-found": 404,
        "entry-not-found": 404,
        "method-not-allowed": 405,
        "conflict": 409,
        "body-too-large": 413,
        "internal-error": 500,
        "storage-misconfigured": 500,
        "storage-unavailable": 503,
        "not-configured": 503,
    }.items() <= {slug: status.value for status, slug in PROBLEMS.values()}.items()


def test_a_reply_may_repeat_a_name_that_utf_8_cannot_carry() -> None:
    """A lone surrogate in a field's name reaches the reply as an ASCII escape."""
    problem = errors.InvalidEntry("x", (errors.FieldProblem("\ud800", "is wrong"),))
    assert b'"\\ud800"' in problem_response(problem).body


def test_only_what_a_retry_can_help_says_retry_after() -> None:
    """`Retry-After` is on 503s of the storage and the keys, not on a missing set-up."""
    helped = {kind for kind in all_errors() if kind is not errors.MethodNotAllowed}
    helped = {kind for kind in helped if "retry-after" in problem_response(kind("x")).headers}
    assert helped == {errors.StorageUnavailable, errors.KeysUnavailable}


@pytest.mark.parametrize(("accept", "is_packed"), ((None, False), ("*/*", True), ("application/json", True)))
def test_behind_api_gateway_only_a_client_that_says_what_it_accepts_gets_gzip(
    accept: str | None, *, is_packed: bool
) -> None:
    """API Gateway tells by `Accept` whether to send the bytes, and sends their base64 otherwise."""
    headers = {"Accept-Encoding": "gzip", **({} if accept is None else {"Accept": accept})}
    request = decode_request({"httpMethod": "GET", "path": "/", "headers": headers})
    reply = encode_response(Response(HTTPStatus.OK, b"x" * 2_000), request)
    assert reply["isBase64Encoded"] is is_packed
