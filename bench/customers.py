"""What an event costs where there are very many customers, each with three events and at rest.

The events that are measured concern customers by chance, so that nothing of theirs is in any cache.
"""

from collections.abc import Iterator
from functools import partial
from random import Random

from bench.core import Core
from bench.figures import Figure
from bench.load import BATCH, END_MS, Batch, Record, three_events
from bench.timing import cost
from streams.core.definition.definition import HOUR_MS
from streams.simulate import bodies

_MEASURED = 10_000
_FLUSH_EVERY = 20_000
_LATE_MS = {"purchase in order": 0, "late purchase": 2 * HOUR_MS}
"""What is measured, and how long before the newest event it is dated."""


def measure(*, quick: bool) -> Iterator[Figure]:
    """Microseconds an event, flushed, of so many customers."""
    rounds, numbers = (2, (1_000, 10_000)) if quick else (5, (10_000, 100_000, 1_000_000, 2_000_000))
    for customers in numbers:
        core = Core(_FLUSH_EVERY)
        core.run(three_events(customers))
        core.flush()
        events = _Events(customers)
        for words, late_ms in _LATE_MS.items():
            batches = partial(events.next, late_ms)
            found = cost(rounds, batches, partial(_flushed, core))
            yield Figure(f"customers: {words}, of {customers:,}", "event", found.us, found.relative)


class _Events:
    """Purchases of customers by chance, each later than all before it."""

    def __init__(self, customers: int) -> None:
        self._customers = customers
        self._rng = Random(customers)  # noqa: S311 - a simulation, not a secret
        self._count = 0

    def next(self, late_ms: int) -> list[Batch]:
        """As many as are measured at once."""
        return [
            Batch("purchase", [self._one(late_ms) for _ in range(BATCH)]) for _ in range(_MEASURED // BATCH)
        ]

    def _one(self, late_ms: int) -> Record:
        self._count += 1
        at = END_MS + self._count
        name = f"c{self._rng.randrange(self._customers):07d}"
        body = bodies.purchase(f"further{self._count}", name, at - late_ms, 990, "USD")
        return Record(name.encode(), body.encode(), at)


def _flushed(core: Core, batches: list[Batch]) -> int:
    done = core.run(batches)
    core.flush()
    return done
