"""docs/api.md against the handlers' own tables and answers."""

import ast
import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from logstead import limits
from logstead.access.gate import open_gate
from logstead.config import ReadConfig, WriteTableConfig
from logstead.entry import FIELDS
from logstead.http import PROBLEM_TYPE_PREFIX, PROBLEMS, Flow, Routes, json_text
from logstead.ingest.handler import make_routes
from logstead.read.handler import ReadFlows
from logstead.serve import make_http_handler
from logstead.storage.client import Deadline
from tests.docs import markdown

API = markdown.read("docs/api.md")
LOGGER = logging.getLogger("tests.docs")
ENTRY_ID = "0198c2a4-7b1e-7cc3-98c4-dc0c0c07398f"


class _TakesAll:
    """A DynamoDB client whose table is empty and takes every put."""

    def put_item(self, **_arguments: Any) -> dict[str, Any]:
        return {}

    def get_item(self, **_arguments: Any) -> dict[str, Any]:
        return {}

    def batch_get_item(self, **_arguments: Any) -> dict[str, Any]:
        return {}

    def query(self, **_arguments: Any) -> dict[str, Any]:
        return {"Items": []}


def _routes(host: str) -> Routes:
    if host == "ingest":
        return make_routes(WriteTableConfig("t"), _TakesAll(), Deadline(), None, LOGGER)
    return ReadFlows(ReadConfig(table_name="t", read_shards=1), _TakesAll(), Deadline(), LOGGER).routes


def _answer(host: str, method: str, path: str, body: str = "") -> dict[str, Any]:
    event = {
        "requestContext": {"http": {"method": method}, "requestId": "r"},
        "rawPath": path,
        "headers": {},
        "body": body,
    }
    return make_http_handler(_routes(host), open_gate, LOGGER)(event, None)


def _documented_routes() -> dict[tuple[str, str], set[str]]:
    routes: dict[tuple[str, str], set[str]] = {}
    for row in markdown.rows(API, "host"):
        routes.setdefault((row["host"], markdown.code(row["path"])), set()).add(markdown.code(row["method"]))
    return routes


def _methods(flows: Mapping[str, Flow]) -> set[str]:
    return {*flows, "OPTIONS"} | ({"HEAD"} if "GET" in flows else set())


@pytest.mark.parametrize(("host", "path"), sorted(_documented_routes()))
def test_a_documented_path_has_exactly_the_documented_methods(host: str, path: str) -> None:
    """The methods of a path are those of the routes' table, HEAD and OPTIONS included."""
    flows = _routes(host)(path.replace("{id}", ENTRY_ID))
    assert _documented_routes()[host, path] == _methods(flows)


@pytest.mark.parametrize(
    ("host", "source"), (("ingest", "logstead/ingest/routes.py"), ("read", "logstead/read/handler.py"))
)
def test_every_path_that_a_handler_compares_with_is_documented(host: str, source: str) -> None:
    """A path that a handler knows has a row; the handlers compare with literals."""
    compared = {
        node.value
        for node in ast.walk(ast.parse(markdown.read(source)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/")
    }
    documented = {path for one, path in _documented_routes() if one == host}
    protocols = markdown.read("docs/protocols.md")  # the agents' paths have a page of their own
    assert {path for path in compared - documented if f"{path}`" not in protocols} == set()


def test_the_page_lists_every_problem_type_with_its_status_and_no_other() -> None:
    """The table of problems is the code's."""
    documented = {markdown.code(row["type"]): int(row["status"]) for row in markdown.rows(API, "type")}
    assert documented == {PROBLEM_TYPE_PREFIX + slug: status.value for status, slug in PROBLEMS.values()}


def test_the_page_lists_every_field_of_an_entry() -> None:
    """The table of fields is the code's, in its order."""
    assert [markdown.code(row["field"]) for row in markdown.rows(API, "field")] == list(FIELDS)


def test_the_page_names_the_limits_by_their_values() -> None:
    """A limit that the page's sentences repeat has the code's value."""
    for value in (
        f"at most {limits.ENTRY_BODY_BYTES_MAX:,} bytes",
        f"more than {limits.FUTURE_MINUTES_MAX} minutes ahead",
        f"up to {limits.SOURCE_CHARACTERS_MAX} characters",
        f"nested up to {limits.JSON_DEPTH_MAX} levels",
        f"whole number from 1 to {limits.READ_LIMIT_MAX:,}; {limits.READ_LIMIT_DEFAULT} when absent",
        f"replies of {limits.COMPRESS_BYTES_MIN:,} bytes",
        f"contains this text, up to {limits.SEARCH_CHARACTERS_MAX:,} characters",
        f"up to {limits.HISTOGRAM_BUCKETS_MAX:,} buckets",
        f"up to {limits.PROBLEMS_MAX}, with `errorsNotNamed`",
    ):
        assert value in API


@pytest.mark.parametrize("page", ("docs/api.md", "docs/protocols.md"))
def test_replies_are_shown_as_they_are_sent(page: str) -> None:
    """Without white space: whoever looks for a text in one finds it."""
    shown = [fence.text.strip() for fence in markdown.fences(markdown.read(page)) if fence.language == "json"]
    assert shown == [json_text(json.loads(text)) for text in shown]


def _hostile_rows() -> list[dict[str, str]]:
    return [row for row in markdown.rows(API, "body") if row["body"] != "`` (empty)"]


@pytest.mark.parametrize("row", _hostile_rows(), ids=lambda row: row["body"])
def test_a_hostile_body_gets_the_documented_answer(row: dict[str, str]) -> None:
    """Each body of the table is sent, and answered as the table says."""
    reply = _answer("ingest", "POST", "/", markdown.code(row["body"]))
    answer = row["type, or what is stored"]
    assert reply["statusCode"] == int(row["status"]), reply["body"]
    if reply["statusCode"] >= 400:
        assert json.loads(reply["body"])["type"] == PROBLEM_TYPE_PREFIX + markdown.code(answer)


def test_an_empty_body_gets_the_documented_answer() -> None:
    """The one row whose body can't be written in a table."""
    reply = _answer("ingest", "POST", "/")
    assert (reply["statusCode"], json.loads(reply["body"])["type"]) == (
        400,
        PROBLEM_TYPE_PREFIX + "malformed-body",
    )


def test_every_header_of_a_reply_is_documented() -> None:
    """No reply has a header that the page does not name."""
    replies = [_answer("read", "GET", "/"), _answer("read", "PUT", "/")]
    sent = {name for reply in replies for name in reply["headers"]}
    assert not {name for name in sent if f"`{name}" not in API}
