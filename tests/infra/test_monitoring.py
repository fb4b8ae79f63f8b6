"""Alarms and the dashboard: what they watch exists on AWS and in the template, and somebody hears of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.stages import Edge
from logstead import limits
from tests.infra.alarm_names import ALARMS
from tests.infra.synthesis import INGEST, READ, REPLAY, Synthesis
from tests.infra.variants import ALL, ON_AWS

Synthesize = Callable[[str], Synthesis]
Metric = tuple[str, str, tuple[tuple[str, str], ...]]
"""(namespace, name, dimensions by name); a dimension's value is text, or `${LogicalId}`."""

CATALOG = json.loads(Path(__file__).with_name("aws_metrics.json").read_text(encoding="utf-8"))
MONITORED = [name for name, stage in ALL.items() if stage.monitored]


@pytest.mark.parametrize("name", MONITORED)
def test_every_metric_is_one_that_aws_has(name: str, synthesize: Synthesize) -> None:
    """A misspelt one would never alarm, and nothing would say so."""
    for namespace, metric, dimensions in _metrics(synthesize(name)):
        names = sorted(dimension for dimension, _ in dimensions)
        assert any(
            metric in table["metrics"] and names in table["dimensions"]
            for title, table in CATALOG.items()
            if title.split()[0] == namespace
        ), (namespace, metric, names)


@pytest.mark.parametrize("name", MONITORED)
def test_every_metric_is_of_a_resource_of_the_stack(name: str, synthesize: Synthesize) -> None:
    """One of another stack, or of none, would show nothing."""
    synthesis = synthesize(name)
    for namespace, _, dimensions in _metrics(synthesis):
        for dimension, value in dimensions:
            assert value in _known(synthesis)[dimension], (namespace, dimension, value)


@pytest.mark.parametrize("name", MONITORED)
def test_the_alarms_are_these(name: str, synthesize: Synthesize) -> None:
    """Queues, functions, table, and the edge that the stage has."""
    api = ALL[name].edge is Edge.API_GATEWAY
    edge = {"ApiFailing"} if api else {"IngestUrlFailing", "ReadUrlFailing"}
    assert set(_alarms(synthesize(name))) == ALARMS | edge


@pytest.mark.parametrize("name", MONITORED)
def test_each_alarm_tells_the_topic_and_says_what_to_look_at(name: str, synthesize: Synthesize) -> None:
    """When it goes off and when it is over; no data is no alarm."""
    for alarm in _alarms(synthesize(name)).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert len(alarm["AlarmDescription"].split()) > 5


@pytest.mark.parametrize("name", MONITORED)
def test_queues_alarm_before_anything_is_lost(name: str, synthesize: Synthesize) -> None:
    """At the first dead letter, and again when half of its 14 days are over."""
    alarms = _alarms(synthesize(name))
    assert alarms["DeadLetters"]["Threshold"] == 1
    assert alarms["DeadLettersOld"]["Threshold"] == 7 * 24 * 60 * 60
    assert alarms["RetryQueueOld"]["Threshold"] > 30 + 1.2 * sum(limits.REPLAY_BACKOFFS_S)
    assert {alarms[one]["Statistic"] for one in ("DeadLetters", "DeadLettersOld")} == {"Maximum"}


@pytest.mark.parametrize("name", MONITORED)
def test_a_function_alarms_before_its_timeout(name: str, synthesize: Synthesize) -> None:
    """At 80 % of it, by the slowest hundredth of the calls."""
    synthesis = synthesize(name)
    for function, handler in (("Ingest", INGEST), ("Read", READ), ("Replay", REPLAY)):
        slow = _alarms(synthesis)[f"{function}Slow"]
        timeout_s = synthesis.properties(synthesis.function(handler))["Timeout"]
        assert (slow["ExtendedStatistic"], slow["Threshold"]) == ("p99", 800 * timeout_s)


@pytest.mark.parametrize("name", [name for name in MONITORED if name in ON_AWS])
def test_alarms_may_publish_to_the_topic_and_nobody_without_tls(name: str, synthesize: Synthesize) -> None:
    """The second statement replaces the topic's own policy, so the first must be there."""
    (policy,) = (
        one["Properties"]["PolicyDocument"]["Statement"]
        for one in synthesize(name).resources("AWS::SNS::TopicPolicy").values()
    )
    allow, deny = sorted(policy, key=lambda statement: statement["Effect"])
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Action"] == "sns:Publish"
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_who_is_named_gets_mail(synthesize: Synthesize) -> None:
    """And nobody else."""
    (subscription,) = synthesize("token").resources("AWS::SNS::Subscription").values()
    assert subscription["Properties"] == {
        "Endpoint": "on-call@example.com",
        "Protocol": "email",
        "TopicArn": {"Ref": "AlarmTopic"},
    }
    assert synthesize("production").resources("AWS::SNS::Subscription") == {}


