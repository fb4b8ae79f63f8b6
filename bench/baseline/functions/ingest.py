"""POST: one entry, checked as the specification asks, one put, one index partition."""

import json
import os
import uuid
from datetime import UTC, datetime
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Store the entry in the body and answer with it."""
    try:
        body = json.loads(event.get("body") or "")
    except json.JSONDecodeError:
        return _reply(400, {"error": "the body is not JSON"})
    if body.get("severity") not in ("info", "warning", "error"):
        return _reply(400, {"error": "severity must be info, warning or error"})
    if not body.get("message"):
        return _reply(400, {"error": "message is required"})
    entry = {
        "id": body.get("id") or str(uuid.uuid4()),
        "dateTime": body.get("dateTime") or datetime.now(UTC).isoformat(),
        "severity": body["severity"],
        "message": body["message"],
    }
    table.put_item(
        Item={
            "LogID": entry["id"],
            "DateTime": entry["dateTime"],
            "Severity": entry["severity"],
            "Message": entry["message"],
            "LogType": "LOG",
        }
    )
    return _reply(201, entry)


def _reply(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }
