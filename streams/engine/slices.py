"""Long work on the event loop, cut into slices: heartbeats, probes and other partitions go on in between."""

import asyncio
from time import perf_counter
from typing import TypeVar

from streams.core.steps import Steps

SLICE_S = 0.005
"""The loop is never held for much longer."""

T = TypeVar("T")


async def in_slices(steps: Steps[T], pause_s: float = 0.0) -> T:
    """Do all the steps and return the result.

    Args:
        steps: of which each is short.
        pause_s: what to leave to others after each slice.
    """
    since = perf_counter()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        if perf_counter() - since > SLICE_S:
            await asyncio.sleep(pause_s)
            since = perf_counter()
