"""The pull request's look for destructive changes, on the templates that the CDK app really makes."""

from collections.abc import Callable

from delivery.destructive_change import REPLACING, destructive_changes
from tests.infra.synthesis import Synthesis


def test_whatever_production_retains_is_guarded(synthesize: Callable[[str], Synthesis]) -> None:
    """A retained resource of a type that the look does not know could be lost unseen."""
    resources = synthesize("production").template["Resources"]
    retained = {name for name, resource in resources.items() if resource.get("DeletionPolicy") == "Retain"}
    assert "LogTable" in retained
    for name in retained:
        assert resources[name]["Type"] in REPLACING


def test_turning_production_into_demo_is_destructive(synthesize: Callable[[str], Synthesis]) -> None:
    """The settings of demo take away all that protects the table."""
    production, demo = (synthesize(name).template for name in ("production", "demo"))
    findings = destructive_changes(production, demo)
    for lost in ("its DeletionPolicy Retain", "its deletion protection", "its point-in-time recovery"):
        assert any(finding.startswith("LogTable ") and lost in finding for finding in findings)
    assert destructive_changes(production, production) == []
