"""LogTable: what every entry is stored in, and the index that reads go through."""

from aws_cdk import Acknowledgment, RemovalPolicy, Validations
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra import logical_id
from logstead.storage.key import INDEX_NAME


class LogTable(Construct):
    """The table and its index; `index_arn` is what the right to read it names."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        durable: bool,
        max_read_units: int | None,
        max_write_units: int | None,
    ) -> None:
        super().__init__(scope, construct_id)
        # No table name: CloudFormation's lets two stages, or a replaced table, stand side by side.
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=_text("LogID"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="ExpiresAt",
            max_read_request_units=max_read_units,
            max_write_request_units=max_write_units,
            deletion_protection=durable,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=durable
            ),
            removal_policy=RemovalPolicy.RETAIN if durable else RemovalPolicy.DESTROY,
        )
        self.table.add_global_secondary_index(
            index_name=INDEX_NAME,
            partition_key=_text("LogType"),
            sort_key=_text("DateTime"),
            projection_type=dynamodb.ProjectionType.ALL,
            max_read_request_units=max_read_units,
            max_write_request_units=max_write_units,
        )
        self.index_arn = f"{self.table.table_arn}/index/{INDEX_NAME}"
        logical_id.fix(self.table, "LogTable")
        if not durable:
            Validations.of(self.table).acknowledge(
                Acknowledgment(
                    id="AwsSolutions::AwsSolutions-DDB3",
                    reason="A stage to try the service with: its table goes with its stack.",
                )
            )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
