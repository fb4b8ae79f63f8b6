import gzip
import time
import tracemalloc
import zlib

import cramjam
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from logstead import limits
from logstead.errors import BodyTooLarge, MalformedBody, UnknownEncoding
from logstead.ingest.content_encoding import CODINGS, decode_content, inflate_snappy_block

LINES = b'{"severity":"info","message":"a line"}\n' * 500


def raw_deflate(data: bytes) -> bytes:
    """Return raw deflate, as some clients send for `deflate`."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def coded(data: bytes) -> list[tuple[str, bytes]]:
    """Return every form of every coding."""
    return [
        ("gzip", gzip.compress(data)),
        ("x-gzip", gzip.compress(data)),
        ("GZIP", gzip.compress(data)),
        ("identity, gzip", gzip.compress(data)),
        ("gzip", gzip.compress(data[:9]) + gzip.compress(data[9:]) + b"\0" * 7),
        ("deflate", zlib.compress(data)),
        ("deflate", raw_deflate(data)),
        ("zstd", zstd.compress(data)),
        ("zstd", zstd.compress(data[:9]) + zstd.compress(data[9:])),
        ("snappy", bytes(cramjam.snappy.compress_raw(data)) or b"\0"),  # of nothing, cramjam makes no block
        ("snappy", bytes(cramjam.snappy.compress(data)) or b"\xff\x06\x00\x00sNaPpY"),
        ("", data),
        ("identity", data),
    ]


@given(st.binary(max_size=3_000))
def test_every_form_of_every_coding_gives_the_body_back(data: bytes) -> None:
    """What was coded comes out the same, whatever it holds."""
    assert all(decode_content(body, name) == data for name, body in coded(data))


@pytest.mark.parametrize(("name", "body"), coded(LINES))
def test_a_body_at_the_limit_passes_and_one_byte_more_does_not(name: str, body: bytes) -> None:
    """The limit counts the bytes that come out."""
    assert decode_content(body, name, len(LINES)) == LINES
    with pytest.raises(BodyTooLarge, match=str(len(LINES) - 1)):
        decode_content(body, name, len(LINES) - 1)


def bombs() -> list[tuple[str, bytes]]:
    """Return bodies that hold 200 MB, ten times the limit; gzip, zlib and zstd do it at 1:1000 and more."""
    zeros, times = bytes(1_000_000), 200
    gzipped, deflated = zlib.compressobj(wbits=31), zlib.compressobj()
    zstded = zstd.ZstdCompressor()
    block = bytes(cramjam.snappy.compress_raw(bytes(65_536)))
    chunk = b"\x00" + (len(block) + 4).to_bytes(3, "little") + b"\0\0\0\0" + block
    return [
        ("gzip", b"".join(gzipped.compress(zeros) for _ in range(times)) + gzipped.flush()),
        ("gzip", gzip.compress(zeros) * 60),
        ("deflate", b"".join(deflated.compress(zeros) for _ in range(times)) + deflated.flush()),
        ("zstd", b"".join(zstded.compress(zeros) for _ in range(times)) + zstded.flush()),
        ("snappy", bytes(cramjam.snappy.compress_raw(zeros * times))),
        ("snappy", b"\xff\x06\x00\x00sNaPpY" + chunk * 3_000),
        ("snappy", b"\xff\xff\xff\xff\x0f" + b"\0" * 20),
    ]


@pytest.mark.parametrize(("name", "body"), bombs(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_bomb_costs_no_more_than_the_limit(name: str, body: bytes) -> None:
    """Neither memory nor time goes beyond what a body at the limit takes."""
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(BodyTooLarge):
        decode_content(body, name)
    took = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 3 * limits.INFLATED_BYTES_MAX
    assert took < 2


@pytest.mark.parametrize("name", CODINGS)
def test_a_body_that_is_not_what_its_coding_says_is_malformed(name: str) -> None:
    """Cut short, changed, empty or plain: a 400 that names the coding, never another exception."""
    whole = dict(coded(LINES))[name]
    for body in (b"", whole[:-12], whole[: len(whole) // 2], b"\xff" * 50, b"plain \xff text"):
        with pytest.raises(MalformedBody, match=name):
            decode_content(body, name)


def test_many_tiny_members_are_refused_soon() -> None:
    """A body of a hundred thousand empty members is no reason to work for long."""
    began = time.process_time()
    with pytest.raises(MalformedBody, match="members"):
        decode_content(gzip.compress(b"") * 100_000, "gzip")
    assert time.process_time() - began < 1


@pytest.mark.parametrize("name", ("br", "gzip, gzip", "gzip, deflate", "compress", "none"))
def test_a_coding_that_is_not_read_is_named(name: str) -> None:
    """The client learns which codings there are."""
    with pytest.raises(UnknownEncoding, match="gzip, deflate, zstd, snappy"):
        decode_content(b"x", name)


@pytest.mark.parametrize(("name", "body"), coded(LINES)[:10])
def test_a_body_that_a_gateway_read_as_text_is_told_from_a_bad_one(name: str, body: bytes) -> None:
    """Bytes lost to U+FFFD can't come back, so the reply says what to change."""
    mangled = body.decode("utf-8", "replace").encode()
    assert mangled != body
    with pytest.raises(UnknownEncoding, match="application/x-ndjson"):
        decode_content(mangled, name)


@pytest.mark.parametrize(("name", "body"), coded(LINES)[:9])
def test_a_body_that_a_gateway_read_as_latin_1_is_restored(name: str, body: bytes) -> None:
    """Latin-1 has a character for each byte, so nothing was lost."""
    assert decode_content(body.decode("latin-1").encode(), name) == LINES


def test_a_snappy_block_states_its_length_first() -> None:
    """What is stated is refused before memory is spent on it."""
    with pytest.raises(BodyTooLarge):
        inflate_snappy_block(b"\x80\x80\x80\x80\x08" + b"\0" * 10)
    with pytest.raises(MalformedBody):
        inflate_snappy_block(b"")
