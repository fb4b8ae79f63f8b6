"""The command line against fakes: a stage whose session hands out in-memory clients."""

from types import SimpleNamespace
from typing import Any

from click.testing import CliRunner, Result

from logstead.cli.main import main
from logstead.cli.stack import Stage
from logstead.deployment import stack_name
from tests.unit.fakes import client_error

REGION = "eu-west-1"


class FakeCloudFormation:
    """Stacks by name, each with its outputs."""

    meta = SimpleNamespace(region_name=REGION)

    def __init__(self, stacks: dict[str, dict[str, str]]) -> None:
        self._stacks = stacks

    def describe_stacks(self, **arguments: Any) -> dict[str, Any]:
        """Describe one stack."""
        name = arguments["StackName"]
        if name not in self._stacks:
            message = f"Stack with id {name} does not exist"
            raise client_error("ValidationError", "DescribeStacks", message=message)
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self._stacks[name].items()]
        return {"Stacks": [{"StackName": name, "Outputs": outputs} if outputs else {"StackName": name}]}


class FakeSession:
    """A session with clients by service; an exception in the place of one is raised."""

    def __init__(self, clients: dict[str, Any]) -> None:
        self._clients = clients

    def create_client(self, service: str) -> Any:
        """Return the client of a service."""
        client = self._clients[service]
        if isinstance(client, Exception):
            raise client
        return client


def run(*arguments: str, outputs: dict[str, dict[str, str]], **clients: Any) -> Result:
    """Run a command where each stage of `outputs` is deployed with these."""
    stacks = {stack_name(stage): values for stage, values in outputs.items()}
    session = FakeSession({"cloudformation": FakeCloudFormation(stacks), **clients})

    def opens(name: str, _profile: str | None, _region: str | None) -> Stage:
        return Stage(name, session)

    return CliRunner().invoke(main, arguments, obj=opens)
