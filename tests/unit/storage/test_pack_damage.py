import random
import struct
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from backports.zstd import CompressionParameter, ZstdCompressor, compress

from logstead import limits
from logstead.entry import LogEntry
from logstead.errors import PackUnreadable
from logstead.storage import pack_layout as layout
from logstead.storage.pack_codec import CODECS, ZLIB, ZSTD, deflate, inflate
from logstead.storage.pack_decode import PackBody
from logstead.storage.pack_id import pack_id
from tests.unit.storage.pack_samples import PACK, body_of, entry

MUTATIONS = 5_000
FRAMES = range(4)


def samples() -> list[bytes]:
    """Return bodies that use every part of the layout: both codecs, frames as they are and compressed."""
    one: list[LogEntry | None] = [entry(1, "x")]
    many: list[LogEntry | None] = [
        entry(
            (number * 37) % 101 * 500_000,
            f"message {number} é",
            source=f"source {number % 3}" if number % 5 else None,
            attributes=f'{{"number":{number}}}' if number % 2 else None,
            filled=((), ("id",), ("dateTime",), ("id", "dateTime"))[number % 4],
            id=f"0e5f8a30-7b1c-4c3e-8d2f-{number:012x}",
        )
        for number in range(120)
    ]
    many[7] = None
    sources: list[LogEntry | None] = [entry(n, "m", source=f"s{n}") for n in range(300)]
    return [body_of(rows, codec) for rows in (one, many, sources) for codec in CODECS]


def mutations(rnd: random.Random, data: bytes) -> bytes:
    """Return bytes with one to four changes: bits flipped, cut short, bytes removed, doubled or added."""
    mutated = bytearray(data)
    for _ in range(rnd.randint(1, 4)):
        at = rnd.randrange(len(mutated) + 1)
        kind = rnd.randrange(5)
        if kind == 0 and at < len(mutated):
            mutated[at] ^= 1 << rnd.randrange(8)
        elif kind == 1:
            del mutated[at:]
        elif kind == 2:
            del mutated[at : at + rnd.randint(1, 8)]
        elif kind == 3:
            mutated[at:at] = mutated[at : at + rnd.randint(1, 64)]
        else:
            mutated[at:at] = rnd.randbytes(rnd.randint(1, 8))
    return bytes(mutated)


def frames_of(body: bytes) -> tuple[int, int, list[bytes]]:
    """Return the codec, the number of entries and the inflated frames of a sound body."""
    _, codec, _, count, *sizes = layout.PREAMBLE.unpack_from(body)
    start, frames = layout.PREAMBLE.size, []
    for size, packed in zip(sizes[::2], sizes[1::2], strict=True):
        frames.append(inflate(codec, body[start : start + packed], size))
        start += packed
    return codec, count, frames


def build(codec: int, count: int, frames: list[tuple[int, bytes]], version: int = layout.VERSION) -> bytes:
    """Return a body with a checksum that holds, of frames given as their stated size and packed bytes."""
    sizes = [number for size, packed in frames for number in (size, len(packed))]
    body = bytearray(layout.PREAMBLE.pack(version, codec, 0, count, *sizes))
    body += b"".join(packed for _, packed in frames)
    return with_checksum(bytes(body))


def with_checksum(body: bytes) -> bytes:
    """Return a body whose checksum holds, whatever else it says."""
    mended = bytearray(body)
    if len(mended) >= layout.PREAMBLE.size:
        mended[layout.CHECKSUM_AT] = layout.checksum(PACK, body).to_bytes(4, "little")
    return bytes(mended)


def read_all(body: bytes) -> list[LogEntry]:
    """Decode a body by every way there is, and return its entries."""
    pack = PackBody(PACK, body)
    assert len(pack.message_starts) == pack.count == len(pack.columns.microseconds)
    assert pack.find(PACK) is None or PACK in pack.ids()
    return pack.entries()


def test_a_damaged_body_is_unreadable_or_whole() -> None:
    """Flipped bits, cut or grown: the checksum finds it, and no other exception comes out."""
    rnd = random.Random(20_260_209)
    originals = [(body, read_all(body)) for body in samples()]
    found = 0
    for number in range(MUTATIONS):
        body, entries = originals[number % len(originals)]
        mutated = mutations(rnd, body)
        try:
            assert read_all(mutated) == entries
        except PackUnreadable:
            found += 1
        else:
            assert mutated == body
    assert found > MUTATIONS * 0.9


