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
        return self.session.create_client(service)

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the stage's stack.

        Raises:
            click.ClickException: there is no such stack.
        """
        stack, client = stack_name(self.name), self.client("cloudformation")
        try:
            reply = client.describe_stacks(StackName=stack)
        except botocore.exceptions.ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise click.ClickException(
                f"There is no stage {self.name}: no stack {stack} in {client.meta.region_name}."
            ) from error
        outputs = reply["Stacks"][0].get("Outputs", [])
        return {output["OutputKey"]: str(output["OutputValue"]) for output in outputs}

    def output(self, name: str) -> str:
        """Return one output of the stage's stack.

        Raises:
            click.ClickException: there is no such stack, or it has no such output.
        """
        value = self.outputs().get(name)
        if value is None:
            raise click.ClickException(f"The stack {stack_name(self.name)} has no output {name}.")
        return value

    def check_takes_keys(self) -> None:
        """Make sure that the stage is there and takes access keys.

        Raises:
            click.ClickException: saying which of the two is not so.
        """
        if "AccessKeysPath" not in self.outputs():
            raise click.ClickException(
                f"The stage {self.name} takes no access keys: its stack has no output AccessKeysPath, which "
                "`auth` `token` gives it."
            )


def open_stage(name: str, profile: str | None, region: str | None) -> Stage:
    """Return a stage, reached by a profile of the AWS configuration."""
    session = botocore.session.Session(profile=profile)
    if region:
        session.set_config_variable("region", region)
    return Stage(name, session)
