"""`keys`: make, list and revoke the access keys of a stage in auth mode `token`."""

from datetime import UTC, datetime

import click
from botocore.exceptions import ClientError

from logstead import limits
from logstead.access.key_store import list_keys
from logstead.access.keys import SCOPES, encode_key, make_key
from logstead.cli.options import with_stage
from logstead.cli.stack import Stage


@click.group()
def keys() -> None:
    """Make, list and revoke access keys."""


@keys.command()
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="May be repeated."
)
@click.option("--label", default="", help="Who will hold it; shown by `list`.")
@with_stage
def create(stage: Stage, scopes: tuple[str, ...], label: str) -> None:
    """Make a key and print it: the only time that it is shown.

    To rotate, make a second one, hand it out, then revoke the first.
    """
    stage.check_takes_keys()
    ssm = stage.client("ssm")
    if len(list_keys(ssm, stage.keys_path)) >= limits.KEYS_MAX:
        raise click.ClickException(
            f"The stage has {limits.KEYS_MAX} keys, the most it may; revoke one first."
        )
    key, stored = make_key(
        tuple(dict.fromkeys(scopes)), label, datetime.now(UTC).isoformat(timespec="seconds")
    )
    ssm.put_parameter(
        Name=f"{stage.keys_path}/{stored.key_id}",
        Value=encode_key(stored),
        Type="String",
        Description="SHA-256 of a Logstead access key",
    )
    click.echo(f"Key {stored.key_id} ({', '.join(stored.scopes)}) is made; keep it now:", err=True)
    click.echo(key)


@keys.command("list")
@with_stage
def list_(stage: Stage) -> None:
    """List the keys: id, scopes, when made, label. Secrets are not kept, so none is shown.

    Keys outlive their stage's stack, and a change of its mode: those are listed too.
    """
    found = list_keys(stage.client("ssm"), stage.keys_path)
    if not found:
        stage.check_takes_keys()
        click.echo(f"The stage {stage.name} has no keys.", err=True)
    for key in sorted(found, key=lambda key: key.created_at):
        click.echo(f"{key.key_id}  {','.join(key.scopes):10}  {key.created_at}  {key.label}")


@keys.command()
@click.argument("key_id")
@with_stage
def revoke(stage: Stage, key_id: str) -> None:
    """Revoke a key, by its id: it stops working within a minute."""
    try:
        stage.client("ssm").delete_parameter(Name=f"{stage.keys_path}/{key_id}")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        raise click.ClickException(f"The stage {stage.name} has no key {key_id}.") from error
    click.echo(
        f"Key {key_id} is revoked; it stops working within {limits.KEYS_STALE_MAX_S + 10} s.", err=True
    )
