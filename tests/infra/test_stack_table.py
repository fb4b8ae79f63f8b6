"""LogTable and its index, in each stage."""

from collections.abc import Callable

import pytest

from infra.stages import STAGES
from tests.infra.synthesis import Synthesis

Synthesize = Callable[[str], Synthesis]


def test_the_table_is_the_specifications(any_stage: Synthesis) -> None:
    """Names and keys that others' tools may rely on."""
    table = any_stage.properties("LogTable")
    assert table["KeySchema"] == [{"AttributeName": "LogID", "KeyType": "HASH"}]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert sorted((a["AttributeName"], a["AttributeType"]) for a in table["AttributeDefinitions"]) == [
        ("DateTime", "S"),
        ("LogID", "S"),
        ("LogType", "S"),
    ]


def test_the_index_is_the_specifications(any_stage: Synthesis) -> None:
    """Reads go by LogType, newest first by DateTime, and need no second look-up."""
    (index,) = any_stage.properties("LogTable")["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "DateTimeIndex"
    assert index["KeySchema"] == [
        {"AttributeName": "LogType", "KeyType": "HASH"},
        {"AttributeName": "DateTime", "KeyType": "RANGE"},
    ]
    assert index["Projection"] == {"ProjectionType": "ALL"}


def test_expired_entries_are_deleted_by_the_table(any_stage: Synthesis) -> None:
    """The attribute is the one that the ingest function writes."""
    ttl = any_stage.properties("LogTable")["TimeToLiveSpecification"]
    assert ttl == {"AttributeName": "ExpiresAt", "Enabled": True}


@pytest.mark.parametrize("name", list(STAGES))
def test_the_cap_on_throughput_holds_for_table_and_index(name: str, synthesize: Synthesize) -> None:
    """A cap on the table alone would leave the index's half of the bill open."""
    stage = STAGES[name]
    cap = {
        key: units
        for key, units in (
            ("MaxReadRequestUnits", stage.max_read_units),
            ("MaxWriteRequestUnits", stage.max_write_units),
        )
        if units is not None
    }
    table = synthesize(name).properties("LogTable")
    for part in (table, *table["GlobalSecondaryIndexes"]):
        assert part.get("OnDemandThroughput", {}) == cap


@pytest.mark.parametrize("name", list(STAGES))
def test_a_durable_stage_keeps_its_table(name: str, synthesize: Synthesize) -> None:
    """Neither `cdk destroy`, a replacement, a console click nor a bad write loses the entries."""
    synthesis = synthesize(name)
    resource = synthesis.template["Resources"]["LogTable"]
    durable = name == "production"
    assert (
        resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == ("Retain" if durable else "Delete")
    )
    table = resource["Properties"]
    assert table["DeletionProtectionEnabled"] is durable
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": durable}


def test_the_table_has_no_name_of_its_own(any_stage: Synthesis) -> None:
    """A fixed name would stop a second stage in the account, and any replacement."""
    assert "TableName" not in any_stage.properties("LogTable")
