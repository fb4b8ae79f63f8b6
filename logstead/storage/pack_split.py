"""The cut of a batch into packs: pure, and the same for every retry.

The cut sees times and sizes alone, so by its signature it can depend on no clock, no codec and no answer
of the validation: entries that are refused count like any other, and so one refused today and taken
tomorrow moves nobody's pack or position.
"""

from collections.abc import Sequence
from typing import Final

from logstead import limits
from logstead.entry import minute_of

ENTRY_OVERHEAD_BYTES: Final = 32
"""What an entry can take in a body besides its texts (id 16, time 4, place 2, source 2, rest 5), and more."""


def split_into_packs(date_times: Sequence[str | None], sizes: Sequence[int]) -> list[list[int]]:
    """Return the positions of a batch's entries by pack, in the order in which the packs were begun.

    Every entry that was sent has a place in both arguments, refused or not: its `date_time` text and its
    size in bytes as sent and uncompressed, what it shares with others (labels) included. The time is that of
    receipt or of the claim where it has none, the one sent where that lies too far ahead, and None where it
    can't be read: such an entry goes with the one before it.
    A size is at least what the entry's `message`, `source` and `attributes` take in UTF-8, or at least what
    they compress to: that keeps a body below `PACK_BODY_BYTES_MAX` even where nothing compresses.

    One pack is open for each minute; an entry that does not fit closes it and begins another. So no pack
    crosses a minute, passes `PACK_ENTRIES_MAX`, or passes `PACK_SENT_BYTES_MAX` unless by a single entry.
    """
    if _fits_in_one(date_times, sizes):
        return [list(range(len(sizes)))]
    packs: list[list[int]] = []
    open_packs: dict[str, tuple[list[int], int]] = {}
    minute = minute_of(next((text for text in date_times if text is not None), ""))
    for position, (date_time, size) in enumerate(zip(date_times, sizes, strict=True)):
        if date_time is not None:
            minute = minute_of(date_time)
        pack, used = open_packs.get(minute, ([], 0))
        used += size + ENTRY_OVERHEAD_BYTES
        if pack and (used > limits.PACK_SENT_BYTES_MAX or len(pack) == limits.PACK_ENTRIES_MAX):
            pack, used = [], size + ENTRY_OVERHEAD_BYTES
        if not pack:
            packs.append(pack)
        pack.append(position)
        open_packs[minute] = pack, used
    return packs


def _fits_in_one(date_times: Sequence[str | None], sizes: Sequence[int]) -> bool:
    """Tell whether the whole batch is one pack, as most are: seen at once, not entry by entry."""
    is_small = 0 < len(sizes) == len(date_times) <= limits.PACK_ENTRIES_MAX
    if not is_small or None in date_times:
        return False
    times = [text for text in date_times if text is not None]
    used = sum(sizes) + len(sizes) * ENTRY_OVERHEAD_BYTES
    is_one_minute = minute_of(min(times)) == minute_of(max(times))
    return is_one_minute and used <= limits.PACK_SENT_BYTES_MAX
