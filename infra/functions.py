"""A function with a role that starts out with no rights and a log group of its own."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import logical_id
from infra.stages import Stage


class ServiceFunction(Construct):
    """One function, its role and its log group."""

    def __init__(  # noqa: PLR0913 - what a function is, each by its name
        self,
        scope: Construct,
        construct_id: str,
        *,
        description: str,
        handler: str,
        code: lambda_.Code,
        environment: Mapping[str, str],
        timeout_s: int,
        memory_mb: int,
        reserved_concurrency: int | None,
        stage: Stage,
    ) -> None:
        super().__init__(scope, construct_id)
        self.timeout_s = timeout_s
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays[stage.log_retention],
            removal_policy=RemovalPolicy.RETAIN if stage.durable else RemovalPolicy.DESTROY,
        )
        logical_id.fix(self.log_group, f"{construct_id}Logs")
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=handler,
            code=code,
            environment=dict(environment),
            timeout=Duration.seconds(timeout_s),
            memory_size=memory_mb,
            reserved_concurrent_executions=reserved_concurrency,
            role=self.role.without_policy_updates(),
            log_group=self.log_group,
        )
        self.resource = logical_id.fix(self.function, f"{construct_id}Function")
        Validations.of(self.function).acknowledge(*_ACKNOWLEDGED)


_NEWEST_RUNTIME = "3.13 is the newest Python that the tests run on; Lambda supports it until October 2029."
_ACKNOWLEDGED = (
    Acknowledgment(id="AwsSolutions::AwsSolutions-L1", reason=_NEWEST_RUNTIME),
    Acknowledgment(id="Serverless::Serverless-LambdaLatestVersion", reason=_NEWEST_RUNTIME),
    Acknowledgment(
        id="Serverless::Serverless-LambdaDLQ",
        reason="Called synchronously or by the queue's mapping; log groups' events have a destination.",
    ),
    Acknowledgment(
        id="Serverless::Serverless-LambdaTracing",
        reason="Billed by the trace for a path of one hop; failures are logged with their request id.",
    ),
)
