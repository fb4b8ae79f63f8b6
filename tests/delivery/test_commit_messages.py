import os
import subprocess
from pathlib import Path

import pytest

from delivery import commit_messages
from delivery.commit_messages import branch_problems, main, message_problems, subject_problems
from tests.docs import markdown


@pytest.mark.parametrize(
    "subject",
    (
        "feat: page through entries",
        "fix(read)!: order equal times",
        "build(deps): pin click",
        "revert: feat: x",
    ),
)
def test_a_conventional_subject_is_taken(subject: str) -> None:
    """Type, optional scope, optional breaking mark, description."""
    assert subject_problems(subject) == []


@pytest.mark.parametrize(
    "subject",
    (
        "page through entries",
        "feature: page",
        "feat:page",
        "feat: ",
        "Feat: page",
        "feat(Read): page",
        "feat (read): page",
        "feat: page.",
        "feat: " + "x" * 100,
        "",
    ),
)
def test_any_other_subject_is_refused(subject: str) -> None:
    """Each breaks one rule."""
    assert len(subject_problems(subject)) == 1


def test_a_body_follows_after_an_empty_line() -> None:
    """Git takes what follows at once for a part of the subject."""
    assert message_problems("fix: a\n\nWhy.\n") == []
    assert message_problems("fix: a\nWhy.\n") == ["has no empty line between its subject and its body"]


@pytest.mark.parametrize(
    ("branch", "is_taken"), (("feat/paging-2", True), ("paging", False), ("feat/Paging", False))
)
def test_a_branch_is_named_by_type_and_description(branch: str, *, is_taken: bool) -> None:
    """Lower-case letters, digits and hyphens."""
    assert (branch_problems(branch) == []) is is_taken


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty git repository, with nobody's configuration, as the working folder."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.chdir(tmp_path)
    _git("init", "--quiet", "--initial-branch=main")
    return tmp_path


def _git(*arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], check=True)


def _commit(message: str) -> None:
    _git("commit", "--quiet", "--allow-empty", "-m", message)


@pytest.mark.usefixtures("repository")
def test_only_the_commits_of_the_range_are_checked_and_merges_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What stands on main is past mending; a merge's message is git's."""
    _commit("the first commit of all")
    _git("branch", "base")
    _git("checkout", "--quiet", "-b", "side")
    _commit("feat: good\n\nWhy.")
    _git("checkout", "--quiet", "main")
    _git("merge", "--quiet", "--no-ff", "side")
    assert main(["base..HEAD"]) == 0
    _commit("bad one")
    assert main(["base..HEAD", "--branch=Bad", "--title=worse"]) == 1
    named = [line.split(" is not ")[0] for line in capsys.readouterr().out.splitlines()]
    assert named == ["commit 'bad one'", "branch 'Bad'", "title 'worse'"]


@pytest.mark.usefixtures("repository")
def test_a_range_that_looks_like_an_option_is_none() -> None:
    """Nothing that a caller passes is taken for an option of git's."""
    _commit("feat: good")
    with pytest.raises(subprocess.CalledProcessError):
        commit_messages.messages("--output=written")
    assert not Path("written").exists()


def test_the_documented_types_are_those_that_are_taken() -> None:
    """The table of docs/delivery.md is the code's."""
    rows = markdown.rows(markdown.read("docs/delivery.md"), "type")
    assert tuple(markdown.code(row["type"]) for row in rows) == commit_messages.TYPES
