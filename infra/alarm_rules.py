"""What sets an alarm off: each rule is something that a person must look at."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from infra import metrics
from infra.monitored import Monitored

DAY_S = 24 * 60 * 60
RETRY_AGE_MAX_S = 20 * 60
"""A message has had its three attempts by then: older ones wait for a replay that isn't coming."""
RETRY_DEPTH_MAX = 1_000
DEAD_LETTER_AGE_MAX_S = 7 * DAY_S
"""Half of the time that the dead-letter queue keeps what was acknowledged."""
DURATION_SHARE_MAX = 0.8
"""Of a function's timeout, at the 99th percentile."""
SERVER_ERRORS_MAX = 5


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """`metric` is at or above `threshold` in so many periods in a row; `says` what to look at."""

    name: str
    says: str
    metric: cloudwatch.Metric
    threshold: float
    periods: int = 1


def alarm_rules(monitored: Monitored) -> Iterator[AlarmRule]:
    """Yield every rule of a stage."""
    yield from _of_queues(monitored)
    yield from _of_functions(monitored)
    yield from _of_table(monitored)
    yield from _of_edge(monitored)


def _of_queues(monitored: Monitored) -> Iterator[AlarmRule]:
    retry, dead = monitored.queues.retry, monitored.queues.dead_letters
    age = "ApproximateAgeOfOldestMessage"
    visible, hidden = "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"
    old = "Parked entries wait longer than all attempts to replay them take: is the replay running?"
    many = "Many entries can't be stored and are parked: is the table throttled or failing?"
    letter = "An entry that was acknowledged can't be stored: `python -m logstead redrive --dry-run`."
    late = "An entry that was acknowledged is lost in 7 days at the latest: mend the cause and redrive."
    yield AlarmRule("RetryQueueOld", old, metrics.of_queue(retry, age), RETRY_AGE_MAX_S)
    yield AlarmRule("RetryQueueDeep", many, metrics.of_queue(retry, visible), RETRY_DEPTH_MAX)
    yield AlarmRule("RetryQueueWaiting", many, metrics.of_queue(retry, hidden), RETRY_DEPTH_MAX)
    yield AlarmRule("DeadLetters", letter, metrics.of_queue(dead, visible), 1)
    yield AlarmRule("DeadLettersOld", late, metrics.of_queue(dead, age), DEAD_LETTER_AGE_MAX_S)


def _of_functions(monitored: Monitored) -> Iterator[AlarmRule]:
    for function in monitored.functions:
        name = function.node.id
        ended = f"{name} ended without a reply: see its log group."
        full = f"{name} has no concurrency left: raise reserved_concurrency or the account's quota."
        slow = f"{name} comes close to its timeout: see the table's latency and throttles."
        limit_ms = DURATION_SHARE_MAX * function.timeout_s * 1_000
        yield AlarmRule(f"{name}Errors", ended, metrics.of_function(function, "Errors"), 1)
        yield AlarmRule(f"{name}Throttled", full, metrics.of_function(function, "Throttles"), 1)
        yield AlarmRule(f"{name}Slow", slow, metrics.of_function(function, "Duration", "p99"), limit_ms, 2)


def _of_table(monitored: Monitored) -> Iterator[AlarmRule]:
    table, says = monitored.table, "The table throttles: raise max_{}_units, then the shards."
    puts = metrics.of_table(table, "ThrottledRequests", Operation="PutItem")
    queries = metrics.of_table(table, "ThrottledRequests", Operation="Query")
    gets = metrics.of_table(table, "ReadThrottleEvents")
    yield AlarmRule("WritesThrottled", says.format("write"), puts, 1, 2)
    yield AlarmRule("QueriesThrottled", says.format("read"), queries, 1, 2)
    yield AlarmRule("GetsThrottled", says.format("read"), gets, 1, 2)


def _of_edge(monitored: Monitored) -> Iterator[AlarmRule]:
    says = "Callers get 5xx: see the functions' log groups."
    if monitored.api_name is not None:
        failed = metrics.of_api(monitored.api_name, "5XXError")
        yield AlarmRule("ApiFailing", says, failed, SERVER_ERRORS_MAX)
        return
    for function in monitored.called:
        failed = metrics.of_function(function, "Url5xxCount")
        yield AlarmRule(f"{function.node.id}UrlFailing", says, failed, SERVER_ERRORS_MAX)
