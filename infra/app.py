"""The app that `cdk` runs: one stack, of the stage that `-c stage=NAME` names."""

from aws_cdk import App

from infra import stages
from infra.stack import LogsteadStack
from infra.synth import synthesize


def build(app: App) -> LogsteadStack:
    """Add the stack of the stage that the context names; raises ValueError where there is none."""
    name = app.node.try_get_context("stage")
    return LogsteadStack(app, stages.find(stages.DEFAULT_STAGE if name is None else str(name)))


if __name__ == "__main__":
    synthesize(build)
