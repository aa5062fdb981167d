"""What a tick costs: the totals of a partition, the sum over partitions, and the snapshot of it."""

from collections.abc import Iterator

from bench.core import Core
from bench.figures import Figure
from bench.load import END_MS, three_events
from bench.timing import Cost, cost
from streams.core.definition.definition import SECOND_MS, Definition
from streams.core.totals import Totals
from streams.publish.merge.merger import Merger
from streams.publish.merge.partition_history import PartitionTotals

_PARTITIONS = 64


def measure(*, quick: bool) -> Iterator[Figure]:
    """Milliseconds of processor time."""
    rounds, ticks, customers = (2, 10, 5_000) if quick else (5, 30, 20_000)
    for name, dimensions in (("totals of the whole", False), ("totals at 200 profiles", True)):
        yield _figure(name, _totals(rounds, ticks, customers, dimensions=dimensions))
    for name, dimensions in (("merge of 64 partitions", False), ("merge of 64 partitions, all values", True)):
        yield _figure(name, _merge(rounds, ticks, customers, dimensions=dimensions))


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


def _merge(rounds: int, ticks: int, customers: int, *, dimensions: bool) -> Cost:
    """All partitions say something new, on the whole or by dimension too; the sum, and its snapshot."""
    core = _standing(customers)
    definition = Definition()
    said: list[tuple[int, Totals, Totals]] = []
    by_value = core.state.totals()
    for tick in range(1, ticks + 1):
        t = END_MS + tick * SECOND_MS
        core.state.advance(t)
        by_value = core.state.totals() if dimensions else by_value
        said.append((t, core.state.totals(dimensions=False), by_value))

    def run(merger: Merger) -> int:
        for t, overall, by_value in said:
            for number in range(_PARTITIONS):
                merger.offer(PartitionTotals(number, True, 0, overall, by_value, definition.hash, t))
            merger.snapshot(t)
        return ticks

    return cost(rounds, lambda: Merger(definition, _PARTITIONS), run)
