"""Checks commit messages, and a branch's name and a pull request's title where they are given.

    python3 -m delivery.commit_messages origin/main..HEAD [--branch=NAME] [--title=TEXT]

The rules are in docs/delivery.md: Conventional Commits 1.0.0, with the types of `TYPES`.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Final

TYPES: Final = ("feat", "fix", "perf", "refactor", "test", "docs", "build", "ci", "chore", "revert")
SUBJECT_CHARACTERS_MAX: Final = 100

_SUBJECT: Final = re.compile(rf"(?:{'|'.join(TYPES)})(?:\([a-z0-9-]+\))?!?: \S.*")
_BRANCH: Final = re.compile(rf"(?:{'|'.join(TYPES)})/[a-z0-9]+(?:-[a-z0-9]+)*")


def subject_problems(subject: str) -> list[str]:
    """Return what is wrong with a commit's first line, or a pull request's title."""
    problems = []
    if not _SUBJECT.fullmatch(subject):
        problems.append(f"is not `type(scope): description` with a type of {', '.join(TYPES)}")
    if len(subject) > SUBJECT_CHARACTERS_MAX:
        problems.append(f"has {len(subject)} characters; {SUBJECT_CHARACTERS_MAX} are allowed")
    if subject.endswith("."):
        problems.append("ends with a full stop")
    return problems


def message_problems(message: str) -> list[str]:
    """Return what is wrong with a whole commit message."""
    subject, *rest = message.rstrip("\n").split("\n")
    problems = subject_problems(subject)
    if rest and rest[0]:
        problems.append("has no empty line between its subject and its body")
    return problems


def branch_problems(branch: str) -> list[str]:
    """Return what is wrong with a branch's name."""
    if _BRANCH.fullmatch(branch):
        return []
    return [f"is not `type/short-description` with a type of {', '.join(TYPES)}"]


def messages(revisions: str) -> list[str]:
    """Return the messages of the commits of a revision range, merges left out.

    Raises:
        subprocess.CalledProcessError: git does not know the range.
    """
    done = subprocess.run(  # noqa: S603  # no shell; after the dashes, git takes it for revisions alone
        ["git", "log", "--no-merges", "-z", "--format=%B", "--end-of-options", revisions],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return [message for message in done.stdout.split("\0") if message]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is wrong; return 1 where anything is."""
    parser = argparse.ArgumentParser(description="Check commit messages, a branch's name and a title.")
    parser.add_argument("revisions", help="as in origin/main..HEAD")
    parser.add_argument("--branch", help="the branch's name")
    parser.add_argument("--title", help="the pull request's title")
    given = parser.parse_args(arguments)
    found = list(_findings(given.revisions, given.branch, given.title))
    for finding in found:
        print(finding)
    return 1 if found else 0


def _findings(revisions: str, branch: str | None, title: str | None) -> Iterator[str]:
    for message in messages(revisions):
        subject = message.split("\n", 1)[0]
        yield from (f"commit {subject!r} {problem}" for problem in message_problems(message))
    if branch is not None:
        yield from (f"branch {branch!r} {problem}" for problem in branch_problems(branch))
    if title is not None:
        yield from (f"title {title!r} {problem}" for problem in subject_problems(title))


if __name__ == "__main__":
    sys.exit(main())
