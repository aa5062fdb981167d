"""What is remembered of a partition, and for how long."""

from streams.core.definition.definition import Definition
from streams.publish.merge.partition_history import KEPT, PartitionHistory
from tests.publish import world
from tests.publish.world import T0

DEFINITION = Definition(window_names=("1h",))
SECOND = 1_000
INTERVAL = 5
"""Of totals by dimension, in ticks."""


def test_totals_by_dimension_are_remembered_no_longer_than_the_whole() -> None:
    """There may be thousands of values, and without the whole nothing is said of them."""
    partition = PartitionHistory()
    last = None
    for tick in range(10 * INTERVAL + 1):
        t = T0 + tick * SECOND
        made = world.part(DEFINITION, 0, t, with_dimensions=tick % INTERVAL == 0)
        last = made.dimensions or last
        partition.offer(made)
    assert len(partition.overall.by_t) == KEPT
    assert sorted(partition.dimensions.by_t) == [T0 + 45 * SECOND, T0 + 50 * SECOND]
    assert partition.dimensions.by_t[T0 + 50 * SECOND] is last
