"""The metrics that alarms and the dashboard look at; tests/infra/aws_metrics.json lists AWS's names."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sqs as sqs

from infra.api_stage import STAGE_NAME
from infra.functions import ServiceFunction
from logstead.storage.key import INDEX_NAME


def of_function(function: ServiceFunction, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """Return a metric of a function, or of its URL."""
    title = f"{function.node.id} {name}"
    return _metric("AWS/Lambda", name, {"FunctionName": function.function.function_name}, statistic, title)


def of_queue(queue: sqs.Queue, name: str, statistic: str = "Maximum") -> cloudwatch.Metric:
    """Return a metric of a queue."""
    return _metric("AWS/SQS", name, {"QueueName": queue.queue_name}, statistic, f"{queue.node.id} {name}")


def of_table(table: dynamodb.Table, name: str, **dimensions: str) -> cloudwatch.Metric:
    """Return the sum of a metric of the table, or of one of its operations."""
    title = " ".join(("Table", *dimensions.values(), name))
    return _metric("AWS/DynamoDB", name, {"TableName": table.table_name, **dimensions}, "Sum", title)


def of_index(table: dynamodb.Table, name: str) -> cloudwatch.Metric:
    """Return the sum of a metric of the index."""
    dimensions = {"TableName": table.table_name, "GlobalSecondaryIndexName": INDEX_NAME}
    return _metric("AWS/DynamoDB", name, dimensions, "Sum", f"Index {name}")


def of_api(api_name: str, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """Return a metric of the REST API's stage."""
    return _metric(
        "AWS/ApiGateway", name, {"ApiName": api_name, "Stage": STAGE_NAME}, statistic, f"API {name}"
    )


def _metric(
    namespace: str, name: str, dimensions: Mapping[str, str], statistic: str, title: str
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(dimensions),
        statistic=statistic,
        label=title if statistic in {"Sum", "Maximum"} else f"{title} {statistic}",
        period=Duration.minutes(1),
    )
