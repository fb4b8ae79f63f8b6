"""GET: the newest 100 entries, by one query of the one index partition."""

import json
import os
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer with the newest entries."""
    found = table.query(
        IndexName="DateTimeIndex",
        KeyConditionExpression=Key("LogType").eq("LOG"),
        ScanIndexForward=False,
        Limit=100,
    )
    logs = [
        {
            "id": item["LogID"],
            "dateTime": item["DateTime"],
            "severity": item["Severity"],
            "message": item["Message"],
        }
        for item in found["Items"]
    ]
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"count": len(logs), "logs": logs}),
    }
