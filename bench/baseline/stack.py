"""The baseline's stack: the specification's table, index, functions and outputs; the no-op beside them."""

from aws_cdk import CfnOutput, CliCredentialsStackSynthesizer, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from bench.baseline import FUNCTIONS, NO_OP_OUTPUT
from bench.one_line import print_one_line


class BaselineStack(Stack):
    """The specification, taken literally."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name, synthesizer=CliCredentialsStackSynthesizer())
        table = dynamodb.Table(
            self,
            "LogTable",
            partition_key=_text("LogID"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,
        )
        table.add_global_secondary_index(
            index_name="DateTimeIndex",
            partition_key=_text("LogType"),
            sort_key=_text("DateTime"),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        code = lambda_.Code.from_asset(str(FUNCTIONS), exclude=["**/__pycache__"])
        functions = {
            module: lambda_.Function(
                self,
                module,
                runtime=lambda_.Runtime.PYTHON_3_13,
                handler=f"{module}.handler",
                code=code,
                environment={"TABLE_NAME": table.table_name},
                timeout=Duration.seconds(30),
            )
            for module in ("ingest", "read", "no_op")
        }
        table.grant_write_data(functions["ingest"])
        table.grant_read_data(functions["read"])
        print_one_line(self, *functions.values())
        for output, module in (
            ("IngestFunctionUrl", "ingest"),
            ("ReadRecentFunctionUrl", "read"),
            (NO_OP_OUTPUT, "no_op"),
        ):
            url = functions[module].add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE)
            CfnOutput(self, output, value=url.url)
        CfnOutput(self, "DynamoDBTableName", value=table.table_name)


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
