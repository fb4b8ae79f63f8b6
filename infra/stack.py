"""The stack: what is wired to what, and every grant, so one sees here who may do what."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Annotations, CfnOutput, CliCredentialsStackSynthesizer, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import asset
from infra.functions import HttpFunction
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
        target = asset.HOST if stage.on_this_machine else asset.LAMBDA
        self._code = lambda_.Code.from_asset(str(asset.build(root=ROOT, target=target)))
        self.read = self._make_read()
        self.ingest = self._make_ingest()
        # Shards are raised on a live stage: readers must ask the new ones before anything is in them.
        self.ingest.resource.add_resource_dependency(self.read.resource)
        self._grant()
        self._output()
        if stage.auth is Auth.NONE and not stage.on_this_machine:
            Annotations.of(self).add_warning_v2(
                "logstead:open-endpoints",
                f"Stage {stage.name}: anybody who knows the URLs can write and read. Use it for a demo; "
                "for anything else deploy `-c stage=production`.",
            )

    def _make_read(self) -> HttpFunction:
        stage = self._stage
        return HttpFunction(
            self,
            "Read",
            description="GET: the newest entries, and one by its id",
            handler="logstead.read.handler.handler",
            code=self._code,
            environment={
                "TABLE_NAME": self.storage.table.table_name,
                "READ_SHARDS": str(stage.read_shards),
            },
            timeout_s=30,
            memory_mb=stage.read_memory_mb,
            stage=stage,
        )

    def _make_ingest(self) -> HttpFunction:
        stage = self._stage
        environment = {
            "TABLE_NAME": self.storage.table.table_name,
            "WRITE_SHARDS": str(stage.write_shards),
        }
        if stage.retention_days is not None:
            environment["RETENTION_DAYS"] = str(stage.retention_days)
        return HttpFunction(
            self,
            "Ingest",
            description="POST: validates and stores entries",
            handler="logstead.ingest.handler.handler",
            code=self._code,
            environment=environment,
            timeout_s=10,
            memory_mb=stage.ingest_memory_mb,
            stage=stage,
        )

    def _grant(self) -> None:
        table_arn = self.storage.table.table_arn
        _allow(self.ingest, ["dynamodb:PutItem"], [table_arn])
        _allow(self.read, ["dynamodb:GetItem", "dynamodb:BatchGetItem"], [table_arn])
        _allow(self.read, ["dynamodb:Query"], [self.storage.index_arn])
        for function in (self.ingest, self.read):
            _allow(
                function,
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [function.log_group.log_group_arn],
            )

    def _output(self) -> None:
        CfnOutput(self, "IngestFunctionUrl", value=self.ingest.url)
        CfnOutput(self, "ReadRecentFunctionUrl", value=self.read.url)
        CfnOutput(self, "DynamoDBTableName", value=self.storage.table.table_name)


def _allow(function: HttpFunction, actions: Sequence[str], resources: Sequence[str]) -> None:
    function.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
