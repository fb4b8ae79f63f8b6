"""`Content-Encoding`: a body's coded bytes -> its own, and never more of them than the limit.

gzip (RFC 1952), deflate (RFC 9110: zlib; raw deflate is taken too), zstd (RFC 8878) and snappy (the raw
block, or the framed format). Each inflater stops at the limit, so a bomb costs no more than the limit.
"""

import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, Final

from logstead import limits
from logstead.errors import BodyTooLarge, MalformedBody, UnknownEncoding
from logstead.http import Request

# A larger window is more memory than a body within the limit has use for.
_ZSTD_WINDOW_LOG_MAX: Final = 25
_CHUNK_BYTES: Final = 64 * 1024
_SNAPPY_STREAM: Final = b"\xff\x06\x00\x00sNaPpY"
_SNAPPY_BLOCK_BYTES_MAX: Final = 65_536
_SNAPPY_CHECKSUM_BYTES: Final = 4
_REPLACEMENT: Final = "\ufffd"


class _Broken(Exception):
    """The coded bytes are not what their coding says; the text says how."""


def inflated(request: Request) -> Request:
    """Return a request without its content encoding, so that a retry compressed anew is the same.

    Raises:
        UnknownEncoding, MalformedBody, BodyTooLarge: as `decode_content`.
    """
    encoding = request.headers.get("content-encoding")
    if not encoding:
        _within(request.body, limits.INFLATED_BYTES_MAX)
        return request
    headers = {name: value for name, value in request.headers.items() if name != "content-encoding"}
    return replace(request, headers=headers, body=decode_content(request.body, encoding))


def decode_content(body: bytes, content_encoding: str, bytes_max: int = limits.INFLATED_BYTES_MAX) -> bytes:
    """Return a body as it was before its `Content-Encoding`.

    Raises:
        UnknownEncoding: the coding is none of ours, several are stacked, or a gateway read the coded bytes
            as text and broke them.
        MalformedBody: the bytes are not what the coding says, or end early.
        BodyTooLarge: there is more than `bytes_max`.
    """
    codings = [name for part in content_encoding.lower().split(",") if (name := part.strip()) != "identity"]
    codings = [name for name in codings if name]
    if not codings:
        return _within(body, bytes_max)
    inflate = _INFLATERS.get(codings[0]) if len(codings) == 1 else None
    if inflate is None:
        raise UnknownEncoding(
            f"Content-Encoding {content_encoding[:100]!r} is not read here; use one of {', '.join(CODINGS)}."
        )
    try:
        return _within(inflate(body, bytes_max), bytes_max)
    except _Broken as error:
        restored = _restored(body)
        if restored is None:
            raise MalformedBody(f"The body is no {codings[0]}: {error}.") from None
    return decode_content(restored, codings[0], bytes_max)


def inflate_snappy_block(body: bytes, bytes_max: int = limits.INFLATED_BYTES_MAX) -> bytes:
    """Return what a raw snappy block holds; its length is stated first, and checked before any is made.

    Raises:
        MalformedBody, BodyTooLarge: as `decode_content`.
    """
    return decode_content(body, "snappy", bytes_max)


def _within(body: bytes, bytes_max: int) -> bytes:
    if len(body) > bytes_max:
        raise _too_large(bytes_max)
    return body


