"""The layer that makes a deployed function print one line a request, without touching its code."""

from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_

HANDLER = "one_line.handler"
FOLDER = Path(__file__).with_name("layer")


def print_one_line(stack: Stack, *functions: lambda_.Function) -> None:
    """Put the layer's handler before each function's own one."""
    code = lambda_.Code.from_asset(str(FOLDER), exclude=["**/__pycache__"])
    layer = lambda_.LayerVersion(stack, "OneLine", code=code)
    for function in functions:
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101 - what Function always is made of
        assert resource.handler is not None  # noqa: S101 - a function of a code asset has one
        function.add_environment("BENCH_HANDLER", resource.handler)
        function.add_layers(layer)
        resource.handler = HANDLER
