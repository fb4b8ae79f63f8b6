"""Options that every command has, and how it ends where AWS can't be asked."""

from collections.abc import Callable
from typing import Any, Final

import click
from botocore import exceptions
from botocore.parsers import ResponseParserError

from logstead.cli.stack import open_stage
from logstead.errors import KeysUnavailable

_HINTS: Final[dict[type[Exception], str]] = {
    exceptions.NoCredentialsError: " Log in, or name a --profile.",
    exceptions.NoRegionError: " Name a --region, or set AWS_DEFAULT_REGION.",
}


def with_stage(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --stage, --profile and --region, and pass it the stage they open.

    Whatever AWS refuses is told in one line, without a trace. The context's `obj`, where there is one, opens
    the stage in the place of `open_stage`.
    """

    @click.option("--stage", default="demo", show_default=True, help="The stage, as in `cdk -c stage=…`.")
    @click.option("--profile", help="The profile of your AWS configuration.")
    @click.option("--region", help="The region, where the profile names none.")
    @click.pass_obj
    def wrapped(
        opens: Callable[..., Any] | None,
        /,
        stage: str,
        profile: str | None,
        region: str | None,
        **options: Any,
    ) -> None:
        try:
            command((opens or open_stage)(stage, profile, region), **options)
        except (
            exceptions.BotoCoreError,
            exceptions.ClientError,
            ResponseParserError,
            KeysUnavailable,
        ) as error:
            raise click.ClickException(one_line(error)) from error

    wrapped.__doc__ = command.__doc__
    wrapped.__name__ = command.__name__
    wrapped.__click_params__ = (  # type: ignore[attr-defined]  # where click's decorators collect them
        wrapped.__click_params__ + getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    )
    return wrapped


def one_line(error: Exception) -> str:
    """Return what an error says, in one line, and what to do about it where that is known."""
    return " ".join(str(error).split()) + _HINTS.get(type(error), "")
