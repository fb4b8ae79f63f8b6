"""A deployed stage, as the command line finds it: by its stack's outputs."""

from dataclasses import dataclass
from typing import Any

import botocore.exceptions
import botocore.session
import click

from logstead.deployment import keys_path, stack_name


@dataclass(frozen=True, slots=True)
class Stage:
    """One deployed stage and the AWS session to reach it."""

    name: str
    session: Any

    @property
    def keys_path(self) -> str:
        """The SSM path that the stage's access keys stand under."""
        return keys_path(self.name)

    def client(self, service: str) -> Any:
        """Return a client of an AWS service, in the session's profile and region."""
        try:
            return self.session.create_client(service)
        except botocore.exceptions.BotoCoreError as error:
            raise click.ClickException(str(error)) from error

    def output(self, name: str) -> str:
        """Return an output of the stage's stack.

        Raises:
            click.ClickException: there is no such stack, or it has no such output.
        """
        stack = stack_name(self.name)
        try:
            reply = self.client("cloudformation").describe_stacks(StackName=stack)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            raise click.ClickException(f"The stack {stack} can't be read: {error}") from error
        for output in reply["Stacks"][0].get("Outputs", []):
            if output["OutputKey"] == name:
                return str(output["OutputValue"])
        raise click.ClickException(f"The stack {stack} has no output {name}.")


def open_stage(name: str, profile: str | None, region: str | None) -> Stage:
    """Return a stage, reached by a profile of the AWS configuration."""
    session = botocore.session.Session(profile=profile)
    if region:
        session.set_config_variable("region", region)
    return Stage(name, session)