def forged(rnd: random.Random) -> Iterator[bytes]:
    """Make bodies without end that are wrong inside but have a checksum that holds."""
    originals = samples()
    while True:
        body = rnd.choice(originals)
        if rnd.random() < 0.3:
            yield with_checksum(mutations(rnd, body))
            continue
        codec, count, frames = frames_of(body)
        changed = rnd.choice(FRAMES)
        frames[changed] = mutations(rnd, frames[changed])
        yield build(codec, count, [(len(frame), deflate(codec, frame)) for frame in frames])


def test_a_forged_body_raises_nothing_else() -> None:
    """Where the checksum holds, what is wrong inside gives that error or entries, no other exception."""
    found = 0
    for _, body in zip(range(MUTATIONS), forged(random.Random(7)), strict=False):
        try:
            assert len(read_all(body)) <= limits.PACK_ENTRIES_MAX
        except PackUnreadable:
            found += 1
    assert found > MUTATIONS * 0.5


def test_a_body_under_another_packs_key_is_found_out() -> None:
    """Its derived ids would be another pack's."""
    with pytest.raises(PackUnreadable, match="checksum"):
        PackBody(pack_id(b"another", 0), samples()[0])


@pytest.mark.parametrize(
    ("version", "codec", "reason"), ((2, ZSTD, "newer"), (0, ZSTD, "version 0"), (1, 9, "codec 9"))
)
def test_an_unknown_version_or_codec_is_named(version: int, codec: int, reason: str) -> None:
    """An operator sees that newer code wrote the pack, not that it is damaged."""
    with pytest.raises(PackUnreadable, match=reason):
        PackBody(PACK, build(codec, 1, [(1, b"x")] * 4, version))


@pytest.mark.parametrize("count", (0, limits.PACK_ENTRIES_MAX + 1))
def test_a_number_of_entries_out_of_bounds_is_damage(count: int) -> None:
    """It is what bounds the work that a body can cause."""
    with pytest.raises(PackUnreadable, match="inconsistent"):
        PackBody(PACK, build(ZLIB, count, [(1, b"x")] * 4))


def test_a_time_outside_the_minute_is_damage() -> None:
    """It would be read at a place that its header does not tell."""
    codec, count, frames = frames_of(body_of([entry(0), entry(59_999_999)]))
    later = frames[layout.COLUMNS].replace(struct.pack("<I", 59_999_999), struct.pack("<I", layout.MINUTE_US))
    assert later != frames[layout.COLUMNS]
    frames[layout.COLUMNS] = later
    forged_body = build(codec, count, [(len(frame), frame) for frame in frames])
    with pytest.raises(PackUnreadable, match="minute"):
        read_all(forged_body)


@pytest.mark.parametrize("codec", CODECS)
def test_a_bomb_is_never_inflated_past_its_stated_size(codec: int) -> None:
    """A frame of 64 MB that says it holds 1 KB costs 1 KB, and is unreadable."""
    zeros = bytes(64 * 1024 * 1024)
    bomb = compress(zeros) if codec == ZSTD else zlib.compress(zeros)
    del zeros
    pack = PackBody(PACK, build(codec, 1, [(0, b""), (0, b""), (0, b""), (1_024, bomb)]))
    tracemalloc.start()
    with pytest.raises(PackUnreadable, match="size"):
        pack.messages  # noqa: B018  # a property that inflates
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 1024 * 1024


def test_a_body_that_states_more_than_the_cap_is_not_inflated_at_all() -> None:
    """The stated sizes are checked together, before anything is decompressed."""
    with pytest.raises(PackUnreadable, match="more than a reader may inflate"):
        PackBody(PACK, build(ZLIB, 1, [(limits.PACK_DECODED_BYTES_MAX // 3, b"")] * 4))


def test_a_frame_cannot_ask_for_a_window_of_its_choice() -> None:
    """A zstd frame names the memory its reader needs: 128 MB, here, for nothing."""
    compressor = ZstdCompressor(options={CompressionParameter.window_log: 27})
    frame = compressor.compress(b"ab" * 100) + compressor.flush()
    with pytest.raises(PackUnreadable, match="decompressed"):
        inflate(ZSTD, frame, 200)


@pytest.mark.parametrize("codec", CODECS)
def test_what_follows_a_frame_is_damage(codec: int) -> None:
    """A second frame behind the first would be read by some decoders and not by others."""
    frame = deflate(codec, b"a" * 1_000)
    assert inflate(codec, frame, 1_000) == b"a" * 1_000
    for wrong in (frame + frame, frame + b"x", frame[:-1], b""):
        with pytest.raises(PackUnreadable):
            inflate(codec, wrong, 1_000)
