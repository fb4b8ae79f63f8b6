"""Options that every command has."""

from collections.abc import Callable
from typing import Any

import click

from logstead.cli.stack import open_stage


def with_stage(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --stage, --profile and --region, and pass it the stage they open."""

    @click.option("--stage", default="demo", show_default=True, help="The stage, as in `cdk -c stage=…`.")
    @click.option("--profile", help="The profile of your AWS configuration.")
    @click.option("--region", help="The region, where the profile names none.")
    def wrapped(stage: str, profile: str | None, region: str | None, **options: Any) -> None:
        command(open_stage(stage, profile, region), **options)

    wrapped.__doc__ = command.__doc__
    wrapped.__name__ = command.__name__
    wrapped.__click_params__ = (  # type: ignore[attr-defined]  # where click's decorators collect them
        wrapped.__click_params__ + getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    )
    return wrapped
