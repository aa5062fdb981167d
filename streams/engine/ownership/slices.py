"""Long work on the event loop, cut into slices: heartbeats, probes and other partitions go on in between."""

import asyncio
from time import perf_counter
from typing import TypeVar

from streams.core.partition.sweep.steps import Steps
from streams.engine.ownership.producer import SLICE_S

T = TypeVar("T")


async def in_slices(steps: Steps[T], slice_s: float = SLICE_S, pause_s: float = 0.0) -> T:
    """Do all the steps and return the result.

    Args:
        steps: of which each is short.
        slice_s: how long to go on before others have their turn.
        pause_s: what to leave to others after each slice.
    """
    since = perf_counter()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        if perf_counter() - since > slice_s:
            await asyncio.sleep(pause_s)
            since = perf_counter()
