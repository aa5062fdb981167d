"""An assignment gives partitions back once, whatever asks for them at the same time."""

import asyncio

import pytest
from faust.types import TP

from streams.engine.ownership.assignment import Assignment
from tests.engine.protocol_model import Logs
from tests.engine.protocol_worker import TOPICS, Worker
from tests.engine.test_watchdog import end

NOW_MS = 1_772_366_400_000
ASSIGNED = {TP(topic, 0) for topic in TOPICS}


async def owning(logs: Logs) -> Assignment:
    """An assignment of one partition."""
    worker = Worker(logs, lambda: NOW_MS)
    await worker.partition.acquire(asyncio.Semaphore())
    assignment = Assignment(worker.context, end)
    assignment.partitions[0] = worker.partition
    return assignment


def test_a_stop_in_the_middle_of_a_rebalance_gives_up_once(caplog: pytest.LogCaptureFixture) -> None:
    """Both flush, both are told that the partition is another's already, and both want to give it up."""

    async def test() -> None:
        logs = Logs({topic: [] for topic in TOPICS})
        assignment = await owning(logs)
        logs.init()  # another worker fences it
        task = assignment.partitions[0].task
        assert task is not None
        task.start(dict.fromkeys(TOPICS, 1))  # something to write
        await asyncio.gather(assignment.close(), assignment.on_revoked())
        assert assignment.partitions == {}

    asyncio.run(test())
    assert "last flush failed" in caplog.text


def test_who_stops_takes_nothing_more() -> None:
    """An assignment that comes while it ends changes nothing."""

    async def test() -> None:
        assignment = await owning(Logs({topic: [] for topic in TOPICS}))
        await assignment.close()
        assignment.on_assigned(ASSIGNED, 1)
        await assignment.wait_recovered()
        assert (assignment.partitions, assignment.ready) == ({}, False)

    asyncio.run(test())
