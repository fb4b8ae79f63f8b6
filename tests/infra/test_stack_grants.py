"""Who may do what: every IAM statement of the stack, in each stage."""

import json
from typing import Any

from tests.infra.synthesis import INGEST, READ, REPLAY, Synthesis

TABLE = {"Fn::GetAtt": ["LogTable", "Arn"]}
INDEX = {"Fn::Join": ["", [TABLE, "/index/DateTimeIndex"]]}
GRANTS: dict[str, list[tuple[list[str], Any]]] = {
    INGEST: [
        (["dynamodb:PutItem"], TABLE),
        (["sqs:SendMessage"], {"Fn::GetAtt": ["RetryQueue", "Arn"]}),
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
            {"Fn::GetAtt": ["RetryQueue", "Arn"]},
        ),
        (["sqs:SendMessage"], {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}),
        (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["ReplayLogs", "Arn"]}),
    ],
}
"""Function -> its statements, each (actions, resource). What isn't here must not be in the template."""


def test_each_function_may_do_exactly_this(any_stage: Synthesis) -> None:
    """Ingest may only put, read may only query and get: the whole of both policies."""
    policies = any_stage.resources("AWS::IAM::Policy")
    assert len(policies) == len(GRANTS)
    for handler, expected in GRANTS.items():
        role = any_stage.properties(any_stage.function(handler))["Role"]["Fn::GetAtt"][0]
        (policy,) = (
            p["Properties"] for p in policies.values() if p["Properties"]["Roles"] == [{"Ref": role}]
        )
        assert sorted(map(_as_row, policy["PolicyDocument"]["Statement"]), key=str) == sorted(
            expected, key=str
        )


def test_a_role_has_nothing_beside_its_policy(any_stage: Synthesis) -> None:
    """No managed policy, none inline, and nobody but Lambda takes the role."""
    for role in any_stage.resources("AWS::IAM::Role").values():
        assert set(role["Properties"]) == {"AssumeRolePolicyDocument"}
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement == {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }


def test_no_right_has_a_wildcard(any_stage: Synthesis) -> None:
    """Neither an action nor a resource."""
    for policy in any_stage.resources("AWS::IAM::Policy").values():
        assert "*" not in json.dumps(policy)


def _as_row(statement: dict[str, Any]) -> tuple[list[str], Any]:
    assert set(statement) == {"Action", "Effect", "Resource"}
    assert statement["Effect"] == "Allow"
    actions = statement["Action"]
    return (sorted([actions] if isinstance(actions, str) else actions), statement["Resource"])
