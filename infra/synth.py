"""What each CDK app here does when it is run."""

import sys
from collections.abc import Callable

from aws_cdk import App


def synthesize(build: Callable[[App], object]) -> None:
    """Synthesize what is built into an app, or exit with the one line that a ValueError says is wrong."""
    app = App()
    try:
        build(app)
    except ValueError as error:
        sys.exit(str(error))
    app.synth()
