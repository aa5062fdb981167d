"""Behind, a partition leaves out flushes: never the one that says so, never for long, never much at once."""

import asyncio
import json

from streams.engine.kafka.timed import TimedRecord
from streams.engine.ownership.owned_partition import CATCH_UP_FLUSH_S
from tests.engine.protocol_model import Logs
from tests.engine.protocol_worker import TOPICS, Worker

NOW_MS = 1_772_366_400_000
PURCHASES = next(topic for topic in TOPICS if "purchase" in topic)


def purchases(n: int) -> list[TimedRecord]:
    """One of each customer."""
    bodies = [
        {
            "event_id": f"p{number}",
            "customer_id": f"c{number}",
            "occurred_at": NOW_MS - 9_000,
            "amount": "1.00",
            "currency": "USD",
        }
        for number in range(n)
    ]
    return [
        TimedRecord(number, NOW_MS - 9_000, f"c{number}".encode(), json.dumps(body).encode(), [])
        for number, body in enumerate(bodies)
    ]


async def behind(n: int) -> tuple[Worker, Logs]:
    """A worker that has one of ``n`` records, and knows of the others."""
    logs = Logs({**{topic: [] for topic in TOPICS}, PURCHASES: list(purchases(n))})
    worker = Worker(logs, lambda: NOW_MS)
    await worker.partition.acquire(asyncio.Semaphore())
    worker.take(logs, PURCHASES, 1)
    assert not worker.task.live
    return worker, logs


def test_the_first_flush_of_one_who_is_behind_never_waits() -> None:
    """It says that values are not to be published; the next one may wait."""

    async def test() -> None:
        worker, logs = await behind(4)
        assert not worker.partition.may_wait(1_000)
        await worker.partition.flush()
        worker.take(logs, PURCHASES, 1)
        assert worker.partition.may_wait(1_000)

    asyncio.run(test())


def test_it_waits_for_so_long_and_with_so_many_customers_at_the_most() -> None:
    """Or memory would hold all of a backlog, and a crash would repeat much."""

    async def test() -> None:
        worker, logs = await behind(4)
        await worker.partition.flush()
        worker.take(logs, PURCHASES, 2)
        assert worker.partition.may_wait(3)
        assert not worker.partition.may_wait(2)
        worker.partition.committed_at -= CATCH_UP_FLUSH_S
        assert not worker.partition.may_wait(3)

    asyncio.run(test())


def test_dead_letters_do_not_wait() -> None:
    """There is room for so many: those that wait for it would hold up everything."""

    async def test() -> None:
        worker, logs = await behind(4)
        logs.sources[PURCHASES][1] = TimedRecord(1, NOW_MS, b"c1", b"{", [])
        await worker.partition.flush()
        worker.take(logs, PURCHASES, 1)
        assert not worker.partition.may_wait(1_000)

    asyncio.run(test())


def test_who_is_live_flushes_at_every_tick() -> None:
    """Nothing waits from the moment that it has caught up, and what was left out is written then."""

    async def test() -> None:
        worker, logs = await behind(4)
        await worker.partition.flush()
        worker.take(logs, PURCHASES, 3)
        assert worker.task.live
        assert not worker.partition.may_wait(1_000)
        await worker.partition.flush()
        assert worker.partition.durable[PURCHASES] == 4
        worker.task.assigned()
        assert not worker.partition.may_wait(1_000), "the last flush was of one who is live"

    asyncio.run(test())
