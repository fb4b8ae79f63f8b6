"""The alarms, and the topic that they go to: each one is something that a person must look at."""

from aws_cdk import Acknowledgment, Aws, Duration, Stack, Validations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra import logical_id, metrics
from infra.monitored import Monitored
from infra.stages import Stage

PERIOD_S = 300
DAY_S = 24 * 60 * 60
RETRY_AGE_MAX_S = 20 * 60
"""A message has had its three attempts by then: older ones wait for a replay that isn't coming."""
RETRY_DEPTH_MAX = 1_000
DEAD_LETTER_AGE_MAX_S = 7 * DAY_S
"""Half of the time that the dead-letter queue keeps what was acknowledged."""
DURATION_SHARE_MAX = 0.8
"""Of a function's timeout, at the 99th percentile."""
SERVER_ERRORS_MAX = 5


class Alarms(Construct):
    """All alarms of a stage and their topic; `all` is for the dashboard."""

    def __init__(self, scope: Construct, construct_id: str, *, monitored: Monitored) -> None:
        super().__init__(scope, construct_id)
        self.all: list[cloudwatch.Alarm] = []
        self.topic = sns.Topic(self, "Topic", enforce_ssl=not monitored.stage.on_this_machine)
        logical_id.fix(self.topic, "AlarmTopic")
        self._let_alarms_publish()
        _acknowledge(self.topic, monitored.stage)
        if monitored.stage.alarm_email is not None:
            self.topic.add_subscription(subscriptions.EmailSubscription(monitored.stage.alarm_email))
        self._watch_queues(monitored)
        self._watch_functions(monitored)
        self._watch_table(monitored)
        self._watch_edge(monitored)

    def _let_alarms_publish(self) -> None:
        """Allow what a topic allows by default, which the policy that demands TLS replaces."""
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )

    def _watch_queues(self, monitored: Monitored) -> None:
        retry, dead = monitored.queues.retry, monitored.queues.dead_letters
        age, visible = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
        self._alarm(
            "RetryQueueOld",
            "Parked entries wait longer than all attempts to replay them take: is the replay running?",
            metrics.of_queue(retry, age),
            RETRY_AGE_MAX_S,
        )
        for name, metric in (
            ("RetryQueueDeep", visible),
            ("RetryQueueWaiting", "ApproximateNumberOfMessagesNotVisible"),
        ):
            self._alarm(
                name,
                "Many entries can't be stored and are parked: is the table throttled or failing?",
                metrics.of_queue(retry, metric),
                RETRY_DEPTH_MAX,
            )
        self._alarm(
            "DeadLetters",
            "An entry that was acknowledged can't be stored: `python -m logstead redrive --dry-run`.",
            metrics.of_queue(dead, visible),
            1,
        )
        self._alarm(
            "DeadLettersOld",
            "An entry that was acknowledged is lost in 7 days at the latest: mend the cause and redrive.",
            metrics.of_queue(dead, age),
            DEAD_LETTER_AGE_MAX_S,
        )

    def _watch_functions(self, monitored: Monitored) -> None:
        for function in monitored.functions:
            name = function.node.id
            self._alarm(
                f"{name}Errors",
                f"{name} ended without a reply: see its log group.",
                metrics.of_function(function, "Errors"),
                1,
            )
            self._alarm(
                f"{name}Throttled",
                f"{name} has no concurrency left: raise reserved_concurrency or the account's quota.",
                metrics.of_function(function, "Throttles"),
                1,
            )
            self._alarm(
                f"{name}Slow",
                f"{name} comes close to its timeout: see the table's latency and throttles.",
                metrics.of_function(function, "Duration", "p99"),
                DURATION_SHARE_MAX * function.timeout_s * 1_000,
                periods=2,
            )

    def _watch_table(self, monitored: Monitored) -> None:
        table = monitored.table
        raise_caps = "raise max_{}_units, then the shards (docs/operations.md)."
        for name, metric, text in (
            ("WritesThrottled", metrics.of_table(table, "ThrottledRequests", Operation="PutItem"), "write"),
            ("QueriesThrottled", metrics.of_table(table, "ThrottledRequests", Operation="Query"), "read"),
            ("GetsThrottled", metrics.of_table(table, "ReadThrottleEvents"), "read"),
        ):
            self._alarm(name, "The table throttles: " + raise_caps.format(text), metric, 1, periods=2)

    def _watch_edge(self, monitored: Monitored) -> None:
        if monitored.api_name is not None:
            self._alarm(
                "ApiFailing",
                "Callers get 5xx: see the functions' log groups.",
                metrics.of_api(monitored.api_name, "5XXError"),
                SERVER_ERRORS_MAX,
            )
            return
        for function in monitored.called:
            self._alarm(
                f"{function.node.id}UrlFailing",
                "Callers get 5xx: see the function's log group.",
                metrics.of_function(function, "Url5xxCount"),
                SERVER_ERRORS_MAX,
            )

    def _alarm(
        self, name: str, says: str, metric: cloudwatch.Metric, threshold: float, *, periods: int = 1
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{Stack.of(self).stack_name}-{name}",
            alarm_description=says,
            # Without the label, which would make it an alarm on metric math.
            metric=cloudwatch.Metric(
                namespace=metric.namespace,
                metric_name=metric.metric_name,
                dimensions_map=metric.dimensions,
                statistic=metric.statistic,
                period=Duration.seconds(PERIOD_S),
            ),
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=periods,
            # No traffic is no data, and nothing to look at.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
        self.all.append(alarm)


def _acknowledge(topic: sns.Topic, stage: Stage) -> None:
    if stage.alarm_email is not None:
        Validations.of(topic).acknowledge(
            Acknowledgment(
                id="Serverless::Serverless-SNSRedrivePolicy",
                reason="Mail has no failures that SNS sees; the alarm's state stays in CloudWatch.",
            )
        )
    if stage.on_this_machine:
        Validations.of(topic).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-SNS3",
                reason="The emulator listens on loopback, and has no TLS.",
            )
        )
