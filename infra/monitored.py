"""What alarms and the dashboard watch of a stage."""

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb

from infra.functions import ServiceFunction
from infra.retry_queue import RetryQueues
from infra.stages import Stage


@dataclass(frozen=True, slots=True)
class Monitored:
    """The parts of a stage; `api_name` is None where the functions have URLs."""

    stage: Stage
    ingest: ServiceFunction
    read: ServiceFunction
    replay: ServiceFunction
    queues: RetryQueues
    table: dynamodb.Table
    api_name: str | None

    @property
    def called(self) -> tuple[ServiceFunction, ...]:
        """The functions that people call."""
        return (self.ingest, self.read)

    @property
    def functions(self) -> tuple[ServiceFunction, ...]:
        """All functions."""
        return (*self.called, self.replay)
