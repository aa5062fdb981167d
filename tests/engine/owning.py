"""A partition of two topics under a wall clock set by hand."""

from streams.core.partition.sweep.steps import finish
from streams.engine.ownership.task import Evaluation, PartitionTask
from tests.engine.support import CountingState

HOUR = 3_600_000


class Wall:
    """A wall clock set by hand."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        """Read it."""
        return self.now


def partition_task(wall: Wall) -> tuple[PartitionTask, CountingState]:
    """A partition of two topics from offset 0, ticking every second, dimensions every 5 s."""
    state = CountingState()
    partition = PartitionTask(
        3, {"s": "signup", "p": "purchase"}, state, wall, tick_ms=1_000, dimension_ms=5_000
    )
    partition.start({"s": 0, "p": 0})
    return partition, state


def evaluated(partition: PartitionTask) -> Evaluation | None:
    """What a flush finds, with nothing in between."""
    found = finish(partition.evaluating())
    partition.resume()
    return found


def live(wall: Wall) -> tuple[PartitionTask, CountingState]:
    """The same, with empty topics read to their ends and a tick behind it."""
    partition, state = partition_task(wall)
    partition.seen_end("s", 0)
    partition.seen_end("p", 0)
    assert evaluated(partition) is not None
    return partition, state
