"""Each stage is synthesized once a session: every test but a few only looks at the result."""

from collections.abc import Callable
from functools import cache

import pytest
from aws_cdk import App

from infra.app import build
from infra.stages import STAGES
from tests.infra.synthesis import CONTEXT, Synthesis


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Synthesis]:
    """Give the function that returns a stage's synthesis, the same one each time."""

    @cache
    def synthesize_once(stage: str) -> Synthesis:
        folder = tmp_path_factory.mktemp(f"cdk-{stage}")
        app = App(context={**CONTEXT, "stage": stage}, outdir=str(folder))
        return Synthesis(app=app, stack=build(app), folder=folder)

    return synthesize_once


@pytest.fixture(scope="session", params=list(STAGES))
def any_stage(request: pytest.FixtureRequest, synthesize: Callable[[str], Synthesis]) -> Synthesis:
    """Give each stage's synthesis in turn, for the rules that hold in all of them."""
    name: str = request.param
    return synthesize(name)
