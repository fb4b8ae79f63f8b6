"""CloudWatch Logs groups of the account, subscribed to: their lines become entries (docs/protocols.md)."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as lambda_destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_logs_destinations as logs_destinations
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import ServiceFunction

EVENT_AGE_MAX_H = 6
"""Lambda's longest: how long it keeps an event that no concurrency is left for."""
RETRIES = 2
"""Lambda's most: calls after one that failed."""


class LogGroupSubscriptions(Construct):
    """A filter that passes every line on each group; an event that fails each time is kept in a queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        log_groups: Sequence[str],
        ingest: ServiceFunction,
        failures: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        calls = lambda_.EventInvokeConfig(
            self,
            "Calls",
            function=ingest.function,
            on_failure=lambda_destinations.SqsDestination(failures),
            max_event_age=Duration.hours(EVENT_AGE_MAX_H),
            retry_attempts=RETRIES,
        )
        calls.node.add_dependency(ingest.role)  # Lambda checks the right to send when it is made
        for number, name in enumerate(log_groups):
            logs.SubscriptionFilter(
                self,
                f"Filter{number}",
                log_group=logs.LogGroup.from_log_group_name(self, f"Group{number}", name),
                destination=logs_destinations.LambdaDestination(ingest.function),
                filter_pattern=logs.FilterPattern.all_events(),
            )
