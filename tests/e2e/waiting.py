"""Waiting for what happens by itself after a while."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.25


def wait_for(look: Callable[[], T], is_there: Callable[[T], bool], timeout_s: float) -> T:
    """Return what `look` sees as soon as it is as wanted, or what it saw last."""
    deadline_s = time.monotonic() + timeout_s
    while not is_there(seen := look()) and time.monotonic() < deadline_s:
        time.sleep(POLL_S)
    return seen
