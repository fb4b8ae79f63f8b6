"""Tables filled directly, by DynamoDB's own import from S3: no function of ours takes part."""

import gzip
import io
import json
import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from logstead.entry import LogEntry, date_time_text
from logstead.storage.item import Item, entry_as_item
from logstead.storage.key import INDEX_NAME, shard_of

BUCKET = "bench-seeds"
IMPORT_TIMEOUT_S = 120
POLL_S = 0.1


class SeedError(Exception):
    """The import failed or took too long."""


def spread(newest: datetime, *, count: int, span: timedelta) -> Iterator[LogEntry]:
    """Yield entries at even distances, from the newest back over `span`; always the same ones."""
    random = Random(count)
    step = span / count
    for number in range(count):
        yield LogEntry(
            id=str(uuid.UUID(int=random.getrandbits(128), version=4)),
            date_time=date_time_text(newest - number * step),
            severity="info",
            message=f"Entry {number}",
        )


def items(entries: Iterable[LogEntry], shards: int) -> Iterator[Item]:
    """Yield the items that the service would store with so many write shards."""
    for entry in entries:
        yield entry_as_item(entry, shard_of(entry.id, shards), None)


def make_table(dynamodb: Any, s3: Any, name: str, seeds: Iterable[Item]) -> None:
    """Make a table of the stack's shape with these items in it; raises SeedError."""
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=f"{name}/items.json.gz", Body=_import_file(seeds))
    arn = dynamodb.import_table(
        S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": f"{name}/"},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters={
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": attribute, "AttributeType": "S"}
                for attribute in ("LogID", "LogType", "DateTime")
            ],
            "KeySchema": [{"AttributeName": "LogID", "KeyType": "HASH"}],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": INDEX_NAME,
                    "KeySchema": [
                        {"AttributeName": "LogType", "KeyType": "HASH"},
                        {"AttributeName": "DateTime", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        },
    )["ImportTableDescription"]["ImportArn"]
    _wait(dynamodb, arn)


def _import_file(seeds: Iterable[Item]) -> bytes:
    packed = io.BytesIO()
    with gzip.open(packed, "wt", compresslevel=1, encoding="utf-8") as lines:
        lines.writelines(json.dumps({"Item": item}) + "\n" for item in seeds)
    return packed.getvalue()


def _wait(dynamodb: Any, import_arn: str) -> None:
    deadline = time.monotonic() + IMPORT_TIMEOUT_S
    while time.monotonic() < deadline:
        done = dynamodb.describe_import(ImportArn=import_arn)["ImportTableDescription"]
        if done["ImportStatus"] == "COMPLETED":
            return
        if done["ImportStatus"] != "IN_PROGRESS":
            raise SeedError(f"the import ended as {done['ImportStatus']}: {done.get('FailureMessage')}")
        time.sleep(POLL_S)
    raise SeedError(f"the import took more than {IMPORT_TIMEOUT_S} s")
