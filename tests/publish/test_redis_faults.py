"""Redis going away in every way: nothing waits for it, one line says so, and it is caught up with."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from streams.embedded import ValkeyServer, free_port
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from tests.publish import world
from tests.publish.sinks import DEFINITION, WITHIN_S, RedisHarness, View, running, shows
from tests.publish.world import T0
from tests.support.eventually import eventually_async, patient

TIMEOUT_S = 0.3


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    """A Valkey that a test may kill."""
    with ValkeyServer() as server:
        yield server


def failing(sink: RedisSink, times: int = 1) -> "asyncio.Task[None]":
    """Wait until the sink failed so often."""

    async def failed() -> bool:
        return sink.failures >= times

    async def wait() -> None:
        await eventually_async(failed, within=WITHIN_S)

    return asyncio.create_task(wait())


async def connected(held: list[asyncio.StreamWriter]) -> None:
    """Wait until a server holds a connection."""

    async def one() -> bool:
        return bool(held)

    await eventually_async(one, within=WITHIN_S)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the sink logged."""
    return [record.getMessage() for record in caplog.records if record.name == "streams.publish.redis.sink"]


@contextlib.asynccontextmanager
async def silent_server() -> AsyncIterator[tuple[str, list[asyncio.StreamWriter]]]:
    """Something that accepts connections and never answers: its address, and the connections it holds."""
    held: list[asyncio.StreamWriter] = []

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", held
    finally:
        server.close()
        for writer in held:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        await server.wait_closed()


def test_a_killed_redis_that_comes_back_empty_gets_the_newest_snapshot(
    own_valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Kill -9, many ticks, a new empty server: whole and newest, one line each way."""

    async def scene() -> None:
        harness = RedisHarness(own_valkey.url, "default")
        async with running(harness.sink):
            harness.sink.publish(world.snapshot(DEFINITION, T0))
            await shows(harness, View(T0, 40, 40))
            own_valkey.kill()
            waiting = failing(harness.sink, times=3)
            second = 0
            while not waiting.done():
                second += 1
                harness.sink.publish(world.snapshot(DEFINITION, T0 + 1000 * second))
                await asyncio.sleep(0.01)
            await waiting
            assert not harness.sink.healthy
            await asyncio.to_thread(own_valkey.restart)
            await shows(harness, View(T0 + 1000 * second, 40, 40))
            await shows(harness, View(T0 + 1000 * second, 40, 40), plan="pro")
            assert harness.sink.healthy

    with caplog.at_level(logging.INFO):
        asyncio.run(scene())
    assert len(lines(caplog)) == 2
    assert lines(caplog)[0].startswith("Redis cannot be written (")
    assert lines(caplog)[1].startswith("Redis is back after ")


def test_a_redis_that_never_answers_holds_up_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It accepts and is silent: others have their turns meanwhile, and every attempt ends at the timeout."""

    async def scene() -> None:
        async with silent_server() as (url, held):
            patiently = RedisSink(RedisAddress(url, timeout_s=60), "default")
            async with running(patiently):
                patiently.publish(world.snapshot(DEFINITION, T0))
                await connected(held)
                for _ in range(100):
                    await asyncio.sleep(0.001)
                assert (patiently.writes, patiently.failures) == (0, 0)  # it still waits, and we went on
        caplog.clear()
        async with silent_server() as (url, _):
            sink = RedisSink(RedisAddress(url, timeout_s=TIMEOUT_S), "default")
            async with running(sink):
                sink.publish(world.snapshot(DEFINITION, T0))
                await failing(sink, times=2)
                assert (sink.writes, sink.healthy) == (0, False)

    asyncio.run(scene())
    assert len(lines(caplog)) == 1


def test_a_redis_that_stops_in_the_middle_is_caught_up_with(own_valkey: ValkeyServer) -> None:
    """SIGSTOP while connected, SIGCONT later: the newest snapshot stands."""

    async def scene() -> None:
        harness = RedisHarness(own_valkey.url, "default")
        harness.sink = RedisSink(RedisAddress(own_valkey.url, timeout_s=TIMEOUT_S), "default")
        async with running(harness.sink):
            harness.sink.publish(world.snapshot(DEFINITION, T0))
            await shows(harness, View(T0, 40, 40))
            os.kill(own_valkey.pid, signal.SIGSTOP)
            try:
                harness.sink.publish(world.snapshot(DEFINITION, T0 + 1000, 2))
                await failing(harness.sink)
                harness.sink.publish(world.snapshot(DEFINITION, T0 + 2000, 3))
            finally:
                os.kill(own_valkey.pid, signal.SIGCONT)
            await shows(harness, View(T0 + 2000, 120, 120))

    asyncio.run(scene())


def test_a_sink_stops_in_time_while_redis_hangs() -> None:
    """A shutdown does not wait for Redis."""

    async def scene() -> None:
        async with silent_server() as (url, held):
            sink = RedisSink(RedisAddress(url, timeout_s=60), "default")
            await sink.start()
            sink.publish(world.snapshot(DEFINITION, T0))
            await connected(held)
            await asyncio.wait_for(sink.stop(), patient(5))

    asyncio.run(scene())


def test_nothing_listening_is_an_outage_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    """Redis may be started after us."""

    async def scene() -> None:
        sink = RedisSink(RedisAddress(f"redis://127.0.0.1:{free_port()}/0"), "default")
        async with running(sink):
            sink.publish(world.snapshot(DEFINITION, T0))
            await failing(sink, times=2)

    asyncio.run(scene())
    (line,) = lines(caplog)
    assert line == (
        "Redis cannot be written (nothing listens there); everything else goes on; "
        "check KPI_REDIS_URL, and whether Redis runs"
    )


def test_an_acl_user_is_enough_and_a_wrong_password_is_never_logged(
    own_valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The rights that the documentation names suffice; refused credentials are an outage."""
    with redis.Redis.from_url(own_valkey.url) as client:
        client.execute_command(
            "ACL", "SETUSER", "kpi", "on", ">right-pw", "~crm:*", "&crm:*", "+@all", "-@admin"
        )
        client.execute_command("ACL", "SETUSER", "default", "off")

    async def scene() -> None:
        for password, counter in (("wrong-pw", "failures"), ("right-pw", "writes")):
            sink = RedisSink(RedisAddress(own_valkey.url, "kpi", password), "default")
            async with running(sink):
                sink.publish(world.snapshot(DEFINITION, T0))

                async def counted(sink: RedisSink = sink, counter: str = counter) -> bool:
                    return bool(getattr(sink, counter))

                await eventually_async(counted, within=WITHIN_S)

    with caplog.at_level(logging.DEBUG):
        asyncio.run(scene())
    assert "wrong-pw" not in caplog.text
    (line,) = lines(caplog)
    assert line == (
        "Redis cannot be written (wrong user or password, or a user that is off); everything else goes on; "
        "check KPI_REDIS_USERNAME and KPI_REDIS_PASSWORD"
    )


def test_the_metrics_tell_what_happened(own_valkey: ValkeyServer) -> None:
    """Writes, failures, skipped ones and whether it is up."""

    async def scene() -> dict[str, float]:
        harness = RedisHarness(own_valkey.url, "default")
        async with running(harness.sink):
            harness.sink.publish(world.snapshot(DEFINITION, T0))
            await shows(harness, View(T0, 40, 40))
        return {
            sample.name.removeprefix("kpi_streams_redis_"): sample.value for sample in harness.sink.samples()
        }

    told = asyncio.run(scene())
    assert told == {"up": 1, "foreign": 0, "writes_total": 1, "failures_total": 0, "skipped_total": 0}
