"""The benchmarks' CDK app: `-c stage=bench` is the service, `-c stage=baseline` what it is held against.

Both as their own users would deploy them, apart from the layer that prints one line.
"""

from dataclasses import replace

from aws_cdk import App, Stack

from bench.baseline.stack import BaselineStack
from bench.one_line import print_one_line
from infra import stages
from infra.stack import LogsteadStack
from infra.synth import synthesize

BENCH = replace(stages.find("local"), name="bench", write_shards=1, read_shards=1)
"""One shard, as a bare `cdk deploy` has it: the specification's schema to the letter, so like meets like."""


def build(app: App) -> Stack:
    """Add the stack that the context names; raises ValueError where there is none."""
    name = app.node.try_get_context("stage")
    if name == "baseline":
        return BaselineStack(app, "Baseline")
    if name != BENCH.name:
        raise ValueError(f"the benchmarks have the stages bench and baseline; not {name!r}")
    stack = LogsteadStack(app, BENCH)
    print_one_line(stack, stack.ingest.function, stack.read.function)
    return stack


if __name__ == "__main__":
    synthesize(build)
