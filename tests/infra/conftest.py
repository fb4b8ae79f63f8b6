"""Each stage is synthesized once a session: every test but a few only looks at the result."""

from collections.abc import Callable
from functools import cache

import pytest

from tests.infra.synthesis import Synthesis, synthesis_of
from tests.infra.variants import ALL


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Synthesis]:
    """Give the function that returns a stage's synthesis, the same one each time."""

    @cache
    def synthesize_once(name: str) -> Synthesis:
        return synthesis_of(ALL[name], tmp_path_factory.mktemp(f"cdk-{name}"))

    return synthesize_once


@pytest.fixture(scope="session", params=list(ALL))
def any_stage(request: pytest.FixtureRequest, synthesize: Callable[[str], Synthesis]) -> Synthesis:
    """Give each stage's synthesis in turn, for the rules that hold in all of them."""
    name: str = request.param
    return synthesize(name)
