"""When counts may hold an entry twice: told from the spans and kinds of items alone."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead.read.tally import DERIVED, OWN, SINGLE, Span, Tally, may_share_an_entry

KINDS = (SINGLE, DERIVED, OWN)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """Draw an item's span: a single entry's is a moment."""
    kind = draw(st.sampled_from(KINDS))
    oldest = draw(st.integers(0, 9))
    newest = oldest if kind == SINGLE else draw(st.integers(oldest, 9))
    return Span(str(oldest), str(newest), kind)


@given(st.lists(spans(), max_size=6))
def test_it_is_told_by_any_two_items_that_meet_and_whose_ids_may_be_one(items: list[Span]) -> None:
    """Two single entries of one id are one item, and derived ids are of their own pack."""
    expected = any(
        one.oldest <= other.newest and other.oldest <= one.newest
        for number, one in enumerate(items)
        for other in items[:number]
        if {one.kind, other.kind} not in ({SINGLE}, {DERIVED})
    )
    assert may_share_an_entry(items) is expected


@pytest.mark.parametrize(("one", "other"), tuple(product(KINDS, KINDS)))
def test_spans_that_touch_meet(one: int, other: int) -> None:
    """At the same microsecond, whichever is told first."""
    met = may_share_an_entry([Span("1", "1", one), Span("1", "1", other)])
    assert met is ((one, other) not in {(SINGLE, SINGLE), (DERIVED, DERIVED)})


def test_minutes_are_judged_when_nothing_more_of_them_can_come() -> None:
    """And only those: the minute at which a count stands may get another item."""
    tally = Tally()
    for minute in ("2026-02-09T21:50", "2026-02-09T21:51"):
        for _ in range(2):
            tally.note(Span(f"{minute}:00", f"{minute}:01", OWN))
    tally.settle("2026-02-09T21:51")
    assert not tally.may_count_twice
    tally.settle("2026-02-09T21:50")
    assert tally.may_count_twice
