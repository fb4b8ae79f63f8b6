"""The plan of faults: seeded, so that a run can be had again.

A run goes through phases by its progress: peace, a table that fails in every way, a queue that fails too,
both down, functions that are killed, and peace.
"""

import random
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Final


class Failure(StrEnum):
    """What happens to one call of DynamoDB or SQS."""

    NONE = "none"
    THROTTLE = "throttled"
    ERROR = "500"
    RESET_BEFORE = "reset before it took effect"
    RESET_AFTER = "reset after it took effect"
    TIMEOUT_BEFORE = "no reply, and no effect"
    TIMEOUT_AFTER = "no reply, after it took effect"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a run, until this share of the entries is sent: how often each service's calls fail."""

    name: str
    until: float
    table_failure_rate: float
    queue_failure_rate: float
    kills: bool = False


PHASES: Final = (
    Phase("peace", 0.1, 0.0, 0.0),
    Phase("the table fails", 0.45, 0.5, 0.05),
    Phase("the table is down, the queue fails", 0.6, 1.0, 0.3),
    Phase("both are down", 0.65, 1.0, 1.0),
    Phase("functions are killed", 0.85, 0.2, 0.1, kills=True),
    Phase("peace at last", 1.0, 0.0, 0.0),
)
_WEIGHTS: Final = {
    Failure.THROTTLE: 30,
    Failure.ERROR: 25,
    Failure.RESET_BEFORE: 15,
    Failure.RESET_AFTER: 20,
    Failure.SLOW: 6,
    Failure.TIMEOUT_BEFORE: 2,
    Failure.TIMEOUT_AFTER: 2,
}


class Plan:
    """Decides the fate of each call; `progress` is the share of entries sent, set by the run."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = Lock()
        self.progress = 0.0
        self.is_over = False
        self.done: Counter[Failure] = Counter()

    @property
    def phase(self) -> Phase:
        """The phase that the run is in."""
        return next(phase for phase in PHASES if self.progress <= phase.until)

    def next_failure(self, *, is_table: bool) -> Failure:
        """Return what happens to the next call."""
        with self._lock:
            phase = self.phase
            rate = phase.table_failure_rate if is_table else phase.queue_failure_rate
            failure = Failure.NONE
            if not self.is_over and self._random.random() < rate:
                failure = self._random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
            self.done[failure] += 1
            return failure
