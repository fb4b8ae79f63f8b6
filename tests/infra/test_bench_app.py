"""The benchmarks' stacks: the service's own, and the baseline's, each function printing one line."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from bench import one_line
from bench.app import build

HANDLERS = {
    "bench": {"logstead.ingest.handler.handler", "logstead.read.handler.handler"},
    "baseline": {"ingest.handler", "read.handler", "no_op.handler"},
}


def _functions(stage: str, folder: Path) -> list[dict[str, Any]]:
    template = Template.from_stack(build(App(context={"stage": stage}, outdir=str(folder))))
    return [found["Properties"] for found in template.find_resources("AWS::Lambda::Function").values()]


@pytest.mark.parametrize("stage", HANDLERS)
def test_the_measured_handlers_are_called_through_the_one_that_prints_a_line(
    stage: str, tmp_path: Path
) -> None:
    """Else the emulator would add 50 ms to one side of the comparison."""
    measured = {
        function["Environment"]["Variables"]["BENCH_HANDLER"]
        for function in _functions(stage, tmp_path)
        if function["Handler"] == one_line.HANDLER and len(function["Layers"]) == 1
    }
    assert measured == HANDLERS[stage]


def test_there_is_no_stage_beside_the_two(tmp_path: Path) -> None:
    """A mistyped one is said, not deployed."""
    with pytest.raises(ValueError, match="bench and baseline"):
        build(App(context={"stage": "demo"}, outdir=str(tmp_path)))
