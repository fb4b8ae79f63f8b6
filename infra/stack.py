"""The stack: what is wired to what, and every grant, so one sees here who may do what."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import Annotations, CfnOutput, CliCredentialsStackSynthesizer, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import asset, retry_queue
from infra.function_urls import add_url
from infra.functions import ServiceFunction
from infra.retry_queue import RetryQueues
from infra.stages import Auth, Stage
from infra.table import LogTable

ROOT = Path(__file__).resolve().parent.parent


class LogsteadStack(Stack):
    """One stage of the service, whole."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        super().__init__(
            scope,
            stage.stack_name,
            description=f"Logstead, stage {stage.name}",
            # The emulator lets the default synthesizer's roles read no assets while it enforces IAM.
            synthesizer=CliCredentialsStackSynthesizer() if stage.on_this_machine else None,
        )
        self._stage = stage
        self.storage = LogTable(
            self,
            "Storage",
            durable=stage.durable,
            max_read_units=stage.max_read_units,
            max_write_units=stage.max_write_units,
        )
        self.queues = RetryQueues(
            self,
            "Recovery",
            delay_s=stage.retry_delay_s,
            receives_max=len(stage.replay_backoffs_s) + 1,
            durable=stage.durable,
            has_tls=not stage.on_this_machine,
        )
        target = asset.HOST if stage.on_this_machine else asset.LAMBDA
        self._code = lambda_.Code.from_asset(str(asset.build(root=ROOT, target=target)))
        self.read = self._make_read()
        self.ingest = self._make_ingest()
        self.replay = self._make_replay()
        mapping = self.queues.feed(self.replay)
        # Shards are raised on a live stage: readers must ask the new ones before anything is in them.
        for writer in (self.ingest, self.replay):
            writer.resource.add_resource_dependency(self.read.resource)
        self._grant()
        # Lambda checks the right to receive when the mapping is made.
        mapping.node.add_dependency(self.replay.role)
        self._output(add_url(self.ingest, stage), add_url(self.read, stage))
        if stage.auth is Auth.NONE and not stage.on_this_machine:
            Annotations.of(self).add_warning_v2(
                "logstead:open-endpoints",
                f"Stage {stage.name}: anybody who knows the URLs can write and read. Use it for a demo; "
                "for anything else deploy `-c stage=production`.",
            )

    def _make_read(self) -> ServiceFunction:
        stage = self._stage
        return self._function(
            "Read",
            description="GET: the newest entries, and one by its id",
            handler="logstead.read.handler.handler",
            environment={"READ_SHARDS": str(stage.read_shards)},
            timeout_s=30,
            memory_mb=stage.read_memory_mb,
            reserved_concurrency=stage.reserved_concurrency,
        )

    def _make_ingest(self) -> ServiceFunction:
        stage = self._stage
        return self._function(
            "Ingest",
            description="POST: validates and stores entries",
            handler="logstead.ingest.handler.handler",
            environment=self._of_writers(),
            timeout_s=10,
            memory_mb=stage.ingest_memory_mb,
            reserved_concurrency=stage.reserved_concurrency,
        )

    def _make_replay(self) -> ServiceFunction:
        stage = self._stage
        return self._function(
            "Replay",
            description="Stores what was parked in the retry queue",
            handler="logstead.recovery.handler.handler",
            environment={
                **self._of_writers(),
                "DEAD_LETTER_QUEUE_URL": self.queues.dead_letters.queue_url,
                "REPLAY_BACKOFFS_S": ",".join(map(str, stage.replay_backoffs_s)),
            },
            timeout_s=retry_queue.REPLAY_TIMEOUT_S,
            memory_mb=stage.ingest_memory_mb,
            # Throttled pollers would use up receives; the mapping has the cap.
            reserved_concurrency=None,
        )

    def _of_writers(self) -> dict[str, str]:
        """Return what both functions that write read from their environment."""
        stage = self._stage
        environment = {
            "WRITE_SHARDS": str(stage.write_shards),
            "RETRY_QUEUE_URL": self.queues.retry.queue_url,
        }
        if stage.retention_days is not None:
            environment["RETENTION_DAYS"] = str(stage.retention_days)
        return environment

    def _function(self, name: str, *, environment: Mapping[str, str], **settings: Any) -> ServiceFunction:
        table_name = {"TABLE_NAME": self.storage.table.table_name}
        return ServiceFunction(
            self,
            name,
            code=self._code,
            environment={**table_name, **environment},
            stage=self._stage,
            **settings,
        )

    def _grant(self) -> None:
        table_arn = self.storage.table.table_arn
        _allow(self.ingest, ["dynamodb:PutItem"], [table_arn])
        _allow(self.ingest, ["sqs:SendMessage"], [self.queues.retry.queue_arn])
        _allow(self.read, ["dynamodb:GetItem", "dynamodb:BatchGetItem"], [table_arn])
        _allow(self.read, ["dynamodb:Query"], [self.storage.index_arn])
        _allow(self.replay, ["dynamodb:PutItem"], [table_arn])
        _allow(self.replay, RECEIVE, [self.queues.retry.queue_arn])
        _allow(self.replay, ["sqs:SendMessage"], [self.queues.dead_letters.queue_arn])
        for function in (self.ingest, self.read, self.replay):
            _allow(
                function,
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [function.log_group.log_group_arn],
            )

    def _output(self, ingest_url: str, read_url: str) -> None:
        CfnOutput(self, "IngestFunctionUrl", value=ingest_url)
        CfnOutput(self, "ReadRecentFunctionUrl", value=read_url)
        CfnOutput(self, "DynamoDBTableName", value=self.storage.table.table_name)
        CfnOutput(self, "RetryQueueUrl", value=self.queues.retry.queue_url)
        CfnOutput(self, "DeadLetterQueueUrl", value=self.queues.dead_letters.queue_url)


RECEIVE = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
)
"""What Lambda's pollers need of the role, and the last one the function too, for its backoffs."""


def _allow(function: ServiceFunction, actions: Sequence[str], resources: Sequence[str]) -> None:
    function.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources)))
