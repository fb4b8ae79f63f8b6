import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.diff_comment import (
    DESTRUCTIVE_CHARACTERS_MAX,
    DIFF_CHARACTERS_MAX,
    MARKER,
    comment,
    fenced,
    main,
    visible,
)

GITHUB_CHARACTERS_MAX = 65_536


@given(st.text(alphabet=st.sampled_from("`~ab \n<!->@#[]()\r\x1b"), max_size=200))
def test_no_text_closes_the_fence_that_it_stands_in(text: str) -> None:
    """CommonMark, section 4.5: a fence is closed by a line of at least as many backticks as opened it."""
    opening, *lines, closing = fenced(text, 10_000).split("\n")
    fence = opening.removesuffix("text")
    assert closing == fence
    assert set(fence) == {"`"}
    assert not any(re.fullmatch(rf" {{0,3}}{fence}`*\s*", line) for line in lines)


def test_what_hides_or_reorders_text_is_left_out() -> None:
    """Terminal colours, controls, bidirectional overrides, zero-width characters."""
    assert visible("\x1b[31mred\x1b[0m a\u202eb\u200bc\x00\r\n\tö│") == "red abc\n\tö│"


def test_the_longest_comment_is_one_that_github_takes() -> None:
    """Both parts are cut, and the cut is said."""
    text = comment("d" * 200_000, "x" * 200_000)
    assert len(text) < GITHUB_CHARACTERS_MAX
    assert f"{200_000 - DIFF_CHARACTERS_MAX} more characters" in text
    assert f"{200_000 - DESTRUCTIVE_CHARACTERS_MAX} more characters" in text


def test_a_destructive_change_is_said_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And not a word of it where there is none."""
    diff, destructive = tmp_path / "diff.txt", tmp_path / "destructive.txt"
    diff.write_text("the diff")
    destructive.write_text("LogTable is removed\n")
    assert main([str(diff), str(destructive)]) == 0
    text = capsys.readouterr().out
    assert text.startswith(MARKER + "\n")
    assert text.index("LogTable is removed") < text.index("the diff")
    assert "destructive" not in comment("the diff", "\n")
