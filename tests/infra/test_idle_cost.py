"""What an idle month costs, by the templates."""

from collections.abc import Callable

import pytest

from bench.idle_cost import SHOWN, Line, idle_lines
from tests.docs import markdown
from tests.infra.synthesis import Synthesis, synthesis_of

COSTS = markdown.read("docs/costs.md")


def test_every_resource_has_a_price_or_none_when_idle(any_stage: Synthesis) -> None:
    """A new kind of resource must be looked up, before it is on a bill."""
    assert idle_lines(any_stage.template)


def test_an_unknown_resource_is_an_error(synthesize: Callable[[str], Synthesis]) -> None:
    """Its price would be left out without a word."""
    template = synthesize("demo").template
    resources = {**template["Resources"], "Gateway": {"Type": "AWS::EC2::NatGateway"}}
    with pytest.raises(ValueError, match="AWS::EC2::NatGateway"):
        idle_lines({"Resources": resources})


def test_an_idle_demo_is_billed_what_it_stores(synthesize: Callable[[str], Synthesis]) -> None:
    """The polls of its queue stay within what SQS gives every account each month."""
    lines = idle_lines(synthesize("demo").template)
    assert sum(line.billed for line in lines) == 0


@pytest.mark.parametrize("name", list(SHOWN))
def test_the_page_gives_the_idle_month_of_each_stage(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The table is what the command prints."""
    stated = {
        row["for"]: (row["$ by the list"], row["$ billed"])
        for row in markdown.rows(COSTS, "stage")
        if markdown.code(row["stage"]) == name
    }
    lines = idle_lines(synthesis_of(SHOWN[name], tmp_path_factory.mktemp("cdk")).template)
    computed = {f"{line.count:,} {line.what}": _shown([line]) for line in lines}
    assert stated == {**computed, "in all": _shown(lines)}


def _shown(lines: list[Line]) -> tuple[str, str]:
    return f"{sum(line.listed for line in lines):.2f}", f"{sum(line.billed for line in lines):.2f}"
