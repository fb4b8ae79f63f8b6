"""What a browser's page of another origin may read, where the functions themselves have to say so."""

import re
from http import HTTPStatus
from pathlib import Path

import pytest

import logstead
from logstead.config import AccessConfig
from logstead.http import CORS_EXPOSED_HEADERS, Request, Response, encode_response

ORIGINS = AccessConfig.from_environ({"CORS_ORIGINS": "https://a.example,http://localhost:8080"}).cors_origins


def _headers(origin: str | None, status: HTTPStatus = HTTPStatus.OK) -> dict[str, str]:
    headers = {} if origin is None else {"origin": origin}
    reply = encode_response(Response(status, b"{}"), Request("GET", "/", (), headers, b"", ""), ORIGINS)
    found = reply["headers"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("origin", ("https://a.example", "http://localhost:8080"))
@pytest.mark.parametrize("status", (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED, HTTPStatus.NO_CONTENT))
def test_a_named_origin_may_read_every_reply(origin: str, status: HTTPStatus) -> None:
    """Errors too, or a page could not tell what is wrong; it is named back, never a wildcard."""
    headers = _headers(origin, status)
    assert headers["access-control-allow-origin"] == origin
    assert "logstead-next-cursor" in headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize(
    "origin",
    (
        None,
        "null",
        "*",
        "https://b.example",
        "https://a.example.evil",
        "HTTPS://A.EXAMPLE",
        "https://a.example:1",
    ),
)
def test_any_other_origin_is_told_nothing(origin: str | None) -> None:
    """Exact means exact; the reply still says that it depends on the origin, for caches."""
    headers = _headers(origin)
    assert not [name for name in headers if name.startswith("access-control")]
    assert headers["vary"] == "accept-encoding, origin"


def test_without_origins_nothing_is_said_of_them() -> None:
    """The default, and where a Function URL adds the headers by itself."""
    assert AccessConfig.from_environ({}).cors_origins == frozenset()
    request = Request("GET", "/", (), {"origin": "https://a.example"}, b"", "")
    headers = encode_response(Response(HTTPStatus.OK, b"{}"), request)["headers"]
    assert isinstance(headers, dict)
    assert headers["vary"] == "accept-encoding"
    assert not [name for name in headers if name.startswith("access-control")]


def test_a_page_may_read_every_header_of_the_service() -> None:
    """Each is news to a browser, which hides what is not named; an export goes on by them alone."""
    sources = [path.read_text() for path in Path(logstead.__file__).parent.rglob("*.py")]
    sent = {name for source in sources for name in re.findall(r'"(logstead-[a-z-]+)"', source)}
    assert sent
    assert sent <= set(CORS_EXPOSED_HEADERS)
