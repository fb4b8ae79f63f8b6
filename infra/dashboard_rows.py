"""The dashboard's graphs, row by row: from what callers see down to what the table does."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch

from infra import metrics
from infra.monitored import Monitored

MINUTE_S = 60


def _graph(
    title: str, left: Sequence[cloudwatch.IMetric], *, width: int, lines: Sequence[tuple[str, float]] = ()
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(left),
        left_annotations=[
            cloudwatch.HorizontalAnnotation(label=label, value=value) for label, value in lines
        ],
        left_y_axis=cloudwatch.YAxisProps(min=0),
        width=width,
        height=6,
    )


def traffic(monitored: Monitored) -> list[cloudwatch.GraphWidget]:
    """What callers see: how many, how long, how many refused and failed."""
    if (name := monitored.api_name) is not None:
        requests = [metrics.of_api(name, "Count")]
        refused, failed = [metrics.of_api(name, "4XXError")], [metrics.of_api(name, "5XXError")]
        latency = [metrics.of_api(name, "Latency", statistic) for statistic in ("p50", "p99")]
    else:
        called = monitored.called
        requests = [metrics.of_function(one, "UrlRequestCount") for one in called]
        refused = [metrics.of_function(one, "Url4xxCount") for one in called]
        failed = [metrics.of_function(one, "Url5xxCount") for one in called]
        latency = [
            metrics.of_function(one, "UrlRequestLatency", statistic)
            for one in called
            for statistic in ("p50", "p99")
        ]
    return [
        _graph("Requests a minute", requests, width=6),
        _graph("Latency, ms", latency, width=6),
        _graph("Refused a minute (4xx)", refused, width=6),
        _graph("Failed a minute (5xx)", failed, width=6),
    ]


def functions(monitored: Monitored) -> list[cloudwatch.GraphWidget]:
    """What the functions do."""

    def of_all(name: str, statistic: str = "Sum") -> list[cloudwatch.Metric]:
        return [metrics.of_function(one, name, statistic) for one in monitored.functions]

    return [
        _graph("Functions: duration p99, ms", of_all("Duration", "p99"), width=6),
        _graph("Functions: ended without a reply", of_all("Errors"), width=6),
        _graph("Functions: throttled", of_all("Throttles"), width=6),
        _graph("Functions: at a time", of_all("ConcurrentExecutions", "Maximum"), width=6),
    ]


def queues(monitored: Monitored) -> list[cloudwatch.GraphWidget]:
    """What could not be written."""
    retry, dead = monitored.queues.retry, monitored.queues.dead_letters
    visible, age = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
    waiting = ["Delayed", "NotVisible"]
    depths = [metrics.of_queue(retry, f"ApproximateNumberOfMessages{name}") for name in waiting]
    return [
        _graph("Parked a minute", [metrics.of_queue(retry, "NumberOfMessagesSent", "Sum")], width=6),
        _graph("Retry queue: due, and waiting", [metrics.of_queue(retry, visible), *depths], width=6),
        _graph("Dead letters", [metrics.of_queue(dead, visible)], width=6),
        _graph("Oldest, s", [metrics.of_queue(retry, age), metrics.of_queue(dead, age)], width=6),
    ]


def capacity(monitored: Monitored) -> list[cloudwatch.GraphWidget]:
    """What the table takes, beside its caps."""
    table, stage = monitored.table, monitored.stage
    graphs = []
    for kind, cap in (("Write", stage.max_write_units), ("Read", stage.max_read_units)):
        name = f"Consumed{kind}CapacityUnits"
        graphs.append(
            _graph(
                f"{kind} units a minute",
                [metrics.of_table(table, name), metrics.of_index(table, name)],
                lines=[("cap of each", cap * MINUTE_S)] if cap else (),
                width=8,
            )
        )
    throttles = [
        metric
        for kind in ("Write", "Read")
        for metric in (
            metrics.of_table(table, f"{kind}ThrottleEvents"),
            metrics.of_index(table, f"{kind}ThrottleEvents"),
        )
    ]
    return [*graphs, _graph("Throttled a minute", throttles, width=8)]
