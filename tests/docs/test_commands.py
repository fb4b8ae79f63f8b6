import re

from tests.docs import markdown


def test_the_make_targets_are_those_of_the_contributing_page() -> None:
    """Each target is documented, and each documented one exists."""
    (phony,) = re.findall(r"^\.PHONY: (.+)$", markdown.read("Makefile"), re.MULTILINE)
    rows = markdown.rows(markdown.read("CONTRIBUTING.md"), "command")
    assert {markdown.code(row["command"]) for row in rows} == {f"make {target}" for target in phony.split()}


def test_every_make_command_in_the_documentation_is_a_target() -> None:
    """Nobody is sent to a target that is not there."""
    (phony,) = re.findall(r"^\.PHONY: (.+)$", markdown.read("Makefile"), re.MULTILINE)
    for page in markdown.pages():
        named = set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= set(phony.split()), page


def test_every_module_that_the_documentation_runs_exists() -> None:
    """`python -m NAME` names a module or a package of the repository."""
    for page in markdown.pages():
        for name in re.findall(r"python3? -m ([a-z_.]+)", page.read_text(encoding="utf-8")):
            path = markdown.ROOT / name.replace(".", "/")
            assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), f"{page}: {name}"
