"""Catching up ends although records keep coming: what counts is the position, not what else has arrived."""

from tests.engine.owning import HOUR, Wall, partition_task
from tests.engine.records import batch


def test_a_stream_that_never_pauses_does_not_keep_a_partition_behind() -> None:
    """Aligned by time, one topic or the other always waits; both are past the ends first seen: live."""
    partition, state = partition_task(Wall(HOUR))
    partition.seen_end("s", 2)
    partition.seen_end("p", 2)
    partition.seen_end("s", 99)
    partition.seen_end("p", 99)
    partition.take("p", batch(0, 100, 300))
    partition.take("s", batch(0, 200, 400))
    assert not partition.live
    partition.take("p", batch(2, 500, 600))
    assert partition.live
    assert state.received == 6


def test_a_record_before_the_end_first_seen_that_waits_keeps_it_behind() -> None:
    """Received is not applied."""
    partition, _ = partition_task(Wall(HOUR))
    partition.seen_end("s", 1)
    partition.seen_end("p", 2)
    partition.seen_end("s", 99)
    partition.take("p", batch(0, 100, 300))
    partition.take("s", batch(0, 200))
    assert not partition.live
    assert partition.offsets() == {"s": 1, "p": 1}
