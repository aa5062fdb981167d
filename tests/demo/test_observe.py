"""The observer's look at Redis is of one moment, whatever is written between its questions."""

import asyncio
from uuid import uuid4

import pytest
from redis import Redis

from streams.core.definition.definition import Definition
from streams.demo.observe import Observer
from streams.embedded import ValkeyServer
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from streams.redis_contract.layout import Keys, Place
from tests.publish import world
from tests.publish.sinks import WITHIN_S, running
from tests.publish.world import T0
from tests.support.eventually import eventually_async, patient
from tests.support.sending import when_sent


def test_a_place_that_appears_between_two_questions_is_seen(
    valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a comparison would find that it is missing."""
    tenant = f"observed-{uuid4().hex}"
    keys = Keys(tenant)

    async def test() -> None:
        sink = RedisSink(RedisAddress(valkey.url), tenant)
        async with running(sink), Observer(valkey.url, tenant, {}, lambda: None) as observer:
            sink.publish(world.snapshot(Definition(window_names=("1h",)), T0))

            async def written() -> bool:
                return sink.writes == 1

            await eventually_async(written, within=WITHIN_S)
            with Redis.from_url(valkey.url, decode_responses=True) as redis:
                late = keys.hash(Place("1h"))
                assert redis.srem(keys.index, late) == 1
                await observer.received()  # connected: the next command is the question for the index
                when_sent(monkeypatch)(lambda: redis.sadd(keys.index, late))
                observed = await observer.observe(T0 - 1, within=patient(WITHIN_S))
        assert Place("1h") in observed.hashes

    asyncio.run(test())
