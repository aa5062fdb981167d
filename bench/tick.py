"""What a tick costs: the totals of a partition, the sum over partitions, and the snapshot of it."""

from collections.abc import Iterator

from bench.core import Core
from bench.figures import Figure
from bench.load import END_MS, three_events
from bench.timing import Cost, cost
from streams.core.definition import SECOND_MS, Definition
from streams.publish.merge import Merger
from streams.publish.parts import PartitionTotals

_PARTITIONS = 64
_DIMENSION_TICKS = 5


def measure(*, quick: bool) -> Iterator[Figure]:
    """Milliseconds of processor time."""
    rounds, ticks, customers = (2, 10, 5_000) if quick else (5, 30, 20_000)
    for name, dimensions in (("totals of the whole", False), ("totals at 200 cohorts", True)):
        yield _figure(name, _totals(rounds, ticks, customers, dimensions=dimensions))
    yield _figure("merge of 64 partitions", _merge(rounds, ticks, customers))


def _figure(name: str, found: Cost) -> Figure:
    return Figure(f"tick: {name}", "ms", found.us / 1_000, found.relative)


def _standing(customers: int) -> Core:
    core = Core()
    core.run(three_events(customers))
    core.state.advance(END_MS)
    return core


def _totals(rounds: int, ticks: int, customers: int, *, dimensions: bool) -> Cost:
    """The clock moves by a second, then the totals."""

    def evaluate(core: Core) -> int:
        for tick in range(1, ticks + 1):
            core.state.advance(END_MS + tick * SECOND_MS)
            core.state.totals(dimensions=dimensions)
        return ticks

    return cost(rounds, lambda: _standing(customers), evaluate)


def _merge(rounds: int, ticks: int, customers: int) -> Cost:
    """All partitions say something new; the sum, and the snapshot of it; dimensions every fifth tick."""
    core = _standing(customers)
    definition = Definition()
    said = []
    for tick in range(1, ticks + 1):
        t = END_MS + tick * SECOND_MS
        core.state.advance(t)
        overall = core.state.totals(dimensions=False)
        if (tick - 1) % _DIMENSION_TICKS == 0:
            dimensions = core.state.totals()
        said.append((t, overall, dimensions))

    def run(merger: Merger) -> int:
        for t, overall, by_value in said:
            for number in range(_PARTITIONS):
                merger.offer(PartitionTotals(number, True, 0, overall, by_value, definition.hash, t))
            merger.snapshot(t)
        return ticks

    return cost(rounds, lambda: Merger(definition, _PARTITIONS), run)
