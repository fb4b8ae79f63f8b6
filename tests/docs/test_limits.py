from logstead import limits
from tests.docs import markdown


def test_the_page_lists_every_limit_with_its_value_and_no_other() -> None:
    """The page is the module's constants."""
    documented = {
        markdown.code(row["name"]): row["value"]
        for row in markdown.rows(markdown.read("docs/limits.md"), "name")
    }
    assert documented == {name: _shown(value) for name, value in vars(limits).items() if name.isupper()}


def test_every_limit_says_its_unit_and_its_consequence() -> None:
    """A number without a unit, or without what follows, tells nothing."""
    for row in markdown.rows(markdown.read("docs/limits.md"), "name"):
        assert row["unit"], row
        assert row["reaching it"], row


def _shown(value: object) -> str:
    return ", ".join(map(_shown, value)) if isinstance(value, tuple) else f"{value:,}"
