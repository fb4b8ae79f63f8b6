"""What AWS refuses ends every command with one line, and no trace."""

import os
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError
from click.testing import CliRunner, Result

from logstead.cli.main import main
from tests.unit.access.fake_ssm import FakeSSM
from tests.unit.cli.fake_stage import run
from tests.unit.fakes import client_error

COMMANDS = (
    ("keys", "create", "--scope", "read"),
    ("keys", "list"),
    ("keys", "revoke", "0123abcd"),
    ("redrive",),
    ("redrive", "--dry-run"),
)
OUTPUTS = {
    "demo": {"AccessKeysPath": "/logstead/demo/keys", "DeadLetterQueueUrl": "dead", "RetryQueueUrl": "retry"}
}
commands = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


class Refusing:
    """A client of which every call fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def call(**_: Any) -> None:
            raise self._error

        return call


def assert_one_line(done: Result, says: str) -> None:
    """Assert that a command failed by one line that says something."""
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert isinstance(done.exception, SystemExit)


@commands
@pytest.mark.parametrize(
    ("error", "says"),
    (
        (client_error("AccessDeniedException", "X", message="not\nyou"), "not you"),
        (client_error("ExpiredTokenException", "X", message="expired"), "expired"),
        (NoCredentialsError(), "--profile"),
        (EndpointConnectionError(endpoint_url="https://x"), "https://x"),
        (ResponseParserError("garbled"), "garbled"),
    ),
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else "",
)
def test_what_aws_refuses_is_told_in_one_line(command: tuple[str, ...], error: Exception, says: str) -> None:
    """Wherever in the command it happens: at the stack, or at what the command is for."""
    refusing = Refusing(error)
    assert_one_line(run(*command, outputs=OUTPUTS, ssm=refusing, sqs=refusing), says)
    refused = {"ssm": refusing, "sqs": refusing, "cloudformation": refusing}
    assert_one_line(run(*command, outputs={}, **refused), says)


@pytest.mark.parametrize("command", COMMANDS[:2], ids=" ".join)
def test_keys_that_can_not_be_read_are_told(command: tuple[str, ...]) -> None:
    """They are not taken for none."""
    ssm = FakeSSM({})
    ssm.reply = {}
    assert_one_line(run(*command, outputs=OUTPUTS, ssm=ssm), "can't be read")


@commands
@pytest.mark.parametrize(
    ("options", "environment", "says"),
    (
        ((), {}, "--region"),
        (("--region", "eu-west-1"), {}, "--profile"),
        (("--profile", "nobody"), {}, "nobody"),
        (("--region", "no region"), {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}, "no region"),
    ),
    ids=("no region", "no credentials", "no such profile", "no such region"),
)
def test_a_setup_that_is_not_there_is_told_in_one_line(
    command: tuple[str, ...], options: tuple[str, ...], environment: dict[str, str], says: str
) -> None:
    """By botocore's own checks, and with what to set up."""
    nothing: dict[str, str | None] = {name: None for name in os.environ if name.startswith("AWS_")}
    nowhere = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = CliRunner().invoke(main, [*command, *options], env={**nothing, **nowhere, **environment})
    assert_one_line(done, says)
