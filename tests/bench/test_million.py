import pytest

from bench import million, paging
from bench.paging import Page
from bench.queries import WrongAnswer

ENTRIES = 50_000


def test_the_pages_of_an_export_together_have_each_entry_once() -> None:
    """The newest 100, a page in the middle and all pages; `python -m bench.million` does a million."""
    written, _, walked, _ = million.run(ENTRIES)
    assert written.startswith("50,000 entries written in 50 packs")
    assert walked.endswith("50,000 ids, none twice, none missing")


def test_a_late_page_costs_what_the_first_does() -> None:
    """Requests and bytes do not grow with the number of the page."""
    service, table = paging.fill(20_000)
    pages = list(paging.walk(service, table, 100))
    rows = paging.rows(pages[:10], pages[-11:-1])
    assert [row.holds for row in rows] == [True, True, None]


@pytest.mark.parametrize(
    ("ids", "messages"),
    (
        (["a", "b"], ["0 x", "1 x"]),
        (["a", "b", "b"], ["0 x", "1 x", "2 x"]),
        (["a", "b", "c"], ["0 x", "1 x", "1 x"]),
    ),
)
def test_a_missing_or_repeated_entry_is_noticed(ids: list[str], messages: list[str]) -> None:
    """By its id, or by the number in its message."""
    paging.check(["a", "b", "c"], ["0 x", "1 x", "2 x"], 3)
    with pytest.raises(WrongAnswer):
        paging.check(ids, messages, 3)


def test_pages_are_compared_by_their_means() -> None:
    """Of requests, KB and milliseconds."""
    early = [Page([], [], 5, 50_000, 0.002), Page([], [], 1, 10_000, 0.002)]
    late = [Page([], [], 8, 100_000, 0.003)]
    assert [(row.ours, row.baseline) for row in paging.rows(early, late)] == [
        (8, 3),
        (pytest.approx(100), pytest.approx(30)),
        (pytest.approx(3), pytest.approx(2)),
    ]
