"""Just enough Markdown: tables, fenced blocks, headings and links."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced block; `language` is empty where the fence names none."""

    language: str
    text: str


def pages() -> list[Path]:
    """Return every Markdown file of the repository that is written by hand."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/**/*.md")])


def read(name: str) -> str:
    """Return a file's text by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str, first_column: str) -> list[dict[str, str]]:
    """Return the rows of all tables whose first heading is `first_column`, each by heading.

    Raises:
        LookupError: there is no such table, so nothing would be checked.
    """
    found: list[dict[str, str]] = []
    seen = False
    for block in re.findall(r"(?:^\|.*\n?)+", _without_fences(text), re.MULTILINE):
        heading, _rule, *body = [_cells(line) for line in block.splitlines()]
        if heading[0] == first_column:
            seen = True
            found += [dict(zip(heading, cells, strict=True)) for cells in body]
    if not seen:
        raise LookupError(f"no table starts with the column {first_column!r}")
    return found


def code(cell: str) -> str:
    """Return the text of the first code span in a cell."""
    match = re.search(r"`([^`]*)`", cell)
    assert match is not None, f"no code in {cell!r}"
    return match.group(1)


def fences(text: str) -> list[Fence]:
    """Return the fenced blocks in their order."""
    return [Fence(language, body) for language, body in _FENCE.findall(text)]


def links(text: str) -> list[str]:
    """Return the targets of all links outside of fenced blocks."""
    return _LINK.findall(_without_fences(text))


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives the headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(_without_fences(text))
    }


def _without_fences(text: str) -> str:
    return _FENCE.sub("", text)


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
