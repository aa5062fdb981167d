"""Whoever is cancelled while Redis is asked ends, also in the moment in which Python 3.11 forgets it."""

import asyncio
from typing import Any

import pytest

from streams.client import AsyncKpiReader
from streams.embedded import ValkeyServer
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from tests.publish import world
from tests.publish.sinks import DEFINITION, WITHIN_S
from tests.publish.world import T0
from tests.support.eventually import patient
from tests.support.sending import when_sent


async def ended(task: "asyncio.Task[Any]") -> bool:
    """Whether a task is cancelled soon."""
    await asyncio.wait((task,), timeout=patient(WITHIN_S))
    return task.cancelled()


def test_a_question_is_cancelled(valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer of the reader."""

    async def test() -> None:
        async with AsyncKpiReader(valkey.url, "cancelled") as reader:
            await reader.get_all()
            task = asyncio.create_task(reader.get_all())
            when_sent(monkeypatch)(task.cancel)
            assert await ended(task)

    asyncio.run(test())


def test_a_watch_is_cancelled(valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which would go on for ever."""

    async def watch(reader: AsyncKpiReader) -> None:
        async for _ in reader.watch():
            pass

    async def test() -> None:
        async with AsyncKpiReader(valkey.url, "cancelled") as reader:
            await reader.get_all()
            task = asyncio.create_task(watch(reader))
            when_sent(monkeypatch)(task.cancel)
            assert await ended(task)

    asyncio.run(test())


def test_a_sink_stops(valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the whole process could not."""

    async def test() -> None:
        sink, stopped = RedisSink(RedisAddress(valkey.url), "cancelled"), asyncio.Event()

        async def stop() -> None:
            await sink.stop()
            stopped.set()

        stops: list[asyncio.Task[None]] = []
        await sink.start()
        when_sent(monkeypatch)(lambda: stops.append(asyncio.create_task(stop())))
        sink.publish(world.snapshot(DEFINITION, T0))
        await asyncio.wait_for(stopped.wait(), patient(WITHIN_S))
        assert not stops[0].cancelled()

    asyncio.run(test())
