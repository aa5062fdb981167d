"""What is done in slices: very many cancellations that take effect at one instant, a long history erased.

A slice is what a worker does before others have their turn (engine/ownership/slices.py), in processor time.
"""

import gc
import time
from collections.abc import Iterator

from bench.core import Core
from bench.figures import Figure
from bench.history import Long
from bench.load import BATCH, END_MS, Batch, Record, three_events
from streams.core.definition.definition import DAY_MS, HOUR_MS
from streams.core.partition.sweep.steps import Steps
from streams.engine.garbage import calm_collector
from streams.engine.ownership.producer import SLICE_S
from streams.simulate import bodies

_DUE_MS = END_MS + DAY_MS


def measure(*, quick: bool) -> Iterator[Figure]:
    """Seconds in all, and milliseconds of the longest slice."""
    number = 10_000 if quick else 100_000
    core = Core()
    core.run(three_events(number))
    for first in range(0, number, BATCH):
        core.run([Batch("cancellation", [_scheduled(n) for n in range(first, min(first + BATCH, number))])])
    core.flush()
    core.state.view(_DUE_MS)
    core.state.advance(_DUE_MS - 1)
    yield from _figures(f"due: {number:,} cancellations at one instant", core.state.advancing(_DUE_MS))
    for kind in ("purchase", "survey"):
        one = Long(kind, number)
        one.core.state.advance(END_MS + DAY_MS)
        yield from _figures(f"due: an erase of {number:,} {kind}s", _erasing(one.core))


def _scheduled(n: int) -> Record:
    name = f"c{n:07d}"
    body = bodies.cancellation(
        f"c{n}", name, END_MS, effective_at=_DUE_MS, reason="price", churn_type="voluntary"
    )
    return Record(name.encode(), body.encode(), END_MS)


def _erasing(core: Core) -> Steps[None]:
    body = bodies.erase("e", "c", END_MS + HOUR_MS)
    core.state.apply("erase", [Record(b"c", body.encode(), END_MS + HOUR_MS)])
    yield
    yield from core.state.totalling()
    yield
    yield from core.state.draining()


def _figures(name: str, steps: Steps[object]) -> Iterator[Figure]:
    total, longest = _in_slices(steps)
    yield Figure(name, "s", total)
    yield Figure(f"{name}, longest slice", "ms", 1_000 * longest)


def _in_slices(steps: Steps[object]) -> tuple[float, float]:
    """Processor time (s) of all the steps, and of the longest slice."""
    calm_collector()
    begun = since = time.process_time()
    longest = 0.0
    for _ in steps:
        now = time.process_time()
        longest = max(longest, now - since)
        if now - since > SLICE_S:
            since = now
    end = time.process_time()
    gc.unfreeze()
    return end - begun, max(longest, end - since)
