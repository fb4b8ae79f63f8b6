"""What clients compress bodies with."""

import gzip
import zlib
from collections.abc import Callable

import cramjam
from backports import zstd

CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
    "snappy": lambda data: bytes(cramjam.snappy.compress(data)),
}
