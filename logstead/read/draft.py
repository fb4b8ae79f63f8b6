"""A page as it is being filled, and what it may still spend."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from logstead.entry import LogEntry
from logstead.read.shard import DamagedPack


@dataclass(slots=True)
class Draft:
    """A page as it is being filled: up to `limit` entries, and bytes of its reply and of bodies left.

    `ends_s` is on the monotonic clock; `entry_bytes` tells what an entry takes of the reply.
    """

    limit: int
    reply_bytes: int
    body_bytes: int
    ends_s: float
    entry_bytes: Callable[[LogEntry], int]
    entries: list[LogEntry] = field(default_factory=list)
    damaged: list[DamagedPack] = field(default_factory=list)
    is_full: bool = False

    @property
    def left(self) -> int:
        """How many entries may still come."""
        return self.limit - len(self.entries)

    def take(self, content: LogEntry | DamagedPack) -> bool:
        """Take what comes next, but for an entry that the reply has no room for. The first always fits."""
        if isinstance(content, DamagedPack):
            self.damaged.append(content)
            return True
        size = self.entry_bytes(content)
        if self.entries and size > self.reply_bytes:
            self.is_full = True
            return False
        self.reply_bytes -= size
        self.entries.append(content)
        self.is_full = not self.left
        return True

    def is_spent(self) -> bool:
        """Tell whether the page should end although it is not full."""
        return self.body_bytes <= 0 or self.is_late()

    def is_late(self) -> bool:
        """Tell whether the page's time is over."""
        return time.monotonic() >= self.ends_s
