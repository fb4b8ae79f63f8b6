"""Rules that others wrote for any stack: cdk-nag's and cfn-lint's, over every stage."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_lambda as lambda_
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from cfnlint import api  # type: ignore[import-untyped]

from tests.infra.synthesis import Synthesis, synthesis_of
from tests.infra.variants import ALL

FUNCTION_RULES = (
    "AwsSolutions::AwsSolutions-L1",
    "Serverless::Serverless-LambdaDLQ",
    "Serverless::Serverless-LambdaLatestVersion",
    "Serverless::Serverless-LambdaTracing",
)
FUNCTIONS = {(f"{name}/Function", rule) for name in ("Ingest", "Read", "Replay") for rule in FUNCTION_RULES}
RECOVERY = {
    ("Recovery/DeadLetterQueue", "Serverless::Serverless-SQSRedrivePolicy"),
    ("Replay/Mapping", "Serverless::Serverless-LambdaEventSourceMappingDestination"),
}
LOOPBACK = {
    (f"Recovery/{queue}", "AwsSolutions::AwsSolutions-SQS4") for queue in ("RetryQueue", "DeadLetterQueue")
}
LOOPBACK_TOPIC = {("Alarms/Topic", "AwsSolutions::AwsSolutions-SNS3")}
MAIL = {("Alarms/Topic", "Serverless::Serverless-SNSRedrivePolicy")}
EVERYWHERE = FUNCTIONS | RECOVERY
UNRESTORABLE = {("Storage/Table", "AwsSolutions::AwsSolutions-DDB3")}
PUSH_TO_LOGS = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
LIVE_API = "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<Api>/live"
API = {
    ("Edge/Api", rule)
    for rule in (
        "AwsSolutions::AwsSolutions-APIG2",
        "AwsSolutions::AwsSolutions-APIG6",
        "AwsSolutions::AwsSolutions-COG4",
        f"AwsSolutions::AwsSolutions-IAM4[Policy::{PUSH_TO_LOGS}]",
        "Serverless::Serverless-APIGWXrayEnabled",
    )
}
NOT_SIGNED = {("Edge/Api", "AwsSolutions::AwsSolutions-APIG4")}
NO_FIREWALL = {("Edge/Api", "AwsSolutions::AwsSolutions-APIG3")}
CALLS = {
    (
        "Callers",
        f"AwsSolutions::AwsSolutions-IAM5[Resource::{LIVE_API}/{call}]",
    )
    for call in (
        *("GET/*", "HEAD/*", "*/ready"),
        *(f"*/{path}{below}" for path in ("v1", "loki", "es", "firehose") for below in ("", "/*")),
    )
}
ACKNOWLEDGED = {
    "demo": EVERYWHERE | UNRESTORABLE,
    "production": EVERYWHERE,
    "local": EVERYWHERE | UNRESTORABLE | LOOPBACK | LOOPBACK_TOPIC,
    "token": EVERYWHERE | MAIL,
    "log-groups": EVERYWHERE,
    "api-iam": EVERYWHERE | API | CALLS,
    "api-token": EVERYWHERE | API | NOT_SIGNED,
    "local-api-none": EVERYWHERE | UNRESTORABLE | LOOPBACK | API | NOT_SIGNED | NO_FIREWALL,
}
"""Stage -> the (construct, rule)s that are broken for a reason, which stands beside the construct."""


@pytest.mark.parametrize("name", list(ALL))
def test_cdk_nag_finds_nothing_that_is_not_explained(name: str, tmp_path: Path) -> None:
    """The stage's own warning about open endpoints is the one thing that is left."""
    reports = _nag(name, tmp_path)
    found = [violation["ruleName"] for report in reports for violation in report["violations"]]
    assert found == (["Annotation::logstead:open-endpoints"] if name == "demo" else [])


@pytest.mark.parametrize("name", list(ALL))
def test_a_rule_is_set_aside_for_one_resource_and_a_reason(name: str, tmp_path: Path) -> None:
    """Never for a whole stack, and not when nothing breaks it any more."""
    suppressed = [rule for report in _nag(name, tmp_path) for rule in report.get("suppressedViolations", [])]
    used = {(rule["acknowledgedAt"].partition("/")[2], rule["acknowledgedId"]) for rule in suppressed}
    assert used == ACKNOWLEDGED[name]
    assert all(len(rule["reason"].split()) > 4 for rule in suppressed)


def test_no_acknowledgement_is_idle(any_stage: Synthesis) -> None:
    """One that no rule needs would hide the next mistake."""
    stated = {
        (construct.node.path.partition("/")[2], rule)
        for construct in any_stage.stack.node.find_all()
        for entry in construct.node.metadata
        if entry.type == Validations.ACKNOWLEDGED_RULES_METADATA_KEY
        for rule in entry.data
    }
    assert stated == ACKNOWLEDGED[any_stage.stage.name]


def test_cdk_nag_is_listening() -> None:
    """The tests above would also pass if no rule ran."""
    stack = Stack(App(), "Bad")
    lambda_.CfnFunction(
        stack, "Function", role="r", code={"zip_file": ""}, runtime="python3.8", handler="index.handler"
    )
    assert not AwsSolutionsChecks(stack).validate_scope(stack).success
    assert not ServerlessChecks(stack).validate_scope(stack).success


def test_cfn_lint_finds_nothing(any_stage: Synthesis) -> None:
    """Properties and values that CloudFormation would refuse, found without it."""
    matches = api.lint_file(any_stage.template_path)
    # W3005 is about DependsOn beside a reference, which CDK itself writes for each function's role.
    assert [str(match) for match in matches if match.rule.id != "W3005"] == []


def _nag(name: str, folder: Path) -> list[dict[str, Any]]:
    app = synthesis_of(ALL[name], folder).app
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    app.synth()
    report = json.loads((folder / "validation-report.json").read_text(encoding="utf-8"))
    reports: list[dict[str, Any]] = report["pluginReports"]
    return reports
