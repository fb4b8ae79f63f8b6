import json
from functools import cache
from pathlib import Path

import pytest

from bench import cost
from bench.corpus import corpus
from bench.stored import literal_items, posted, single_bodies
from bench.units import is_indexed, item_bytes
from tests.docs import markdown

SAMPLE = 3_000
FIGURES = ("writes", "Lambda", "total", "keep", "read", "search")


@cache
def found(sample: int = SAMPLE) -> tuple[cost.Cost, ...]:
    """Return the costs of entries without attributes."""
    return tuple(cost.costs(corpus(sample, own_ids=False, has_attributes=False)))


def test_packs_of_1000_cost_at_most_0_3_of_cloudwatch_and_a_50th_of_the_literal_design() -> None:
    """What issue 5 asks: the same messages, ours with Lambda, CloudWatch with nothing but their ingestion."""
    of_cloudwatch, of_literal = cost.shares(found())
    assert of_cloudwatch <= cost.OF_CLOUDWATCH_MAX == 0.3
    assert of_literal <= cost.OF_LITERAL_MAX == 1 / 50


def test_larger_batches_cost_less_to_store_and_to_keep() -> None:
    """From single entries to packs of 1,000."""
    ours = found()[1:-2]
    assert len(ours) == 4
    assert [one.total for one in ours] == sorted((one.total for one in ours), reverse=True)
    assert [one.keep_gb for one in ours] == sorted((one.keep_gb for one in ours), reverse=True)


def test_the_items_are_the_services_own() -> None:
    """Single entries are one indexed item each; the literal design's are as its own code puts them."""
    entries = corpus(5, own_ids=True, has_attributes=False)
    ours, literal = posted(single_bodies(entries)), list(literal_items(entries))
    assert all(map(is_indexed, [*ours, *literal]))
    assert [item["Message"] for item in ours] == [item["Message"] for item in literal]
    assert [item_bytes(one) - item_bytes(other) for one, other in zip(ours, literal, strict=True)] == [
        len("Source" + (entry.source or "")) for entry in entries
    ]


def test_the_page_gives_the_figures_of_the_benchmark() -> None:
    """docs/costs.md repeats the first table of `make bench-cost`."""
    stated = markdown.rows(markdown.read("docs/costs.md"), "way")
    computed = found(cost.ENTRIES)
    assert [row["way"] for row in stated] == [one.name for one in computed]
    for row, one in zip(stated, computed, strict=True):
        figures = (one.writes, one.functions, one.total, one.keep_gb, one.read_gb, one.search_gb)
        for name, figure in zip(FIGURES, figures, strict=True):
            assert float(row[name]) == pytest.approx(figure, rel=0.03, abs=0.0006), (one.name, name)


def test_the_command_prints_every_way_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And succeeds where the requirements hold."""
    monkeypatch.setattr(cost, "samples", lambda: {"few": corpus(SAMPLE, own_ids=False, has_attributes=False)})
    assert cost.main(["--json", str(tmp_path / "cost.json")]) == 0
    printed = capsys.readouterr().out
    run = json.loads((tmp_path / "cost.json").read_text(encoding="utf-8"))
    assert all(one["name"] in printed for one in run["samples"]["few"])
    assert run["ofCloudWatch"] < 0.3
