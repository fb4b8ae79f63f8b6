"""Makes the comment that shows a pull request's `cdk diff`.

    python3 -m delivery.diff_comment DIFF.txt DESTRUCTIVE.txt > COMMENT.md

Both files are untrusted: they come out of a job that ran the pull request's code. Their text is shown
in a code fence that it can't close, without the characters that would change how text looks.
"""

import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

MARKER: Final = "<!-- logstead: cdk diff -->"
"""The comment's first line, by which the next run finds it."""

DIFF_CHARACTERS_MAX: Final = 50_000
"""How much of the diff is shown: GitHub takes 65,536 characters a comment."""

DESTRUCTIVE_CHARACTERS_MAX: Final = 5_000


def comment(diff: str, destructive: str) -> str:
    """Return the comment's Markdown."""
    parts = [MARKER, "### `cdk diff` of the production stage"]
    if destructive.strip():
        parts += [
            "**This change is destructive**, so the check fails:",
            fenced(destructive, DESTRUCTIVE_CHARACTERS_MAX),
        ]
    parts.append(fenced(diff, DIFF_CHARACTERS_MAX))
    return "\n\n".join(parts) + "\n"


def fenced(text: str, characters_max: int) -> str:
    """Return a code block that shows a text, however many backticks it has."""
    shown = visible(text).strip("\n")
    cut = shown[:characters_max]
    longest = max((len(run) for run in re.findall(r"`+", cut)), default=0)
    fence = "`" * max(3, longest + 1)
    note = f"\n\n{len(shown) - len(cut)} more characters are in the job's log." if cut != shown else ""
    return f"{fence}text\n{cut}\n{fence}{note}"


def visible(text: str) -> str:
    """Return a text without terminal colours, control characters and those that reorder or hide text."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return "".join(
        character for character in plain if character in "\n\t" or unicodedata.category(character)[0] != "C"
    )


def main(arguments: Sequence[str]) -> int:
    """Print the comment for a diff and a list of destructive changes."""
    diff, destructive = (Path(name).read_text(encoding="utf-8", errors="replace") for name in arguments)
    sys.stdout.write(comment(diff, destructive))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
