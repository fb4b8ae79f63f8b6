from pathlib import Path

import pytest

from tests.docs import markdown


@pytest.mark.parametrize("page", markdown.pages(), ids=lambda page: str(page.relative_to(markdown.ROOT)))
def test_every_link_to_a_file_or_a_heading_resolves(page: Path) -> None:
    """Links between pages and into them stand."""
    broken = []
    for link in markdown.links(page.read_text(encoding="utf-8")):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in markdown.anchors(target.read_text("utf-8"))):
            broken.append(link)
    assert not broken


def test_every_page_of_the_documentation_is_linked_from_the_readme_or_an_index() -> None:
    """No page is lost."""
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in markdown.pages()
        for link in markdown.links(page.read_text(encoding="utf-8"))
    }
    docs = set((markdown.ROOT / "docs").rglob("*.md"))
    assert not docs - linked


def test_the_index_of_decisions_names_each_by_its_number_and_title() -> None:
    """The index is complete and says what the records say."""
    index = markdown.rows(markdown.read("docs/adr/README.md"), "")
    listed = [(*markdown.links(row[""]), row["decision"]) for row in index]
    folder = markdown.ROOT / "docs" / "adr"
    standing = [
        (path.name, path.read_text(encoding="utf-8").splitlines()[0].partition(". ")[2])
        for path in sorted(folder.glob("[0-9]*.md"))
    ]
    assert listed == standing
