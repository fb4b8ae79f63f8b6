"""The exception tree and the limits: what is drawn and named is what there is."""

import inspect
import re
from pathlib import Path

import pytest

from logstead import errors, limits

ROOT = Path(__file__).parents[2]
LIMITS = tuple(name for name in vars(limits) if name.isupper())


def drawn() -> dict[str, str | None]:
    """Return each class of the tree in the module's docstring, with the one that it stands under."""
    parents: dict[int, str] = {}
    found: dict[str, str | None] = {}
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"([\u2502\u251c\u2514\u2500 ]*)([A-Z]\w+)(?: {2,}|$)", line):
            depth = len(match[1]) // 4
            parents[depth] = match[2]
            found[match[2]] = parents[depth - 1] if depth else None
    return found


def test_the_tree_in_the_docstring_is_the_tree_of_the_code() -> None:
    """Every class, under its parent, and none that is gone."""
    classes = {
        name: kind.__bases__[0].__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.LogsteadError) and kind is not errors.LogsteadError
    }
    assert drawn() == {"LogsteadError": None, **classes}


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_is_used_and_says_what_reaching_it_does(name: str) -> None:
    """A limit that nothing reads limits nothing; each one has a sentence of its own."""
    sources = [
        path.read_text()
        for folder in ("logstead", "infra")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "limits.py"
    ]
    assert any(f"limits.{name}" in source for source in sources)
    assert re.search(rf'^{name} = .*\n"""', Path(limits.__file__).read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", LIMITS)
def test_the_last_word_of_a_limit_is_its_unit_or_its_bound(name: str) -> None:
    """Units are last: `_S`, `_BYTES_MAX`."""
    assert re.fullmatch(r"[A-Z0-9_]+_(MAX|MIN|S|DAYS|DEFAULT)", name)
