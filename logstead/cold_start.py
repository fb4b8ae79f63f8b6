"""What a function does once, before its first request, without looking for garbage meanwhile."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cold_start() -> Iterator[None]:
    """Keep the garbage collector off in the block, and for ever off what is made in it.

    All of it lives as long as the function. Looking for garbage in it takes a fifteenth of a cold start, and
    would take its part of later requests (docs/benchmarks.md).
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
