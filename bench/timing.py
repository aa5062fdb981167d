"""Processor time of a piece of work, in microseconds and relative to a fixed loop of plain Python.

Rules: processor time, never the clock on the wall: others may use the machine. Each round runs the loop just
before and just after the work, so that a machine that slows down meanwhile slows both; the median of the
rounds counts. The garbage collector is set as in a worker.
"""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from streams.engine.garbage import calm_collector

_STEPS = 200_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one unit of work costs."""

    us: float
    """Microseconds of processor time."""
    relative: float
    """The same in steps of the calibration loop: comparable between machines."""


def calibrate() -> float:
    """Seconds a step of the calibration loop: dictionaries, lists and calls, as the core uses them."""
    began = time.process_time()
    table: dict[int, list[int]] = {}
    for step in range(_STEPS):
        cell = table.get(step & 1023)
        if cell is None:
            cell = table[step & 1023] = [0, 0]
        cell[step & 1] += step
    return (time.process_time() - began) / _STEPS


def cost(rounds: int, prepare: Callable[[], T], work: Callable[[T], int]) -> Cost:
    """The cost of a unit of work.

    Args:
        rounds: how many times; the median counts.
        prepare: makes what the work needs, not measured.
        work: does it and returns how many units it did.
    """
    return middle([_round(prepare, work) for _ in range(rounds)])


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of rounds."""
    return Cost(median(cost.us for cost in costs), median(cost.relative for cost in costs))


def elsewhere(units: int, seconds: Callable[[], float]) -> Cost:
    """The cost of a unit of work that another process does.

    Args:
        units: how many it does.
        seconds: has it done and returns the processor time it took.
    """
    before = calibrate()
    taken = seconds() / units
    return Cost(taken * 1e6, taken / ((before + calibrate()) / 2))


def _round(prepare: Callable[[], T], work: Callable[[T], int]) -> Cost:
    prepared = prepare()
    calm_collector()
    before = calibrate()
    began = time.process_time()
    units = work(prepared)
    seconds = (time.process_time() - began) / units
    step = (before + calibrate()) / 2
    gc.unfreeze()
    return Cost(seconds * 1e6, seconds / step)
