"""The queues of what could not be written: RetryQueue, and its dead-letter queue (docs/adr/0008)."""

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import logical_id
from infra.functions import ServiceFunction

RETENTION_DAYS = 14
"""SQS's longest: what was acknowledged and is not stored by then is lost."""
REPLAY_TIMEOUT_S = 60
VISIBILITY_S = 6 * REPLAY_TIMEOUT_S
"""What AWS asks for: a message that a throttled poller holds must not come back meanwhile."""
BATCH_SIZE = 5
CONCURRENCY_MAX = 2
"""The least that SQS's mappings take. A cap on the mapping leaves messages in the queue, where one on the
function would throttle its pollers and so use up receives."""


class RetryQueues(Construct):
    """Both queues: encrypted, for TLS only, each keeping what it holds for 14 days."""

    def __init__(  # noqa: PLR0913 - each by its name
        self,
        scope: Construct,
        construct_id: str,
        *,
        delay_s: int,
        receives_max: int,
        durable: bool,
        has_tls: bool,
    ) -> None:
        """Make them; a parked message is first received `delay_s` after it was parked.

        After `receives_max` SQS itself moves a message, should the replay function have died each time.
        """
        super().__init__(scope, construct_id)
        self._durable = durable
        self._has_tls = has_tls
        self.dead_letters = self._queue("DeadLetterQueue")
        self.retry = self._queue(
            "RetryQueue",
            delivery_delay=Duration.seconds(delay_s),
            visibility_timeout=Duration.seconds(VISIBILITY_S),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=receives_max),
        )

    def feed(self, function: ServiceFunction) -> lambda_.EventSourceMapping:
        """Have the retry queue's messages sent to a function."""
        mapping = lambda_.EventSourceMapping(
            function,
            "Mapping",
            target=function.function,
            event_source_arn=self.retry.queue_arn,
            batch_size=BATCH_SIZE,
            max_concurrency=CONCURRENCY_MAX,
            report_batch_item_failures=True,
        )
        Validations.of(mapping).acknowledge(
            Acknowledgment(
                id="Serverless::Serverless-LambdaEventSourceMappingDestination",
                reason="Only mappings of streams take one; a queue's failures stay in the queue.",
            )
        )
        return mapping

    def _queue(
        self,
        name: str,
        *,
        delivery_delay: Duration | None = None,
        visibility_timeout: Duration | None = None,
        dead_letter_queue: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=self._has_tls,
            retention_period=Duration.days(RETENTION_DAYS),
            removal_policy=RemovalPolicy.RETAIN if self._durable else RemovalPolicy.DESTROY,
            delivery_delay=delivery_delay,
            visibility_timeout=visibility_timeout,
            dead_letter_queue=dead_letter_queue,
        )
        logical_id.fix(queue, name)
        if dead_letter_queue is None:
            Validations.of(queue).acknowledge(_IS_LAST)
        if not self._has_tls:
            Validations.of(queue).acknowledge(_LOOPBACK)
        return queue


_IS_LAST = Acknowledgment(
    id="Serverless::Serverless-SQSRedrivePolicy", reason="This is the dead-letter queue; none is behind it."
)
_LOOPBACK = Acknowledgment(
    id="AwsSolutions::AwsSolutions-SQS4", reason="The emulator listens on loopback, and has no TLS."
)