def _too_large(bytes_max: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body has more than {bytes_max} bytes, uncompressed; send smaller batches.")


def _restored(body: bytes) -> bytes | None:
    """Return the coded bytes that a gateway read as Latin-1 text and sent on as UTF-8; None if it did not.

    Raises:
        UnknownEncoding: it read them as UTF-8, which can't be undone.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None  # not mangled: coded bytes that passed through text are always valid UTF-8
    if _REPLACEMENT in text:
        raise UnknownEncoding(
            "A gateway read the compressed body as text, which broke it. Send it as application/x-ndjson or "
            "application/octet-stream, or uncompressed."
        )
    try:
        restored = text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    return None if restored == body else restored


def _inflate_gzip(body: bytes, bytes_max: int) -> bytes:
    return _inflate_members(
        body, bytes_max, lambda: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), zlib.error
    )


def _inflate_deflate(body: bytes, bytes_max: int) -> bytes:
    is_zlib = len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2]) % 31 == 0
    wbits = zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
    return _inflate_members(body, bytes_max, lambda: zlib.decompressobj(wbits=wbits), zlib.error)


def _inflate_zstd(body: bytes, bytes_max: int) -> bytes:
    # Imported by the requests that need it alone.
    zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    options = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG_MAX}
    return _inflate_members(body, bytes_max, lambda: zstd.ZstdDecompressor(options=options), zstd.ZstdError)


def _inflate_members(body: bytes, bytes_max: int, make: Callable[[], Any], failure: type[Exception]) -> bytes:
    """Inflate one member after another, to one byte past the limit at most.

    The body is fed in chunks: what a member leaves unused is copied, which many members would make quadratic.
    """
    parts: list[bytes] = []
    position, left = 0, bytes_max + 1
    for _ in range(limits.BODY_MEMBERS_MAX):
        member = make()
        while not member.eof:
            chunk = body[position : position + _CHUNK_BYTES]
            if not chunk:
                raise _Broken("it ends early")
            try:
                parts.append(member.decompress(chunk, left))
            except (failure, EOFError) as error:
                raise _Broken(str(error)) from None
            position += len(chunk)
            left -= len(parts[-1])
            if not left:
                return b"".join(parts)
        position -= len(member.unused_data)
        if not body[position:].strip(b"\0"):  # RFC 1952 lets zeros pad the end
            return b"".join(parts)
    raise _Broken(f"it has more than {limits.BODY_MEMBERS_MAX} members")


def _inflate_snappy(body: bytes, bytes_max: int) -> bytes:
    if not body.startswith(_SNAPPY_STREAM):
        return _snappy_block(body, bytes_max)
    parts: list[bytes] = []
    position = size = 0
    while position < len(body) and size <= bytes_max:
        kind, length = body[position], int.from_bytes(body[position + 1 : position + 4], "little")
        chunk = body[position + 4 : position + 4 + length]
        if len(chunk) < length or position + 4 > len(body):
            raise _Broken("it ends early")
        parts.append(_snappy_chunk(kind, chunk))
        size += len(parts[-1])
        position += 4 + length
    return b"".join(parts)


def _snappy_chunk(kind: int, chunk: bytes) -> bytes:
    """Return what one chunk of the framed format holds; its checksum is left to TLS."""
    data = chunk[_SNAPPY_CHECKSUM_BYTES:]
    if kind == 0x00:
        try:
            return _snappy_block(data, _SNAPPY_BLOCK_BYTES_MAX)
        except BodyTooLarge:
            raise _Broken("it has a chunk longer than the format allows") from None
    if kind == 0x01:
        return data
    if kind < 0x80:  # noqa: PLR2004  # the format's border between chunks that may be skipped and others
        raise _Broken(f"it has a chunk of the unknown kind {kind}")
    return b""


def _snappy_block(block: bytes, bytes_max: int) -> bytes:
    import cramjam  # noqa: PLC0415  # imported by the requests that need it alone

    try:
        if cramjam.snappy.decompress_raw_len(block) > bytes_max:  # stated first: nothing is made yet
            raise _too_large(bytes_max)
        return bytes(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError as error:
        raise _Broken(str(error)) from None


_INFLATERS: Final[Mapping[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _inflate_gzip,
    "x-gzip": _inflate_gzip,
    "deflate": _inflate_deflate,
    "zstd": _inflate_zstd,
    "snappy": _inflate_snappy,
}
CODINGS: Final = ("gzip", "deflate", "zstd", "snappy")
"""The codings that a body may have; docs/protocols.md lists them."""
