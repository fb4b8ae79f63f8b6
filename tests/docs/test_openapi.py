"""docs/openapi.yaml: valid, its examples too, and the same as the code and docs/api.md."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
import yaml

from logstead import limits
from logstead.entry import FIELDS, SEVERITIES
from logstead.http import PROBLEM_JSON, PROBLEM_TYPE_PREFIX, PROBLEMS
from tests.docs import markdown

DOCUMENT: dict[str, Any] = yaml.safe_load(markdown.read("docs/openapi.yaml"))
COMPONENTS = DOCUMENT["components"]
METHODS = ("get", "head", "options", "post", "put", "patch", "delete", "trace")


def _resolved(value: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference within the document."""
    if "$ref" not in value or not value["$ref"].startswith("#/"):
        return value
    found: Any = DOCUMENT
    for name in value["$ref"][2:].split("/"):
        found = found[name]
    assert isinstance(found, dict)
    return found


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def _media_types() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every body of a request or reply with a name for it."""
    for method, path, operation in _operations():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            yield f"{method} {path}", content
        for status, response in operation["responses"].items():
            for content in _resolved(response).get("content", {}).values():
                yield f"{method} {path} {status}", content
    for name, response in COMPONENTS["responses"].items():
        for content in response["content"].values():
            yield name, content


def test_the_document_is_valid_openapi_3_1() -> None:
    """By the OpenAPI Initiative's own JSON Schema."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(DOCUMENT).validate()


@pytest.mark.parametrize(("name", "content"), tuple(_media_types()))
def test_every_body_has_examples_that_its_schema_takes(name: str, content: dict[str, Any]) -> None:
    """An example that the schema refuses misleads whoever copies it."""
    validator = jsonschema_rs.Draft202012Validator(
        {**content["schema"], "components": COMPONENTS}, validate_formats=True
    )
    examples = [_resolved(example)["value"] for example in content["examples"].values()]
    assert examples, name
    for example in examples:
        validator.validate(example)


def test_the_problems_of_each_status_are_those_of_the_code() -> None:
    """Every type is documented under its own status, and no other one is."""
    documented = {
        (problem_type, content["schema"]["properties"]["status"]["const"])
        for response in COMPONENTS["responses"].values()
        if (content := response["content"].get(PROBLEM_JSON))
        for problem_type in content["schema"]["properties"]["type"]["enum"]
    }
    assert documented == {(PROBLEM_TYPE_PREFIX + slug, status.value) for status, slug in PROBLEMS.values()}


def test_each_reply_of_an_operation_stands_under_its_own_status() -> None:
    """A reference to the wrong response would document another status."""
    for method, path, operation in _operations():
        for status, response in operation["responses"].items():
            for content in _resolved(response).get("content", {}).values():
                const = content["schema"].get("properties", {}).get("status", {}).get("const")
                assert const in (None, "queued", int(status)), f"{method} {path} {status}"


def test_the_operations_are_those_of_the_api_page() -> None:
    """Both documents have the same routes, on the same hosts."""
    paged: dict[tuple[str, str], set[str]] = {}
    for row in markdown.rows(markdown.read("docs/api.md"), "host"):
        paged.setdefault((markdown.code(row["method"]), markdown.code(row["path"])), set()).add(row["host"])
    assert {(method, path): set(operation["tags"]) for method, path, operation in _operations()} == paged


def test_the_fields_and_limits_are_those_of_the_code() -> None:
    """What the schemas bound is bounded by limits.py."""
    schemas = COMPONENTS["schemas"]
    assert tuple(schemas["NewEntry"]["properties"]) == FIELDS
    assert tuple(schemas["Entry"]["properties"]) == FIELDS
    assert tuple(schemas["Severity"]["enum"]) == SEVERITIES
    assert schemas["NewEntry"]["properties"]["source"]["maxLength"] == limits.SOURCE_CHARACTERS_MAX
    assert schemas["Page"]["properties"]["logs"]["maxItems"] == limits.READ_LIMIT_MAX
    assert schemas["Page"]["properties"]["count"]["maximum"] == limits.READ_LIMIT_MAX
    assert schemas["Problem"]["properties"]["errors"]["maxItems"] == limits.PROBLEMS_MAX
    limit, *_ = DOCUMENT["paths"]["/"]["get"]["parameters"]
    assert limit["schema"]["maximum"] == limits.READ_LIMIT_MAX
    assert limit["schema"]["default"] == limits.READ_LIMIT_DEFAULT
    by_name = {one["name"]: one["schema"] for one in DOCUMENT["paths"]["/"]["get"]["parameters"]}
    assert by_name["q"]["maxLength"] == by_name["regex"]["maxLength"] == limits.SEARCH_CHARACTERS_MAX
    assert schemas["Histogram"]["properties"]["buckets"]["maxItems"] == limits.HISTOGRAM_BUCKETS_MAX
    text = markdown.read("docs/openapi.yaml")
    for sentence in (
        f"at most {limits.ENTRY_BODY_BYTES_MAX:,} bytes",
        f"at most {limits.FUTURE_MINUTES_MAX} minutes ahead",
        f"nested up to {limits.JSON_DEPTH_MAX} levels",
    ):
        assert sentence in text
