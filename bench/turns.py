"""Measures several things in turns, so that a machine that is busy for a while is busy for each alike."""

from collections.abc import Callable, Mapping
from typing import TypeVar

Sample = TypeVar("Sample")


def take_turns(
    calls: Mapping[str, Callable[[int], Sample]], *, rounds: int, warm_up: int
) -> dict[str, list[Sample]]:
    """Call each once a round, with the round's number; return what each returned, a round at a time.

    Who is first moves to the end from round to round. What the first `warm_up` rounds return is dropped.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in calls}
    order = list(calls)
    for number in range(-warm_up, rounds):
        for name in order:
            sample = calls[name](number)
            if number >= 0:
                samples[name].append(sample)
        order.append(order.pop(0))
    return samples
