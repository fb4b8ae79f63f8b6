"""How a frame of a pack is compressed: by the codec that the body names, and never past a stated size."""

import sys
import zlib
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from logstead.errors import PackUnreadable

ZLIB: Final = 1
ZSTD: Final = 2
CODECS: Final = (ZLIB, ZSTD)
WRITE_CODEC: Final = ZSTD
"""What bodies are written with. Others stay readable; docs/adr/0010-pack-layout.md has the figures."""

_ZLIB_LEVEL: Final = 6
_ZSTD_LEVEL: Final = 3
# The widest window a frame may ask memory for, as a power of two. Ours never pass the frame's own size.
_ZSTD_WINDOW_LOG_MAX: Final = 22


def deflate(codec: int, data: bytes) -> bytes:
    """Return a frame compressed, or as it is where that is not shorter."""
    if not data:
        return data
    if codec == ZSTD:
        compressor = _zstd_compressor()
        packed: bytes = compressor.compress(data, compressor.FLUSH_FRAME)
    else:
        packed = zlib.compress(data, _ZLIB_LEVEL)
    return packed if len(packed) < len(data) else data


def inflate(codec: int, packed: bytes, size: int) -> bytes:
    """Return a frame of `size` bytes from what `deflate` made, producing no more than one byte past it.

    Raises:
        PackUnreadable: it is damaged or does not have that size.
    """
    if len(packed) == size:
        return packed
    data, ended, rest = (_zstd_inflate if codec == ZSTD else _zlib_inflate)(packed, size + 1)
    if len(data) != size or not ended or rest:
        raise PackUnreadable("a frame does not have the size that its body states")
    return data


def _zlib_inflate(packed: bytes, size_max: int) -> tuple[bytes, bool, bytes]:
    decompressor = zlib.decompressobj()
    try:
        data = decompressor.decompress(packed, size_max)
    except zlib.error as error:
        raise PackUnreadable("a frame can't be decompressed") from error
    return data, decompressor.eof, decompressor.unused_data


def _zstd_inflate(packed: bytes, size_max: int) -> tuple[bytes, bool, bytes]:
    zstd = _zstd()
    decompressor = zstd.ZstdDecompressor(
        options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG_MAX}
    )
    try:
        data = decompressor.decompress(packed, size_max)
    except zstd.ZstdError as error:
        raise PackUnreadable("a frame can't be decompressed") from error
    return data, decompressor.eof, decompressor.unused_data


@cache
def _zstd() -> ModuleType:
    """Import zstd when the first pack needs it: who sees single entries alone never pays the 5 ms."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


@cache
def _zstd_compressor() -> Any:
    """Return the one compressor of the process: making one costs as much as a small frame does."""
    return _zstd().ZstdCompressor(level=_ZSTD_LEVEL)
