"""Log groups that a stage subscribes to: who may call the function, and what becomes of failures."""

from collections.abc import Callable
from typing import Any

from tests.infra.synthesis import INGEST, Synthesis

KINDS = ("AWS::Logs::SubscriptionFilter", "AWS::Lambda::EventInvokeConfig")


def test_each_group_s_lines_all_go_to_the_ingest_function(synthesize: Callable[[str], Synthesis]) -> None:
    """And it alone may call it so: CloudWatch Logs checks that when the filter is made."""
    synthesis = synthesize("log-groups")
    function = {"Fn::GetAtt": [synthesis.function(INGEST), "Arn"]}
    filters = synthesis.resources(KINDS[0])
    assert [one["Properties"] for one in filters.values()] == [
        {"DestinationArn": function, "FilterPattern": "", "LogGroupName": name}
        for name in synthesis.stage.log_groups
    ]
    permissions = {
        name: one["Properties"]
        for name, one in synthesis.resources("AWS::Lambda::Permission").items()
        if one["Properties"]["Principal"] == "logs.amazonaws.com"
    }
    assert [one["DependsOn"] for one in filters.values()] == [[name] for name in permissions]
    for group, permission in zip(synthesis.stage.log_groups, permissions.values(), strict=True):
        assert (permission["Action"], permission["FunctionName"]) == ("lambda:InvokeFunction", function)
        assert permission["SourceArn"]["Fn::Join"][1][-1] == f":log-group:{group}:*"


def test_an_event_that_fails_each_time_is_kept(synthesize: Callable[[str], Synthesis]) -> None:
    """In the dead-letter queue, for a person; the role may send there before Lambda asks whether it may."""
    synthesis = synthesize("log-groups")
    (calls,) = synthesis.resources(KINDS[1]).values()
    assert calls["Properties"] == {
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}},
        "FunctionName": {"Ref": synthesis.function(INGEST)},
        "MaximumEventAgeInSeconds": 6 * 3600,
        "MaximumRetryAttempts": 2,
        "Qualifier": "$LATEST",
    }
    role = synthesis.properties(synthesis.function(INGEST))["Role"]["Fn::GetAtt"][0]
    policies: dict[str, Any] = synthesis.resources("AWS::IAM::Policy")
    (policy,) = (name for name, one in policies.items() if one["Properties"]["Roles"] == [{"Ref": role}])
    assert policy in calls["DependsOn"]


def test_other_stages_let_nobody_call_by_events(any_stage: Synthesis) -> None:
    """A stage without log groups has none of it."""
    if any_stage.stage.log_groups:
        return
    assert not any(any_stage.resources(kind) for kind in KINDS)
    assert "logs.amazonaws.com" not in str(any_stage.resources("AWS::Lambda::Permission"))
