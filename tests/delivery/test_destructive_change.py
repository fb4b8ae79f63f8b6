import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from delivery.destructive_change import destructive_changes, main

DEPLOYED: dict[str, Any] = {
    "Resources": {
        "LogTable": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "KeySchema": [{"AttributeName": "LogID", "KeyType": "HASH"}],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "DateTimeIndex",
                        "KeySchema": [{"AttributeName": "LogType", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                        "OnDemandThroughput": {"MaxReadRequestUnits": 4000},
                    }
                ],
                "DeletionProtectionEnabled": True,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "TimeToLiveSpecification": {"AttributeName": "ExpiresAt", "Enabled": True},
            },
        },
        "Retry": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1_209_600}},
        "Logs": {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Retain",
            "Properties": {"RetentionInDays": 90},
        },
        "IngestUrl": {
            "Type": "AWS::Lambda::Url",
            "Properties": {"AuthType": "AWS_IAM", "TargetFunctionArn": {"Fn::GetAtt": ["Ingest", "Arn"]}},
        },
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "Logstead"}},
        "Live": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "live"},
        },
        "Ingest": {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 512}},
    }
}
Change = Callable[[dict[str, Any]], object]


def _table(resources: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = resources["LogTable"]["Properties"]
    return properties


DESTRUCTIVE: dict[str, tuple[Change, str]] = {
    "the table removed": (lambda r: r.pop("LogTable"), "is removed"),
    "the table under another id": (lambda r: r.update(Renamed=r.pop("LogTable")), "is removed"),
    "another type": (lambda r: r["LogTable"].update(Type="AWS::DynamoDB::GlobalTable"), "becomes a"),
    "another key": (lambda r: _table(r).update(KeySchema=[]), "is replaced, as its KeySchema changes"),
    "a name of its own": (
        lambda r: _table(r).update(TableName="Logs"),
        "is replaced, as its TableName changes",
    ),
    "no index": (lambda r: _table(r).pop("GlobalSecondaryIndexes"), "loses its index DateTimeIndex"),
    "another index key": (
        lambda r: _table(r)["GlobalSecondaryIndexes"][0].update(KeySchema=[]),
        "has its index DateTimeIndex built anew",
    ),
    "a smaller projection": (
        lambda r: _table(r)["GlobalSecondaryIndexes"][0].update(Projection={"ProjectionType": "KEYS_ONLY"}),
        "has its index DateTimeIndex built anew",
    ),
    "no deletion protection": (
        lambda r: _table(r).update(DeletionProtectionEnabled=False),
        "loses its deletion protection",
    ),
    "no recovery": (
        lambda r: _table(r).pop("PointInTimeRecoverySpecification"),
        "loses its point-in-time recovery",
    ),
    "another expiry": (
        lambda r: _table(r).update(TimeToLiveSpecification={"AttributeName": "DateTime", "Enabled": True}),
        "lets items expire by DateTime",
    ),
    "deleted with its stack": (
        lambda r: r["LogTable"].update(DeletionPolicy="Delete"),
        "loses its DeletionPolicy Retain",
    ),
    "deleted when replaced": (
        lambda r: r["LogTable"].pop("UpdateReplacePolicy"),
        "loses its UpdateReplacePolicy Retain",
    ),
    "the queue removed": (lambda r: r.pop("Retry"), "is removed"),
    "a queue of another kind": (
        lambda r: r["Retry"]["Properties"].update(FifoQueue=True),
        "is replaced, as its FifoQueue changes",
    ),
    "messages kept for less long": (
        lambda r: r["Retry"]["Properties"].pop("MessageRetentionPeriod"),
        "may keep what it holds for less long",
    ),
    "messages kept for nobody knows how long": (
        lambda r: r["Retry"]["Properties"].update(MessageRetentionPeriod={"Ref": "Period"}),
        "may keep what it holds for less long",
    ),
    "a URL removed": (lambda r: r.pop("IngestUrl"), "IngestUrl (AWS::Lambda::Url) is removed"),
    "a URL of another function": (
        lambda r: r["IngestUrl"]["Properties"].update(TargetFunctionArn={"Fn::GetAtt": ["Other", "Arn"]}),
        "is replaced, as its TargetFunctionArn changes",
    ),
    "the API removed": (lambda r: r.pop("Api"), "Api (AWS::ApiGateway::RestApi) is removed"),
    "the API's path": (
        lambda r: r["Live"]["Properties"].update(StageName="prod"),
        "is replaced, as its StageName changes",
    ),
    "logs kept for less long": (
        lambda r: r["Logs"]["Properties"].update(RetentionInDays=30),
        "may keep what it holds for less long",
    ),
}

HARMLESS: dict[str, Change] = {
    "nothing": lambda _: None,
    "a stateless resource removed": lambda r: r.pop("Ingest"),
    "a resource more": lambda r: r.update(Another=r["Retry"]),
    "an index more": lambda r: _table(r)["GlobalSecondaryIndexes"].append(
        {"IndexName": "Other", "KeySchema": []}
    ),
    "a URL that asks for other callers": lambda r: r["IngestUrl"]["Properties"].update(AuthType="NONE"),
    "another name of the API": lambda r: r["Api"]["Properties"].update(Name="Other"),
    "another cap": lambda r: _table(r)["GlobalSecondaryIndexes"][0].pop("OnDemandThroughput"),
    "no expiry": lambda r: _table(r).pop("TimeToLiveSpecification"),
    "logs kept for longer": lambda r: r["Logs"]["Properties"].update(RetentionInDays=365),
    "logs kept for ever": lambda r: r["Logs"]["Properties"].pop("RetentionInDays"),
}


def _changed(change: Change) -> dict[str, Any]:
    new = copy.deepcopy(DEPLOYED)
    change(new["Resources"])
    return new


@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_a_change_that_destroys_or_unprotects_what_is_stored_is_found(name: str) -> None:
    """Exactly the one finding, and it says what is lost."""
    change, expected = DESTRUCTIVE[name]
    (finding,) = destructive_changes(DEPLOYED, _changed(change))
    assert expected in finding


@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_that_destroys_nothing_is_let_through(name: str) -> None:
    """A check that cries wolf is switched off."""
    assert destructive_changes(DEPLOYED, _changed(HARMLESS[name])) == []


def test_the_first_deployment_destroys_nothing() -> None:
    """Where nothing is deployed, the deployed template is empty."""
    assert destructive_changes({}, DEPLOYED) == []


def test_the_exit_code_and_the_output_tell_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The workflow's step fails by it."""
    deployed, new = tmp_path / "deployed.json", tmp_path / "new.json"
    deployed.write_text(json.dumps(DEPLOYED))
    new.write_text(json.dumps(_changed(DESTRUCTIVE["no index"][0])))
    assert main([str(deployed), str(deployed)]) == 0
    assert capsys.readouterr().out == ""
    assert main([str(deployed), str(new)]) == 1
    assert capsys.readouterr().out == "LogTable (AWS::DynamoDB::Table) loses its index DateTimeIndex\n"
