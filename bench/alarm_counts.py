"""What counts for alarms cost: an event of the mix over 29 days with and without them, and bytes a group.

Thin on purpose: nearly every event is alone in its five minutes and its profile. Both ways take turns, so
that a machine that slows down slows both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench.core import Core
from bench.figures import Figure
from bench.load import CUSTOMERS, END_MS, Batch, by_kind, chunked
from bench.timing import Cost, cost
from streams.core.alarms.day import FINE_DAYS
from streams.core.counting.slot_series import BEFORE, SlotSeries
from streams.core.definition.definition import DAY_MS
from streams.core.partition.sweep.steps import finish
from streams.core.totals import Group
from streams.simulate import bench_mix

DAYS = 29
_NOTED = ("order", "_note", "life")
"""The methods of SlotSeries that events call."""


def measure(*, quick: bool) -> Iterator[Figure]:
    """The mix with counts and without, the difference, and what partitions tell of a stream."""
    rounds, n = (3, 30_000) if quick else (9, 150_000)
    batches = list(_spread_out(n))
    with_counts: list[Cost] = []
    without: list[Cost] = []
    for _ in range(rounds):
        with_counts.append(_applied(batches))
        with uncounted():
            without.append(_applied(batches))
    for name, found in (("with counts", with_counts), ("without", without)):
        of = median(one.us for one in found), median(one.relative for one in found)
        yield Figure(f"alarms: mix of {DAYS} days {name}", "event", *of)
    added = [one.us - other.us for one, other in zip(with_counts, without, strict=True)]
    yield Figure("alarms: what counts add", "event", median(added))
    yield Figure("alarms: counts of a group", "bytes", _told(batches))


def _spread_out(n: int) -> Iterator[Batch]:
    records = bench_mix(n, customers=CUSTOMERS, end_ms=END_MS, span_ms=DAYS * DAY_MS)
    for chunk in chunked(records):
        yield from by_kind(chunk)


def _applied(batches: list[Batch]) -> Cost:
    return cost(1, Core, lambda core: core.run(batches))


@contextmanager
def uncounted() -> Iterator[None]:
    """Nothing is noted meanwhile."""
    kept = {name: getattr(SlotSeries, name) for name in _NOTED}
    try:
        for name in kept:
            setattr(SlotSeries, name, lambda *_: None)
        yield
    finally:
        for name, method in kept.items():
            setattr(SlotSeries, name, method)


def _told(batches: list[Batch]) -> float:
    """Bytes of the days of a group, on average, once a partition has told all."""
    core = Core()
    core.run(batches)
    core.state.advance(END_MS)
    sizes: dict[Group, int] = {}
    for group, day, packed in finish(core.state.telling_series()):
        if day != BEFORE and packed is not None and day > END_MS // DAY_MS - FINE_DAYS:
            sizes[group] = sizes.get(group, 0) + len(packed)
    return sum(sizes.values()) / len(sizes)
