"""Who may do what: every IAM statement of the stack, in each stage."""

import json
from typing import Any

from infra.stages import Auth, Edge
from logstead.deployment import keys_path
from tests.infra.synthesis import INGEST, READ, REPLAY, Synthesis

TABLE = {"Fn::GetAtt": ["LogTable", "Arn"]}
RETRY = {"Fn::GetAtt": ["RetryQueue", "Arn"]}
DEAD = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
INDEX = {"Fn::Join": ["", [TABLE, "/index/DateTimeIndex"]]}
GRANTS: dict[str, list[tuple[list[str], Any]]] = {
    INGEST: [
        (["dynamodb:PutItem"], TABLE),
        (["sqs:SendMessage"], RETRY),
        (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["IngestLogs", "Arn"]}),
    ],
    READ: [
        (["dynamodb:BatchGetItem", "dynamodb:GetItem"], TABLE),
        (["dynamodb:Query"], INDEX),
        (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["ReadLogs", "Arn"]}),
    ],
    REPLAY: [
        (["dynamodb:PutItem"], TABLE),
        (
            [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ],
            RETRY,
        ),
        (["sqs:SendMessage"], DEAD),
        (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["ReplayLogs", "Arn"]}),
    ],
}
"""Function -> its statements, each (actions, resource). What isn't here must not be in the template."""


def test_each_function_may_do_exactly_this(any_stage: Synthesis) -> None:
    """Ingest may only put, read may only query and get: the whole of all policies.

    Where log groups are subscribed to, Lambda keeps events that failed by the right of ingest's role.
    """
    policies = any_stage.resources("AWS::IAM::Policy")
    assert len(policies) == len(GRANTS)
    for handler, always in GRANTS.items():
        expected = [*always, *_keys_of(any_stage, handler)]
        if any_stage.stage.log_groups and handler == INGEST:
            expected = [(["sqs:SendMessage"], [DEAD, RETRY]) if row[1] == RETRY else row for row in expected]
        role = any_stage.properties(any_stage.function(handler))["Role"]["Fn::GetAtt"][0]
        (policy,) = (
            p["Properties"] for p in policies.values() if p["Properties"]["Roles"] == [{"Ref": role}]
        )
        assert sorted(map(_as_row, policy["PolicyDocument"]["Statement"]), key=str) == sorted(
            expected, key=str
        )


def test_a_role_has_nothing_beside_its_policy(any_stage: Synthesis) -> None:
    """No managed policy, none inline, and nobody but Lambda takes the role."""
    roles = {any_stage.properties(any_stage.function(one))["Role"]["Fn::GetAtt"][0] for one in GRANTS}
    for role in map(any_stage.template["Resources"].get, roles):
        assert set(role["Properties"]) == {"AssumeRolePolicyDocument"}
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement == {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }


def test_nobody_else_has_a_role_but_api_gateway_to_write_logs(any_stage: Synthesis) -> None:
    """That one is the account's, as AWS defines it."""
    behind_api = any_stage.stage.edge is Edge.API_GATEWAY
    roles = any_stage.resources("AWS::IAM::Role")
    assert len(roles) == len(GRANTS) + behind_api
    others = [role for role in roles.values() if "ManagedPolicyArns" in role["Properties"]]
    assert len(others) == behind_api
    for role in others:
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
        (policy,) = role["Properties"]["ManagedPolicyArns"]
        assert policy["Fn::Join"][1][-1].endswith(":policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")


def test_no_right_has_a_wildcard(any_stage: Synthesis) -> None:
    """Neither an action nor a resource."""
    for policy in any_stage.resources("AWS::IAM::Policy").values():
        assert "*" not in json.dumps(policy)


def _keys_of(synthesis: Synthesis, handler: str) -> list[tuple[list[str], Any]]:
    """Return the right to read the stage's access keys, which who is called by people has in mode `token`."""
    if synthesis.stage.auth is not Auth.TOKEN or handler == REPLAY:
        return []
    arn = ["arn:", {"Ref": "AWS::Partition"}, ":ssm:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    path = f":parameter{keys_path(synthesis.stage.name)}"
    return [(["ssm:GetParametersByPath"], {"Fn::Join": ["", [*arn, path]]})]


def _as_row(statement: dict[str, Any]) -> tuple[list[str], Any]:
    assert set(statement) == {"Action", "Effect", "Resource"}
    assert statement["Effect"] == "Allow"
    actions = statement["Action"]
    return (sorted([actions] if isinstance(actions, str) else actions), statement["Resource"])
