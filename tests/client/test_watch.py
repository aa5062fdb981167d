"""Watching changes: what stands, every newer snapshot, and outages in between."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from streams.client import AsyncKpiReader, Change, KpiReader
from streams.client.changes import News
from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.embedded import ValkeyServer
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from tests.publish import world
from tests.publish.sinks import WITHIN_S, running
from tests.publish.world import T0
from tests.support.eventually import patient

HOUR = Definition(window_names=("1h",))


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    """A Valkey that a test may kill."""
    with ValkeyServer() as server:
        yield server


def snapshot(second: int) -> Snapshot:
    """A snapshot of a second."""
    return world.snapshot(HOUR, T0 + 1000 * second, computed_at_ms=T0 + 1000 * second)


def change(second: int) -> Change:
    """What is told of it."""
    return Change(T0 + 1000 * second, T0 + 1000 * second, "1", "ok")


class Watched:
    """The changes that a reader sees, in a queue; the sync reader runs in a thread of its own."""

    def __init__(self, url: str, tenant: str) -> None:
        self._seen: queue.Queue[Change] = queue.Queue()
        self._reader = KpiReader(url, tenant)
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        for each in self._reader.watch():
            self._seen.put(each)

    async def next(self) -> Change:
        """Wait for the next one."""
        return await asyncio.to_thread(self._seen.get, timeout=patient(WITHIN_S))

    async def aclose(self) -> None:
        """Close the reader, which ends the watch."""
        self._reader.close()
        await asyncio.to_thread(self._thread.join, WITHIN_S)
        assert not self._thread.is_alive()


class AsyncWatched:
    """The same of the asyncio twin."""

    def __init__(self, url: str, tenant: str) -> None:
        self._reader = AsyncKpiReader(url, tenant)
        self._seen: asyncio.Queue[Change] = asyncio.Queue()
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        async for each in self._reader.watch():
            self._seen.put_nowait(each)

    async def next(self) -> Change:
        """Wait for the next one."""
        return await asyncio.wait_for(self._seen.get(), patient(WITHIN_S))

    async def aclose(self) -> None:
        """Close the reader, which ends the watch."""
        await self._reader.close()
        await asyncio.wait_for(self._task, patient(WITHIN_S))


@contextlib.asynccontextmanager
async def writer(url: str, tenant: str) -> AsyncIterator[RedisSink]:
    """A running sink."""
    sink = RedisSink(RedisAddress(url), tenant)
    async with running(sink):
        yield sink


@pytest.mark.parametrize("watched", [Watched, AsyncWatched])
def test_a_watch_begins_with_what_stands_and_goes_on_with_what_comes(
    valkey: ValkeyServer, watched: type[Watched | AsyncWatched]
) -> None:
    """Nothing is missed between subscribing and the first message, nothing comes twice."""
    tenant = f"watch-{uuid4().hex}"

    async def scene() -> None:
        async with writer(valkey.url, tenant) as sink:
            sink.publish(snapshot(0))
            for first in (0, 2):
                async with contextlib.aclosing(watched(valkey.url, tenant)) as watching:
                    assert await watching.next() == change(first)
                    for second in (first + 1, first + 2):
                        sink.publish(snapshot(second))
                        assert await watching.next() == change(second)

    asyncio.run(scene())


@pytest.mark.parametrize("watched", [Watched, AsyncWatched])
def test_a_watch_survives_a_killed_redis(
    own_valkey: ValkeyServer, watched: type[Watched | AsyncWatched]
) -> None:
    """It reconnects by itself and tells the newest snapshot, and no older one again."""

    async def scene() -> None:
        async with writer(own_valkey.url, "default") as sink:
            sink.publish(snapshot(0))
            async with contextlib.aclosing(watched(own_valkey.url, "default")) as watching:
                assert await watching.next() == change(0)
                own_valkey.kill()
                await asyncio.to_thread(own_valkey.restart)
                sink.publish(snapshot(5))
                assert await watching.next() == change(5)

    asyncio.run(scene())


def test_only_what_is_newer_is_news() -> None:
    """By t, then by computed-at; a repetition over a reconnect is none."""
    news = News()
    told = [
        news.from_standing([None, None, None, None, None]),
        news.from_standing(["5", "6", "1", "ok", "churn_spike order_drop"]),
        news.from_message('{"t":5,"computed_at":6,"definition_version":"1","condition":"ok"}'),
        news.from_message('{"t":4,"computed_at":9,"definition_version":"1","condition":"ok"}'),
        news.from_message('{"t":5,"computed_at":7,"definition_version":"1","condition":"stale"}'),
    ]
    assert told == [
        None,
        Change(5, 6, "1", "ok", ("churn_spike", "order_drop")),
        None,
        None,
        Change(5, 7, "1", "stale"),
    ]
