"""What would be lost if CDK made up another logical id."""

import pytest
from aws_cdk import App, Stack
from constructs import Construct

from infra import logical_id
from infra.stages import Edge
from tests.infra.synthesis import Synthesis


def test_stateful_resources_keep_their_logical_ids(any_stage: Synthesis) -> None:
    """Another id is another resource: refactoring must never empty the service."""
    assert set(any_stage.resources("AWS::DynamoDB::Table")) == {"LogTable"}
    logs = {"IngestLogs", "ReadLogs", "ReplayLogs"}
    if any_stage.stage.edge is Edge.API_GATEWAY:
        logs.add("ApiAccessLogs")
    assert set(any_stage.resources("AWS::Logs::LogGroup")) == logs
    assert set(any_stage.resources("AWS::SQS::Queue")) == {"RetryQueue", "DeadLetterQueue"}


def test_urls_keep_their_logical_ids(any_stage: Synthesis) -> None:
    """Every client knows the URL, which goes with its resource and with its function's."""
    urls, apis = any_stage.resources("AWS::Lambda::Url"), any_stage.resources("AWS::ApiGateway::RestApi")
    if any_stage.stage.edge is Edge.API_GATEWAY:
        assert (set(urls), set(apis)) == (set(), {"Api"})
    else:
        assert (set(urls), set(apis)) == ({"IngestUrl", "ReadUrl"}, set())
    assert set(any_stage.resources("AWS::Lambda::Function")) == {
        "IngestFunction",
        "ReadFunction",
        "ReplayFunction",
    }


def test_a_construct_without_a_resource_is_a_mistake() -> None:
    """Silence would leave an id that changes."""
    construct = Construct(Stack(App(), "Stack"), "Empty")
    with pytest.raises(TypeError, match="Stack/Empty"):
        logical_id.fix(construct, "Id")