@pytest.mark.parametrize("name", MONITORED)
def test_the_dashboard_shows_what_a_person_on_call_asks_for(name: str, synthesize: Synthesize) -> None:
    """Traffic, latency, errors, queue depths and the capacity used, in at most AWS's 50 free metrics."""
    synthesis = synthesize(name)
    shown = {metric for _, metric, _ in _dashboard_metrics(synthesis)}
    if ALL[name].edge is Edge.API_GATEWAY:
        assert {"Count", "Latency", "4XXError", "5XXError"} <= shown
    else:
        assert {"UrlRequestCount", "UrlRequestLatency", "Url4xxCount", "Url5xxCount"} <= shown
    assert {"Duration", "Errors", "Throttles", "ConcurrentExecutions"} <= shown
    assert {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"} <= shown
    assert {"ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits", "WriteThrottleEvents"} <= shown
    assert len(set(_dashboard_metrics(synthesis))) <= 50
    widgets = _dashboard(synthesis)["widgets"]
    assert widgets[0]["type"] == "alarm"
    assert len(widgets[0]["properties"]["alarms"]) == len(_alarms(synthesis))


def test_the_demo_has_neither(synthesize: Synthesize) -> None:
    """An idle demo costs what it stores."""
    for kind in ("CloudWatch::Alarm", "CloudWatch::Dashboard", "SNS::Topic"):
        assert synthesize("demo").resources(f"AWS::{kind}") == {}


def _alarms(synthesis: Synthesis) -> dict[str, dict[str, Any]]:
    """Return the alarms' properties by their names without the stack's."""
    alarms = (alarm["Properties"] for alarm in synthesis.resources("AWS::CloudWatch::Alarm").values())
    prefix = f"{synthesis.stack.stack_name}-"
    return {alarm["AlarmName"].removeprefix(prefix): alarm for alarm in alarms}


def _metrics(synthesis: Synthesis) -> Iterator[Metric]:
    for alarm in _alarms(synthesis).values():
        dimensions = {one["Name"]: _text(one["Value"]) for one in alarm["Dimensions"]}
        yield alarm["Namespace"], alarm["MetricName"], tuple(sorted(dimensions.items()))
    yield from _dashboard_metrics(synthesis)


def _dashboard(synthesis: Synthesis) -> dict[str, Any]:
    body = synthesis.properties("Dashboard")["DashboardBody"]["Fn::Join"][1]
    dashboard: dict[str, Any] = json.loads("".join(_text(part) for part in body))
    return dashboard


def _dashboard_metrics(synthesis: Synthesis) -> Iterator[Metric]:
    """Yield what the graphs show: `[namespace, name, dimension, value, …, {options}]` each."""
    found = 0
    for widget in _dashboard(synthesis)["widgets"]:
        for row in widget["properties"].get("metrics", []):
            namespace, name, *rest = [one for one in row if isinstance(one, str)]
            yield namespace, name, tuple(sorted(zip(rest[::2], rest[1::2], strict=True)))
            found += 1
    assert found


def _known(synthesis: Synthesis) -> Mapping[str, set[str]]:
    """Return what each dimension may be, by the template."""

    def references(resource_type: str) -> set[str]:
        return {f"${{{logical_id}}}" for logical_id in synthesis.resources(resource_type)}

    (index,) = synthesis.properties("LogTable")["GlobalSecondaryIndexes"]
    return {
        "FunctionName": references("AWS::Lambda::Function"),
        "QueueName": {f"${{{queue}.QueueName}}" for queue in synthesis.resources("AWS::SQS::Queue")},
        "TableName": references("AWS::DynamoDB::Table"),
        "GlobalSecondaryIndexName": {index["IndexName"]},
        "Operation": {"PutItem", "Query"},
        "ApiName": {
            api["Properties"]["Name"] for api in synthesis.resources("AWS::ApiGateway::RestApi").values()
        },
        "Stage": {
            stage["Properties"]["StageName"]
            for stage in synthesis.resources("AWS::ApiGateway::Stage").values()
        },
    }


def _text(value: object) -> str:
    """Return a literal as it stands, `Ref` as `${LogicalId}`, `Fn::GetAtt` as `${LogicalId.Attribute}`."""
    match value:
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
    assert isinstance(value, str), value
    return value
