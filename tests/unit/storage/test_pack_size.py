import json
import random

import pytest

from bench.corpus import corpus, size_as_sent
from logstead import limits
from logstead.entry import LogEntry
from logstead.storage.pack import Pack, make_pack
from logstead.storage.pack_codec import CODECS
from logstead.storage.pack_id import pack_id
from logstead.storage.pack_layout import PREAMBLE
from logstead.storage.pack_split import ENTRY_OVERHEAD_BYTES, split_into_packs
from tests.unit.storage.pack_samples import entry

ITEM_BYTES_MAX = 400 * 1024
FIXED_BYTES_MAX = 128


def packs_of(entries: list[LogEntry], sizes: list[int], codec: int) -> list[tuple[int, Pack]]:
    """Return the packs of a batch, each with the bytes that its entries count for in the split."""
    packs = []
    for number, positions in enumerate(split_into_packs([row.date_time for row in entries], sizes)):
        pack = make_pack(pack_id(b"seed", number), [entries[p] for p in positions], 4_000_000_000, codec)
        assert pack is not None
        packs.append((sum(sizes[p] + ENTRY_OVERHEAD_BYTES for p in positions), pack))
    return packs


def item_bytes(pack: Pack) -> int:
    """Return the size of a body item by DynamoDB's rules, at most."""
    attributes = pack.header.to_item_attributes()
    return len(pack.body) + len("Body") + len("LogID") + 41 + len(json.dumps(attributes))


def content_bytes(row: LogEntry) -> int:
    """Return the UTF-8 bytes of an entry's texts: the least that a size may be."""
    return sum(len((text or "").encode()) for text in (row.message, row.source, row.attributes))


def noise(rnd: random.Random, length: int) -> str:
    """Return text that hardly compresses."""
    return "".join(chr(rnd.randrange(0x4E00, 0x9FFF)) for _ in range(length))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("length", (1, 12, 20, 1_000, 80_000))
def test_what_does_not_compress_still_fits_in_an_item(length: int, codec: int) -> None:
    """The worst of everything: noise, ids of their own, out of order, many sources, the smallest sizes."""
    rnd = random.Random(length)
    entries = [
        entry(
            rnd.randrange(60_000_000),
            noise(rnd, length),
            id=f"{rnd.getrandbits(128):032x}",
            filled=(),
            source=noise(rnd, 2),
        )
        for _ in range(min(4_500, 900_000 // length))
    ]
    for used, pack in packs_of(entries, [content_bytes(row) for row in entries], codec):
        _, _, _, _, *sizes = PREAMBLE.unpack_from(pack.body)
        assert sum(sizes[::2]) <= used + FIXED_BYTES_MAX  # even if no frame could be compressed
        assert used + FIXED_BYTES_MAX <= limits.PACK_BODY_BYTES_MAX
        assert item_bytes(pack) <= ITEM_BYTES_MAX


@pytest.mark.parametrize("codec", CODECS)
def test_the_largest_entry_fits_in_an_item(codec: int) -> None:
    """256 KB of noise is one pack."""
    largest = entry(0, noise(random.Random(1), 256 * 1024 // 3))
    [(_, pack)] = packs_of([largest], [256 * 1024], codec)
    assert item_bytes(pack) <= ITEM_BYTES_MAX


@pytest.mark.parametrize("codec", CODECS)
def test_numbers_that_grow_when_they_are_normalised_still_fit(codec: int) -> None:
    """`97e14` is kept as 9700000000000000.0: more bytes than were sent, but not once compressed."""
    rnd = random.Random(1)
    entries, sizes = [], []
    for _ in range(3):
        raw = '{"a":[' + ",".join(f"{rnd.randrange(10, 99)}e14" for _ in range(40_000)) + "]}"
        attributes = json.dumps(json.loads(raw), separators=(",", ":"))
        assert len(attributes) > 2 * len(raw)
        entries.append(entry(0, attributes=attributes))
        sizes.append(len(raw))
    for used, pack in packs_of(entries, sizes, codec):
        assert len(pack.body) < used


@pytest.mark.parametrize(
    ("own_ids", "count", "bytes_max"),
    ((False, 10, 105), (False, 100, 55), (False, 1_000, 42), (True, 1_000, 59)),
)
def test_a_realistic_entry_takes_few_bytes(own_ids: bool, count: int, bytes_max: int) -> None:  # noqa: FBT001
    """Stated in docs/adr/0010-pack-layout.md, measured by `python -m bench.pack_size`."""
    entries = corpus(count, own_ids=own_ids)
    [(_, pack)] = packs_of(entries, [size_as_sent(row) for row in entries], max(CODECS))
    assert len(pack.body) / count <= bytes_max


def test_a_pack_of_the_realistic_corpus_is_as_large_as_meant() -> None:
    """Full packs come to tens of KB compressed: few items for many entries, each quick to read."""
    entries = corpus(4_000, own_ids=True)
    packs = packs_of(entries, [size_as_sent(row) for row in entries], max(CODECS))
    assert [40_000 < len(pack.body) < 90_000 for _, pack in packs[:-1]] == [True] * (len(packs) - 1)
