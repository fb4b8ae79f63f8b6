"""Requests that schemathesis makes up from docs/openapi.yaml: the running service keeps to it."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.service import Service
from tests.docs import markdown

EXAMPLES: Final = {"POST": 50, "GET": 20, "HEAD": 10, "OPTIONS": 5}
"""Requests of each operation and mode, on each host: some seconds in all."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(yaml.safe_load(markdown.read("docs/openapi.yaml")))


def _cases() -> Iterator[Any]:
    for found in SCHEMA.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]  # an invalid one has failed tests/docs
        takes_input = operation.body or operation.query or operation.path_parameters
        modes = [GenerationMode.POSITIVE] + [GenerationMode.NEGATIVE] * bool(takes_input)
        for host in operation.definition.raw["tags"]:
            for mode in modes:
                yield pytest.param(operation, host, mode, id=f"{operation.label} {host} {mode.value}")


@pytest.mark.parametrize(("operation", "host", "mode"), tuple(_cases()))
def test_what_the_service_answers_is_documented(
    service: Service, monkeypatch: pytest.MonkeyPatch, operation: Any, host: str, mode: GenerationMode
) -> None:
    """Good and bad requests get no 5xx, and the status, type, headers and body of the document."""
    url = service.ingest_url if host == "ingest" else service.read_url
    monkeypatch.setenv("NO_PROXY", "*")

    @given(case=operation.as_strategy(mode))
    @settings(
        max_examples=EXAMPLES[operation.method.upper()],
        derandomize=True,  # the same requests in every run
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        case.call_and_validate(base_url=url.rstrip("/"), checks=CHECKS)

    run()
