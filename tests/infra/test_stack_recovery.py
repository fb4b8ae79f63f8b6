"""The retry queue, its dead-letter queue and the replay function between them, in each stage."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.stages import STAGES
from logstead import limits
from tests.infra.synthesis import REPLAY, Synthesis

QUEUES = ("RetryQueue", "DeadLetterQueue")


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_keeps_what_was_acknowledged_as_long_as_sqs_can(any_stage: Synthesis, queue: str) -> None:
    """14 days, encrypted."""
    properties = any_stage.properties(queue)
    assert properties["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
    assert properties["SqsManagedSseEnabled"] is True
    assert "QueueName" not in properties


@pytest.mark.parametrize("queue", QUEUES)
@pytest.mark.parametrize("name", [name for name, stage in STAGES.items() if not stage.on_this_machine])
def test_a_queue_takes_nothing_without_tls(
    name: str, queue: str, synthesize: Callable[[str], Synthesis]
) -> None:
    """Whoever asks: the policy denies it, and allows nobody anything; but the emulator has no TLS."""
    (policy,) = (
        policy["Properties"]
        for policy in synthesize(name).resources("AWS::SQS::QueuePolicy").values()
        if policy["Properties"]["Queues"] == [{"Ref": queue}]
    )
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Action": "sqs:*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Resource": {"Fn::GetAtt": [queue, "Arn"]},
        }
    ]


def test_what_stays_unread_or_kills_its_reader_ends_in_the_dead_letter_queue(any_stage: Synthesis) -> None:
    """SQS counts as many receives as the function makes attempts, so that the function is the first."""
    assert any_stage.properties("RetryQueue")["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]},
        "maxReceiveCount": 3,
    }
    assert "RedrivePolicy" not in any_stage.properties("DeadLetterQueue")
    assert len(limits.REPLAY_BACKOFFS_S) + 1 == 3


def test_a_message_that_a_poller_holds_does_not_come_back_meanwhile(any_stage: Synthesis) -> None:
    """AWS asks for six times the function's timeout; a batch's messages each get their deadlines twice."""
    mapping, timeout_s = _mapping(any_stage), any_stage.properties(any_stage.function(REPLAY))["Timeout"]
    assert any_stage.properties("RetryQueue")["VisibilityTimeout"] >= 6 * timeout_s
    assert mapping["BatchSize"] * 2 * limits.REPLAY_DEADLINE_S < timeout_s


def test_the_replay_is_fed_message_by_message_and_capped_at_its_mapping(any_stage: Synthesis) -> None:
    """A cap on the function instead would throttle the pollers, which uses up receives."""
    mapping = _mapping(any_stage)
    assert mapping["FunctionName"] == {"Ref": any_stage.function(REPLAY)}
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["RetryQueue", "Arn"]}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    assert "ReservedConcurrentExecutions" not in any_stage.properties(any_stage.function(REPLAY))


def test_the_mapping_is_made_after_the_right_to_receive(any_stage: Synthesis) -> None:
    """Lambda tries it, and would refuse the mapping in a first deploy."""
    (mapping,) = any_stage.resources("AWS::Lambda::EventSourceMapping").values()
    role = any_stage.properties(any_stage.function(REPLAY))["Role"]["Fn::GetAtt"][0]
    policies = {
        name
        for name, policy in any_stage.resources("AWS::IAM::Policy").items()
        if policy["Properties"]["Roles"] == [{"Ref": role}]
    }
    assert policies
    assert policies <= set(mapping["DependsOn"])


@pytest.mark.parametrize("name", list(STAGES))
def test_replays_are_half_a_minute_two_and_ten_minutes_apart(
    name: str, synthesize: Callable[[str], Synthesis]
) -> None:
    """But on this machine, where tests wait for them."""
    delay_s, backoffs_s = (1, "1,2") if name == "local" else (30, "120,600")
    synthesis = synthesize(name)
    assert synthesis.properties("RetryQueue")["DelaySeconds"] == delay_s
    function = synthesis.properties(synthesis.function(REPLAY))
    assert function["Environment"]["Variables"]["REPLAY_BACKOFFS_S"] == backoffs_s


@pytest.mark.parametrize("name", list(STAGES))
def test_a_durable_stage_keeps_its_queues(name: str, synthesize: Callable[[str], Synthesis]) -> None:
    """They hold entries that were acknowledged and are nowhere else."""
    kept = "Retain" if STAGES[name].durable else "Delete"
    for queue in QUEUES:
        resource = synthesize(name).template["Resources"][queue]
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == kept


def _mapping(synthesis: Synthesis) -> dict[str, Any]:
    (mapping,) = synthesis.resources("AWS::Lambda::EventSourceMapping").values()
    properties: dict[str, Any] = mapping["Properties"]
    return properties
