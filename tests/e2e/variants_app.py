"""The app of every local stage but `local`, to deploy all of them by one command."""

from aws_cdk import App

from infra.stack import LogsteadStack
from infra.stages import LOCAL_VARIANTS


def main() -> None:
    """Synthesize one stack a stage."""
    app = App()
    for stage in LOCAL_VARIANTS.values():
        LogsteadStack(app, stage)
    app.synth()


if __name__ == "__main__":
    main()
