"""The stack: what is wired to what, and every grant, so one sees here who may do what."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import Annotations, CfnOutput, CliCredentialsStackSynthesizer, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import asset, cors, retry_queue
from infra.alarms import Alarms
from infra.callers import CallerPolicies
from infra.dashboard import Dashboard
from infra.firewall import Firewall
from infra.function_urls import add_url
from infra.functions import ServiceFunction
from infra.log_groups import LogGroupSubscriptions
from infra.monitored import Monitored
from infra.rest_api import RestApi
from infra.retry_queue import RetryQueues
from infra.stages import Auth, Edge, Stage
from infra.table import LogTable
from logstead.deployment import keys_path

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
        self.stage = stage
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
        self._open(stage)
        if stage.log_groups:
            LogGroupSubscriptions(
                self,
                "Subscriptions",
                log_groups=stage.log_groups,
                ingest=self.ingest,
                failures=self.queues.dead_letters,
            )
        if stage.monitored:
            self._monitor()
        if stage.auth is Auth.NONE and not stage.on_this_machine:
            Annotations.of(self).add_warning_v2(
                "logstead:open-endpoints",
                f"Stage {stage.name}: anybody who knows the URLs can write and read. Use it for a demo; "
                "for anything else deploy `-c stage=production`.",
            )

    def _open(self, stage: Stage) -> None:
        """Put the stage's edge before the functions, and say where."""
        if stage.edge is Edge.FUNCTION_URL:
            self.api = None
            ingest_url = add_url(self.ingest, stage, cors.INGEST_METHODS)
            read_url = add_url(self.read, stage, cors.READ_METHODS)
        else:
            self.api = RestApi(self, "Edge", stage=stage, ingest=self.ingest, read=self.read)
            ingest_url = read_url = self.api.url
            if not stage.on_this_machine:  # the emulator refuses a web ACL's association
                Firewall(self, "Firewall", stage=stage, protects_arn=self.api.stage_arn)
        self._output(ingest_url, read_url)
        if stage.auth is Auth.IAM:
            callers = CallerPolicies(self, "Callers", ingest=self.ingest, read=self.read, api=self.api)
            CfnOutput(self, "WriterPolicyArn", value=callers.writer.managed_policy_arn)
            CfnOutput(self, "ReaderPolicyArn", value=callers.reader.managed_policy_arn)
        if stage.auth is Auth.TOKEN:
            CfnOutput(self, "AccessKeysPath", value=keys_path(stage.name))

    def _monitor(self) -> None:
        monitored = Monitored(
            stage=self.stage,
            ingest=self.ingest,
            read=self.read,
            replay=self.replay,
            queues=self.queues,
            table=self.storage.table,
            api_name=None if self.api is None else self.stack_name,
        )
        Dashboard(self, "Overview", monitored=monitored, alarms=Alarms(self, "Alarms", monitored=monitored))

    def _make_read(self) -> ServiceFunction:
        stage = self.stage
        return self._function(
            "Read",
            description="GET: searches, exports and counts entries, or gives one by its id",
            handler="logstead.read.handler.handler",
            environment={"READ_SHARDS": str(stage.read_shards), **self._of_callers()},
            timeout_s=30,
            memory_mb=stage.read_memory_mb,
            reserved_concurrency=stage.reserved_concurrency,
        )

    def _make_ingest(self) -> ServiceFunction:
        stage = self.stage
        return self._function(
            "Ingest",
            description="POST: validates and stores entries, single ones and batches",
            handler="logstead.ingest.handler.handler",
            environment={**self._of_writers(), **self._of_callers()},
            timeout_s=10,
            memory_mb=stage.ingest_memory_mb,
            reserved_concurrency=stage.reserved_concurrency,
        )

    def _make_replay(self) -> ServiceFunction:
        stage = self.stage
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
        stage = self.stage
        environment = {
            "WRITE_SHARDS": str(stage.write_shards),
            "RETRY_QUEUE_URL": self.queues.retry.queue_url,
        }
        if stage.retention_days is not None:
            environment["RETENTION_DAYS"] = str(stage.retention_days)
        return environment

    def _of_callers(self) -> dict[str, str]:
        """Return what both functions that people call read from their environment."""
        stage = self.stage
        environment = {"AUTH_MODE": str(stage.auth)}
        if stage.auth is Auth.TOKEN:
            environment["ACCESS_KEYS_PATH"] = keys_path(stage.name)
        # A Function URL adds the headers of CORS by itself.
        if stage.cors_origins and stage.edge is Edge.API_GATEWAY:
            environment["CORS_ORIGINS"] = ",".join(stage.cors_origins)
        return environment

    def _function(self, name: str, *, environment: Mapping[str, str], **settings: Any) -> ServiceFunction:
        table_name = {"TABLE_NAME": self.storage.table.table_name}
        return ServiceFunction(
            self,
            name,
            code=self._code,
            environment={**table_name, **environment},
            stage=self.stage,
            **settings,
        )

    def _grant(self) -> None:
        table_arn = self.storage.table.table_arn
        _allow(self.ingest, ["dynamodb:PutItem"], [table_arn])
        _allow(self.ingest, ["sqs:SendMessage"], [self.queues.retry.queue_arn])
        if self.stage.log_groups:
            _allow(self.ingest, ["sqs:SendMessage"], [self.queues.dead_letters.queue_arn])
        _allow(self.read, ["dynamodb:GetItem", "dynamodb:BatchGetItem"], [table_arn])
        _allow(self.read, ["dynamodb:Query"], [self.storage.index_arn])
        _allow(self.replay, ["dynamodb:PutItem"], [table_arn])
        _allow(self.replay, RECEIVE, [self.queues.retry.queue_arn])
        _allow(self.replay, ["sqs:SendMessage"], [self.queues.dead_letters.queue_arn])
        if self.stage.auth is Auth.TOKEN:
            path = keys_path(self.stage.name).removeprefix("/")
            keys_arn = self.format_arn(service="ssm", resource="parameter", resource_name=path)
            if self.stage.on_this_machine:  # the emulator takes the call for one on everything
                keys_arn = "*"
            for function in (self.ingest, self.read):
                _allow(function, ["ssm:GetParametersByPath"], [keys_arn])
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
