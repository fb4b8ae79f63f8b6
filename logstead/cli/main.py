"""The commands of `python -m logstead`."""

import click

from logstead.cli.keys import keys
from logstead.cli.redrive import redrive


@click.group()
def main() -> None:
    """Look after a deployed stage of Logstead."""


main.add_command(keys)
main.add_command(redrive)
