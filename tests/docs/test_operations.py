"""docs/operations.md and the README's stages against the configuration and the CDK app."""

import ast
import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum

import pytest

from infra.stages import STAGES, Stage
from logstead.config import AccessConfig, IngestConfig, ReadConfig, ReplayConfig
from tests.docs import markdown
from tests.infra.alarm_names import ALARMS

OPERATIONS = markdown.read("docs/operations.md")
README = markdown.read("README.md")


class _Recorder(Mapping[str, str]):
    """An environment that notes what it is asked for; all it holds is valid."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return "token" if name == "AUTH_MODE" else "1"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


CONFIGS: tuple[tuple[str, tuple[Callable[[Mapping[str, str]], object], ...]], ...] = (
    ("ingest", (IngestConfig.from_environ, AccessConfig.from_environ)),
    ("read", (ReadConfig.from_environ, AccessConfig.from_environ)),
    ("replay", (ReplayConfig.from_environ,)),
)


@pytest.mark.parametrize(("function", "from_environ"), CONFIGS)
def test_the_page_lists_every_variable_that_a_function_reads_and_no_other(
    function: str, from_environ: tuple[Callable[[Mapping[str, str]], object], ...]
) -> None:
    """The table of variables is what the configs ask their environment for."""
    recorder = _Recorder()
    for read in from_environ:
        read(recorder)
    documented = {
        markdown.code(row["variable"])
        for row in markdown.rows(OPERATIONS, "variable")
        if function in row["functions"].split(", ")
    }
    assert documented == recorder.asked


def test_the_page_and_the_readme_name_every_output_and_no_other() -> None:
    """Outputs are the stack's."""
    outputs = {
        node.args[1].value
        for node in ast.walk(ast.parse(markdown.read("infra/stack.py")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "CfnOutput"
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
    }
    assert {markdown.code(row["output"]) for row in markdown.rows(OPERATIONS, "output")} == outputs
    assert all(f"`{output}`" in README for output in outputs)


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_the_page_gives_every_setting_of_every_stage(stage: Stage) -> None:
    """The table of settings is the stages' values."""
    documented = {
        markdown.code(row["setting"]): row[f"`{stage.name}`"] for row in markdown.rows(OPERATIONS, "setting")
    }
    settings = {
        field.name: _shown(getattr(stage, field.name))
        for field in dataclasses.fields(stage)
        if field.name != "name"
    }
    assert documented == settings


def test_the_readme_lists_every_stage_with_its_stack_and_shards() -> None:
    """The README's stages are the code's."""
    listed = {
        markdown.code(row["stage"]): (markdown.code(row["stack"]), int(row["shards"]))
        for row in markdown.rows(README, "stage")
    }
    assert listed == {stage.name: (stage.stack_name, stage.write_shards) for stage in STAGES.values()}


def test_the_page_lists_every_alarm_and_no_other() -> None:
    """With what to look at when it goes off."""
    listed = [
        name
        for row in markdown.rows(OPERATIONS, "alarm")
        for name in re.findall(r"`([A-Za-z]+)`", row["alarm"])
    ]
    assert len(listed) == len(set(listed))
    assert set(listed) == ALARMS | {"ApiFailing", "IngestUrlFailing", "ReadUrlFailing"}


def _shown(value: object) -> str:
    match value:
        case None:
            return "–"  # noqa: RUF001 - the dash that the table uses for "not set"
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case int():
            return f"{value:,}"
        case tuple():
            return ", ".join(map(str, value)) or "–"  # noqa: RUF001 - as above
    return str(value)
