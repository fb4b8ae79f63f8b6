"""Synthesizes a stage in this process and answers questions about its template."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack

from infra.stack import LogsteadStack
from infra.stages import Stage

ROOT = Path(__file__).resolve().parents[2]
CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
"""What the CDK command line gives the app beside the person's own `-c` settings."""


@dataclass(frozen=True)
class Synthesis:
    """One stack as `cdk synth` writes it."""

    app: App
    stack: Stack
    folder: Path

    @property
    def stage(self) -> Stage:
        """The settings that the stack was made from."""
        assert isinstance(self.stack, LogsteadStack)
        return self.stack.stage

    @cached_property
    def template_path(self) -> Path:
        """Where the template is; synthesizes first."""
        self.app.synth()
        return self.folder / f"{self.stack.stack_name}.template.json"

    @cached_property
    def template(self) -> dict[str, Any]:
        """The whole template."""
        template: dict[str, Any] = json.loads(self.template_path.read_text(encoding="utf-8"))
        return template

    def resources(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """Return the resources of one type by their logical ids."""
        return {
            logical_id: resource
            for logical_id, resource in self.template["Resources"].items()
            if resource["Type"] == resource_type
        }

    def properties(self, logical_id: str) -> dict[str, Any]:
        """Return the properties of one resource."""
        properties: dict[str, Any] = self.template["Resources"][logical_id]["Properties"]
        return properties

    def function(self, handler: str) -> str:
        """Return the logical id of the function with this handler."""
        (logical_id,) = (
            logical_id
            for logical_id, function in self.resources("AWS::Lambda::Function").items()
            if function["Properties"]["Handler"] == handler
        )
        return logical_id


def synthesis_of(stage: Stage, folder: Path) -> Synthesis:
    """Return a stage's stack, in an app of its own."""
    app = App(context=CONTEXT, outdir=str(folder))
    return Synthesis(app=app, stack=LogsteadStack(app, stage), folder=folder)


INGEST = "logstead.ingest.handler.handler"
READ = "logstead.read.handler.handler"
REPLAY = "logstead.recovery.handler.handler"
