"""The history stream in a real Redis becomes the curves of a process that has just started."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import msgspec
from redis import Redis

from streams.core.definition.definition import MINUTE_MS, Definition
from streams.embedded import ValkeyServer
from streams.publish.board.board import Board
from streams.publish.board.history import History
from streams.publish.board.past import Past
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from streams.redis_contract.layout import Keys
from tests.publish import world
from tests.publish.sinks import running
from tests.publish.world import T0
from tests.support.eventually import eventually_async, patient

DEFINITION = Definition(window_names=("1h", "24h"))
WITHIN_S = 10.0


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens in a task."""

    async def holds() -> bool:
        return condition()

    await eventually_async(holds, within=WITHIN_S)


def test_what_the_sink_wrote_is_read_back(valkey: ValkeyServer) -> None:
    """Headline values of every window, minute by minute, over several pages of the stream."""
    tenant = f"past-{uuid4().hex}"
    address = RedisAddress(valkey.url)
    minutes = 90

    async def scene() -> History:
        sink = RedisSink(address, tenant)
        async with running(sink):
            for minute in range(minutes):
                before = sink.writes
                sink.publish(world.snapshot(DEFINITION, T0 + minute * MINUTE_MS, 1 + minute))
                await until(lambda before=before: sink.writes > before)  # type: ignore[misc] # bound
        history = History(DEFINITION)
        await Past(address, tenant).read_into(history)
        return history

    read = msgspec.json.decode(asyncio.run(scene()).json("24h"))
    assert read["t"] == [T0 + minute * MINUTE_MS for minute in range(minutes)]
    assert read["series"]["new_customers"] == [6 * (1 + minute) for minute in range(minutes)]
    assert read["series"]["active_customers"] == [50 * (1 + minute) for minute in range(minutes)]
    assert read["series"]["csat_ratio.5"] == [None] * minutes


def test_an_entry_that_is_no_history_is_passed_over(valkey: ValkeyServer) -> None:
    """The entries around it are read."""
    tenant = f"past-{uuid4().hex}"
    with Redis.from_url(valkey.url) as client:
        for t, text in ((T0, "1"), (T0 + MINUTE_MS, "no number"), (T0 + 2 * MINUTE_MS, "3")):
            client.xadd(Keys(tenant).history, {"24h:new_customers": text}, id=f"{t}-0")
    history = History(DEFINITION)
    asyncio.run(Past(RedisAddress(valkey.url), tenant).read_into(history))
    assert msgspec.json.decode(history.json("24h"))["series"]["new_customers"] == [1, 3]


def test_a_board_starts_without_waiting_for_redis() -> None:
    """It is tried again in the background, and the board can be stopped meanwhile."""

    async def scene() -> None:
        past = Past(RedisAddress("redis://127.0.0.1:1/0"), "nobody")
        board = Board(DEFINITION, past=past)
        await asyncio.wait_for(board.start(), patient(1))
        await asyncio.sleep(0)
        await asyncio.wait_for(board.stop(), patient(WITHIN_S))

    asyncio.run(scene())
