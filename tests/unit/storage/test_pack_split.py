from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead import limits
from logstead.storage.pack_split import ENTRY_OVERHEAD_BYTES, split_into_packs
from tests.unit.storage.pack_samples import date_time

MINUTES = ("2026-02-09T21:50", "2026-02-09T21:51", "2026-02-09T22:00")

times = st.none() | st.builds(date_time, st.integers(0, 59_999_999), st.sampled_from(MINUTES))
sizes = st.integers(0, 2_000) | st.integers(0, 300_000)
batches = st.lists(st.tuples(times, sizes), max_size=60)


def split(batch: list[tuple[str | None, int]]) -> list[list[int]]:
    """Split times with their sizes."""
    return split_into_packs([time for time, _ in batch], [size for _, size in batch])


@given(batches)
def test_every_entry_is_in_one_pack_in_order_of_arrival(batch: list[tuple[str | None, int]]) -> None:
    """No entry is lost or stored twice; positions in a pack, and packs by their first entry, ascend."""
    packs = split(batch)
    assert sorted(position for pack in packs for position in pack) == list(range(len(batch)))
    assert all(a < b for pack in packs for a, b in pairwise(pack))
    assert all(a[0] < b[0] for a, b in pairwise(packs))


@given(batches)
def test_a_pack_keeps_to_one_minute_and_to_its_bounds(batch: list[tuple[str | None, int]]) -> None:
    """Only an entry that is too large by itself passes the bound on bytes, and it is alone."""
    for pack in split(batch):
        assert len({time[:16] for p in pack if (time := batch[p][0]) is not None}) <= 1
        assert len(pack) <= limits.PACK_ENTRIES_MAX
        used = sum(batch[p][1] + ENTRY_OVERHEAD_BYTES for p in pack)
        assert used <= limits.PACK_SENT_BYTES_MAX or len(pack) == 1


@given(batches, batches)
def test_what_follows_moves_nothing_before_it(
    batch: list[tuple[str | None, int]], more: list[tuple[str | None, int]]
) -> None:
    """An entry appended, refused or not, leaves the pack and the position of each other as they were."""
    if not any(time for time, _ in batch):
        return
    longer = [[p for p in pack if p < len(batch)] for pack in split(batch + more)]
    assert [pack for pack in longer if pack] == split(batch)


def test_an_entry_whose_time_cannot_be_read_goes_with_the_one_before_it() -> None:
    """It is refused but keeps its place; with none before it, it goes with the first that has a time."""
    first, second = date_time(0, MINUTES[0]), date_time(0, MINUTES[1])
    assert split_into_packs([None, first, None, second, None], [10] * 5) == [[0, 1, 2], [3, 4]]
    assert split_into_packs([None, None], [10] * 2) == [[0, 1]]


def test_entries_that_go_to_and_fro_across_a_minute_make_two_packs() -> None:
    """One pack is open for each minute; a pack for each change would cost a write each."""
    first, second = date_time(59_999_999, MINUTES[0]), date_time(0, MINUTES[1])
    assert split_into_packs([first, second] * 50, [10] * 100) == [
        list(range(0, 100, 2)),
        list(range(1, 100, 2)),
    ]


def test_the_bounds_themselves_still_fit() -> None:
    """4,096 entries, or exactly the bytes, are one pack; one more entry or byte begins another."""
    count, time = limits.PACK_ENTRIES_MAX, date_time(0)
    assert [len(pack) for pack in split_into_packs([time] * (count + 1), [1] * (count + 1))] == [count, 1]
    half = limits.PACK_SENT_BYTES_MAX // 2 - ENTRY_OVERHEAD_BYTES
    assert split_into_packs([time] * 2, [half, half]) == [[0, 1]]
    assert split_into_packs([time] * 2, [half, half + 1]) == [[0], [1]]


def test_the_largest_entry_of_a_batch_fits() -> None:
    """256 KB is within the bound, so it shares a pack with what is left of it."""
    assert split_into_packs([date_time(0)] * 2, [256 * 1024, 100 * 1024]) == [[0, 1]]


def test_every_entry_needs_a_time_and_a_size() -> None:
    """Lists of two lengths are the caller's mistake, never a shorter split."""
    with pytest.raises(ValueError, match="shorter"):
        split_into_packs([date_time(0)] * 2, [1])
