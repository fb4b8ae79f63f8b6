"""The pull request's look for destructive changes, on the templates that the CDK app really makes."""

import re
from collections.abc import Callable

from delivery.destructive_change import REPLACING, destructive_changes
from tests.docs import markdown
from tests.infra.synthesis import Synthesis


def test_whatever_production_retains_is_guarded(synthesize: Callable[[str], Synthesis]) -> None:
    """A retained resource of a type that the look does not know could be lost unseen."""
    retained = _retained(synthesize("production"))
    assert "LogTable" in retained
    assert set(retained.values()) <= set(REPLACING)


def test_the_page_lists_whatever_a_destroy_keeps(synthesize: Callable[[str], Synthesis]) -> None:
    """Else it would cost, and hold what was logged, unknown to anybody."""
    rows = markdown.rows(markdown.read("docs/operations.md"), "kept")
    listed = {name: row["holds"] for row in rows for name in re.findall(r"`(\w+)`", row["kept"])}
    behind_api = {name for name, holds in listed.items() if holds.startswith("`api-gateway`: ")}
    for stage, names in (("production", listed.keys() - behind_api), ("api-iam", set(listed))):
        # CDK's own ids end with a hash.
        assert {re.sub("[0-9A-F]{8}$", "", name) for name in _retained(synthesize(stage))} == names


def test_turning_production_into_demo_is_destructive(synthesize: Callable[[str], Synthesis]) -> None:
    """The settings of demo take away all that protects the table."""
    production, demo = (synthesize(name).template for name in ("production", "demo"))
    findings = destructive_changes(production, demo)
    for lost in ("its DeletionPolicy Retain", "its deletion protection", "its point-in-time recovery"):
        assert any(finding.startswith("LogTable ") and lost in finding for finding in findings)
    assert destructive_changes(production, production) == []


def _retained(synthesis: Synthesis) -> dict[str, str]:
    """Return the types of what outlives the stack, by logical id."""
    resources = synthesis.template["Resources"].items()
    return {name: str(one["Type"]) for name, one in resources if one.get("DeletionPolicy") == "Retain"}
