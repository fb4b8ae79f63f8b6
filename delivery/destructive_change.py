"""Tells whether a new template would destroy what a stack stores, or the addresses that its clients know.

    python3 -m delivery.destructive_change DEPLOYED.json NEW.json

Compares the two templates' stateful resources by logical id. What it finds is printed, one finding a
line, and the exit code is 1.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

Resource = Mapping[str, Any]

REPLACING: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::ApiGateway::RestApi": (),
    "AWS::ApiGateway::Stage": ("RestApiId", "StageName"),
    "AWS::Cognito::UserPool": ("UserPoolName", "AliasAttributes", "UsernameAttributes"),
    "AWS::DynamoDB::GlobalTable": ("TableName", "KeySchema", "LocalSecondaryIndexes"),
    "AWS::DynamoDB::Table": ("TableName", "KeySchema", "LocalSecondaryIndexes", "ImportSourceSpecification"),
    "AWS::Lambda::Url": ("TargetFunctionArn", "Qualifier"),
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion"),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::OpenSearchService::Domain": ("DomainName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
}
"""What holds data or an address, each with the properties whose change makes CloudFormation replace it.

By the CloudFormation template reference, "Update requires: Replacement".
"""

KEPT_FOR: Final = {
    "AWS::Logs::LogGroup": ("RetentionInDays", float("inf")),
    "AWS::SQS::Queue": ("MessageRetentionPeriod", 4 * 24 * 60 * 60),
}
"""The property that says how long a type keeps what it holds, and what it is where it is absent."""


def destructive_changes(deployed: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return what the change from one template to another would destroy, or take the protection of."""
    after: Mapping[str, Resource] = new.get("Resources", {})
    return [
        f"{logical_id} ({resource['Type']}) {finding}"
        for logical_id, resource in sorted(deployed.get("Resources", {}).items())
        if resource["Type"] in REPLACING
        for finding in _findings(resource, after.get(logical_id))
    ]


def _findings(before: Resource, after: Resource | None) -> Iterator[str]:
    if after is None:
        yield "is removed"
        return
    if after["Type"] != before["Type"]:
        yield f"becomes a {after['Type']}"
        return
    old, new = before.get("Properties", {}), after.get("Properties", {})
    for name in REPLACING[before["Type"]]:
        if old.get(name) != new.get(name):
            yield f"is replaced, as its {name} changes"
    yield from _lost_protection(before, after)
    yield from _shortened(before["Type"], old, new)
    yield from _changed_table(old, new)


def _lost_protection(before: Resource, after: Resource) -> Iterator[str]:
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        if before.get(policy) not in (None, "Delete") and after.get(policy) != before[policy]:
            yield f"loses its {policy} {before[policy]}"
    old, new = before.get("Properties", {}), after.get("Properties", {})
    if old.get("DeletionProtectionEnabled") and not new.get("DeletionProtectionEnabled"):
        yield "loses its deletion protection"
    if _recovers(old) and not _recovers(new):
        yield "loses its point-in-time recovery, and the backups that it has"


def _recovers(table: Mapping[str, Any]) -> bool:
    specification = table.get("PointInTimeRecoverySpecification", {})
    return bool(specification.get("PointInTimeRecoveryEnabled"))


def _shortened(resource_type: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    kept = KEPT_FOR.get(resource_type)
    if kept is None:
        return
    name, absent = kept
    was, becomes = old.get(name, absent), new.get(name, absent)
    if was != becomes and not (_is_number(was) and _is_number(becomes) and was < becomes):
        yield f"may keep what it holds for less long: {name} {was} becomes {becomes}"


def _is_number(value: object) -> bool:
    """Tell a number from an intrinsic function, of which nobody knows what it yields."""
    return isinstance(value, int | float)


def _changed_table(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a table loses without being replaced: indexes, and items by another TTL attribute."""
    indexes = {index["IndexName"]: index for index in new.get("GlobalSecondaryIndexes", [])}
    for index in old.get("GlobalSecondaryIndexes", []):
        after = indexes.get(index["IndexName"])
        if after is None:
            yield f"loses its index {index['IndexName']}"
        elif any(index.get(name) != after.get(name) for name in ("KeySchema", "Projection")):
            yield f"has its index {index['IndexName']} built anew, as its keys or projection change"
    was, becomes = old.get("TimeToLiveSpecification"), new.get("TimeToLiveSpecification")
    if becomes and becomes.get("Enabled") and becomes != was:
        yield f"lets items expire by {becomes.get('AttributeName')}, which it did not"


def main(arguments: Sequence[str]) -> int:
    """Print what is destructive between two template files; return 1 where anything is."""
    deployed, new = (json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments)
    found = destructive_changes(deployed, new)
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
