"""How many queries does a read of the newest 100 cost, against the table's size and the gaps in it?

The read function's own flow, in this process, over the emulator's DynamoDB and a client whose calls are
counted. It must be one query a shard, whatever is in the table.
"""

import contextlib
import io
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from bench.deployed import Deployed
from bench.report import Row
from bench.seed import items, make_table, spread
from logstead.access.gate import open_gate
from logstead.config import ReadConfig
from logstead.serve import Handler, make_http_handler
from logstead.storage.client import Deadline

SHARDS = (1, 4)
"""A bare `cdk deploy` has one; `-c stage=production` has four."""
EVENT = {"rawPath": "/", "requestContext": {"http": {"method": "GET"}, "requestId": "bench"}}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is in a table: `count` entries at even distances over `span`, the newest `age` old."""

    name: str
    count: int
    span: timedelta
    age: timedelta = timedelta()


SCENARIOS = (
    Scenario("1,000 entries in a day", 1_000, timedelta(days=1)),
    Scenario("100,000 entries in a day", 100_000, timedelta(days=1)),
    Scenario("nothing for 300 days", 1_000, timedelta(days=1), age=timedelta(days=300)),
    Scenario("one entry a day for a year", 365, timedelta(days=365)),
)


class WrongAnswer(Exception):
    """The read did not answer with what the table was filled with."""


def measure(deployed: Deployed) -> list[Row]:
    """Fill a table for each scenario and number of shards, and read it once."""
    dynamodb, s3 = deployed.client("dynamodb"), deployed.client("s3")
    now = datetime.now(UTC)
    rows = []
    for shards in SHARDS:
        for number, scenario in enumerate(SCENARIOS):
            entries = spread(now - scenario.age, count=scenario.count, span=scenario.span)
            table_name = f"bench-{shards}-{number}"
            make_table(dynamodb, s3, table_name, items(entries, shards))
            rows.append(
                Row(
                    name=f"newest 100 of {scenario.name}, {shards} shard{'s' * (shards > 1)}",
                    unit="calls",
                    ours=count_calls(dynamodb, table_name, shards),
                    baseline=1 if shards == 1 else None,
                    ours_max=shards,
                )
            )
            dynamodb.delete_table(TableName=table_name)
    return rows


def count_calls(client: Any, table_name: str, shards: int) -> int:
    """Return how many calls of DynamoDB one read takes; raises WrongAnswer."""
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    client.meta.events.register("before-call.dynamodb", note)
    try:
        reply = _handler(client, table_name, shards)(dict(EVENT), None)
    finally:
        client.meta.events.unregister("before-call.dynamodb", note)
    if reply["statusCode"] != HTTPStatus.OK or not str(reply["body"]).startswith('{"count":100,'):
        raise WrongAnswer(f"{reply['statusCode']}: {str(reply['body'])[:200]}")
    return len(calls)


def _handler(client: Any, table_name: str, shards: int) -> Handler:
    # The module makes its own handler when it is imported, and says that nothing is set up here for that one.
    with contextlib.redirect_stdout(io.StringIO()):
        from logstead.read.handler import ReadFlows  # noqa: PLC0415

    logger = logging.getLogger("logstead")
    config = ReadConfig(table_name=table_name, read_shards=shards)
    return make_http_handler(ReadFlows(config, client, Deadline(), logger).routes, open_gate, logger)
