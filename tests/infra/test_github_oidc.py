"""The roles of the workflows: who may take them, and what they may do."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.github_oidc_app import build
from tests.infra.synthesis import CONTEXT, Synthesis

PLAIN = "octo/log-stead.x"
IMMUTABLE = "octo@1234/log-stead.x@5678"


@pytest.mark.parametrize("repository", (PLAIN, IMMUTABLE))
def test_each_role_is_for_one_kind_of_run_of_one_repository(repository: str, tmp_path: Path) -> None:
    """Compared whole, never by a pattern: another repository, branch or event gets nothing."""
    synthesis = _synthesize(tmp_path, repository=repository)
    provider = {"Ref": next(iter(synthesis.resources("AWS::IAM::OIDCProvider")))}
    for output, run in (("DeployRoleArn", "environment:production"), ("DiffRoleArn", "pull_request")):
        (statement,) = _role(synthesis, output)["AssumeRolePolicyDocument"]["Statement"]
        assert statement == {
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": f"repo:{repository}:{run}",
                }
            },
            "Effect": "Allow",
            "Principal": {"Federated": provider},
        }


def test_the_deploy_role_may_only_become_the_bootstraps_roles(tmp_path: Path) -> None:
    """What they may do is decided where the account was bootstrapped."""
    (statement,) = _statements(_synthesize(tmp_path), "DeployRoleArn")
    assert statement["Action"] == "sts:AssumeRole"
    assert [_text(arn) for arn in statement["Resource"]] == [
        f"arn:PARTITION:iam::ACCOUNT:role/cdk-hnb659fds-{name}-role-ACCOUNT-REGION"
        for name in ("deploy", "file-publishing", "lookup")
    ]


def test_the_diff_role_sees_one_template_and_no_data(tmp_path: Path) -> None:
    """A pull request can change the workflow that runs, so its role must be harmless."""
    (statement,) = _statements(_synthesize(tmp_path), "DiffRoleArn")
    assert statement["Action"] == ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
    assert (
        _text(statement["Resource"])
        == "arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/LogsteadStack-production/*"
    )


def test_a_provider_that_the_account_has_is_used(tmp_path: Path) -> None:
    """An account can have one for GitHub alone; a second would fail the deploy."""
    arn = "arn:aws:iam::000000000000:oidc-provider/token.actions.githubusercontent.com"
    synthesis = _synthesize(tmp_path, provider_arn=arn)
    assert synthesis.resources("AWS::IAM::OIDCProvider") == {}
    (statement,) = _role(synthesis, "DeployRoleArn")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": arn}


def test_the_environment_can_have_another_name(tmp_path: Path) -> None:
    """Teams name their environments."""
    synthesis = _synthesize(tmp_path, environment="live")
    (statement,) = _role(synthesis, "DeployRoleArn")["AssumeRolePolicyDocument"]["Statement"]
    subject = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert subject == f"repo:{PLAIN}:environment:live"


@pytest.mark.parametrize(
    "repository", ("octo", "octo/*", "octo/name:ref", "repo:octo/name", "octo@1/name", "octo/name@2", "a/b/c")
)
def test_what_is_no_repository_is_refused(repository: str, tmp_path: Path) -> None:
    """A slip here would lock the workflows out, or let others in."""
    with pytest.raises(ValueError, match="owner/name"):
        _synthesize(tmp_path, repository=repository)


def test_the_repository_must_be_said(tmp_path: Path) -> None:
    """There is no default that would be anybody's."""
    with pytest.raises(ValueError, match="-c repository=OWNER/NAME"):
        build(App(outdir=str(tmp_path)))


def test_cdk_nag_finds_nothing_that_is_not_explained(tmp_path: Path) -> None:
    """One acknowledgement: the id in a stack's ARN."""
    synthesis = _synthesize(tmp_path)
    app = synthesis.app
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    app.synth()
    reports = json.loads((tmp_path / "validation-report.json").read_text(encoding="utf-8"))["pluginReports"]
    assert [report["violations"] for report in reports if report["violations"]] == []
    suppressed = [rule for report in reports for rule in report.get("suppressedViolations", [])]
    assert len(suppressed) == 1


def _synthesize(folder: Path, **context: str) -> Synthesis:
    app = App(context={**CONTEXT, "repository": PLAIN, **context}, outdir=str(folder))
    return Synthesis(app=app, stack=build(app), folder=folder)


def _role(synthesis: Synthesis, output: str) -> dict[str, Any]:
    return synthesis.properties(synthesis.template["Outputs"][output]["Value"]["Fn::GetAtt"][0])


def _statements(synthesis: Synthesis, output: str) -> list[dict[str, Any]]:
    role = synthesis.template["Outputs"][output]["Value"]["Fn::GetAtt"][0]
    assert not set(_role(synthesis, output)) & {"ManagedPolicyArns", "Policies"}
    (policy,) = (
        policy["Properties"]
        for policy in synthesis.resources("AWS::IAM::Policy").values()
        if policy["Properties"]["Roles"] == [{"Ref": role}]
    )
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return statements


def _text(value: Any) -> str:
    """Return a joined string with its references as words."""
    separator, parts = value["Fn::Join"]
    return str(separator).join(
        part if isinstance(part, str) else part["Ref"].removeprefix("AWS::").removesuffix("Id").upper()
        for part in parts
    )
