"""What HTTP promises beside the entries: content types, HEAD, OPTIONS, and replies that are zipped."""

import random
from typing import Final

import pytest

from local.service import Reply, Service
from tests.e2e.keep_alive import KeepAlive
from tests.e2e.seeding import make_entries, moment, seed

UNKNOWN_ID: Final = "6f1d0c35-0d4e-4a2b-9b6f-1f5c6f0a7e11"
READS: Final = "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "content_type",
    ("application/x-www-form-urlencoded", "text/plain", "application/octet-stream", "nonsense", ""),
)
def test_a_json_body_of_any_content_type_is_taken(client: KeepAlive, content_type: str) -> None:
    """The body decides; with some types it reaches the function as base64."""
    message = "caf\u00e9 \U0001f600"
    posted = client.post({"severity": "info", "message": message}, content_type)
    assert (posted.status, posted.json()["message"]) == (201, message)


@pytest.mark.parametrize(
    ("host", "path", "allow"),
    (
        ("ingest", "", "POST, OPTIONS"),
        ("read", "", READS),
        ("read", "export", READS),
        ("read", UNKNOWN_ID, READS),
    ),
)
def test_options_names_the_methods_and_has_no_body(
    service: Service, client: KeepAlive, host: str, path: str, allow: str
) -> None:
    """204 for every path that there is."""
    url = service.ingest_url if host == "ingest" else service.read_url
    reply = client.request("OPTIONS", url + path)
    assert (reply.status, reply.headers["allow"], reply.body) == (204, allow, b"")
    assert client.request("OPTIONS", url + "nope").status == 404


def test_head_is_get_without_the_body(empty_service: Service, client: KeepAlive) -> None:
    """The same status and headers, for what is there and for what is not."""
    (entry,) = make_entries([moment()], random.Random(2))
    seed(empty_service, [entry])
    for path in ("", "export", entry["id"], UNKNOWN_ID, "nope", "?limit=0"):
        head, get = (client.request(method, empty_service.read_url + path) for method in ("HEAD", "GET"))
        assert head.status == get.status
        assert head.body == b""
        assert _stable(head) == _stable(get)


def _stable(reply: Reply) -> dict[str, str]:
    """Return a reply's headers but for those of this one request, and of the body."""
    varying = {"date", "content-length", "x-amzn-requestid", "x-amzn-trace-id"}
    return {name: value for name, value in reply.headers.items() if name not in varying}


@pytest.mark.parametrize(
    ("accepted", "is_zipped"),
    (("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("gzip;q=0", False), ("br", False)),
)
def test_a_reply_is_zipped_where_that_is_accepted_and_pays(
    empty_service: Service, client: KeepAlive, accepted: str, *, is_zipped: bool
) -> None:
    """Long replies only; the JSON is the same, and caches are told."""
    entries = make_entries((moment(seconds=second) for second in range(20)), random.Random(20))
    seed(empty_service, entries)
    headers = {"accept-encoding": accepted}
    reply = client.request("GET", empty_service.read_url, headers=headers)
    plain = client.get()
    assert reply.json() == plain.json()
    assert (reply.headers.get("content-encoding") == "gzip") is is_zipped
    assert (len(reply.body) < len(plain.body)) is is_zipped
    assert reply.headers["vary"] == "accept-encoding"
    short = client.request("GET", empty_service.read_url + entries[0]["id"], headers=headers)
    assert "content-encoding" not in short.headers
