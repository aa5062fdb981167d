"""The store gives partitions back once, whatever asks for them at the same time."""

import asyncio

import pytest
from faust.types import TP

from streams.engine.ownership.assignment import Store
from tests.engine.protocol_model import Logs
from tests.engine.protocol_worker import TOPICS, Worker
from tests.engine.test_watchdog import end

NOW_MS = 1_772_366_400_000
ASSIGNED = {TP(topic, 0) for topic in TOPICS}


async def owning(logs: Logs) -> Store:
    """A store that owns one partition."""
    worker = Worker(logs, lambda: NOW_MS)
    await worker.partition.acquire(asyncio.Semaphore())
    store = Store(worker.context, end)
    store.partitions[0] = worker.partition
    return store


def test_a_stop_in_the_middle_of_a_rebalance_gives_up_once(caplog: pytest.LogCaptureFixture) -> None:
    """Both flush, both are told that the partition is another's already, and both want to give it up."""

    async def test() -> None:
        logs = Logs({topic: [] for topic in TOPICS})
        store = await owning(logs)
        logs.init()  # another worker fences it
        owned = store.partitions[0].owned
        assert owned is not None
        owned.start(dict.fromkeys(TOPICS, 1))  # something to write
        await asyncio.gather(store.close(), store.on_revoked())
        assert store.partitions == {}

    asyncio.run(test())
    assert "last flush failed" in caplog.text


def test_who_stops_takes_nothing_more() -> None:
    """An assignment that comes while it ends changes nothing."""

    async def test() -> None:
        store = await owning(Logs({topic: [] for topic in TOPICS}))
        await store.close()
        store.on_assigned(ASSIGNED, 1)
        await store.wait_recovered()
        assert (store.partitions, store.ready) == ({}, False)

    asyncio.run(test())
