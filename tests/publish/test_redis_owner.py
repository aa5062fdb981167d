"""A tenant in Redis belongs to one deployment: another one is refused until the first is gone."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from streams.core.definition.definition import Definition
from streams.embedded import ValkeyServer
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from tests.publish import world
from tests.publish.sinks import WITHIN_S, running
from tests.publish.test_redis_layout import Written
from tests.publish.world import T0
from tests.support.eventually import eventually_async

DEFINITION = Definition(window_names=("1h", "24h"))
NAMES = ("kpi-streams on totals of Kafka A", "kpi-streams on totals of Kafka B")


@pytest.fixture
def written(valkey: ValkeyServer) -> Written:
    """A tenant of its own."""
    return Written(valkey.url)


def sink(written: Written, owner: str) -> RedisSink:
    """The sink of a deployment."""
    return RedisSink(RedisAddress(written.url, timeout_s=WITHIN_S), written.tenant, lambda: owner)


def gauge(of: RedisSink) -> float:
    """What the metrics say of a foreign owner."""
    return {sample.name: sample.value for sample in of.samples()}["kpi_streams_redis_foreign"]


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what the sinks do meanwhile."""

    async def asked() -> bool:
        return holds()

    await eventually_async(asked, within=WITHIN_S)


def one_of(writer: RedisSink) -> Callable[[], bool]:
    """Whether it has written its snapshot."""
    return lambda: writer.writes == 1


@pytest.mark.parametrize("names", [NAMES, NAMES[::-1]])
def test_the_second_deployment_is_refused_until_the_first_is_gone(
    written: Written, names: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Though its snapshots are newer; it says so, naming both, and takes over what has expired."""

    async def scene() -> None:
        first, second = (sink(written, name) for name in names)
        async with running(first), running(second):
            first.publish(world.snapshot(DEFINITION, T0, 1))
            await until(lambda: first.writes == 1)
            before = written.client.get(written.key("snapshot"))
            second.publish(world.snapshot(DEFINITION, T0 + 1000, 2))
            await until(lambda: gauge(second) == 1)
            assert second.foreign is not None
            assert all(name in second.foreign for name in (*names, written.tenant, "KPI_REDIS_URL"))
            assert written.client.get(written.key("snapshot")) == before
            assert (second.writes, second.healthy, gauge(first)) == (0, False, 0)
            assert 0 < written.client.ttl(written.key("version")) <= 60
            written.client.pexpire(written.key("version"), 1)  # the first one is gone for 60 s
            await until(lambda: not written.client.exists(written.key("version")))
            second.publish(world.snapshot(DEFINITION, T0 + 3000, 2))
            await until(lambda: second.writes == 1)
            assert gauge(second) == 0
            assert second.healthy
            first.publish(world.snapshot(DEFINITION, T0 + 9000, 1))
            await until(lambda: gauge(first) == 1)

    with caplog.at_level(logging.ERROR):
        asyncio.run(scene())
    assert all(name in caplog.text for name in names)


def test_replicas_and_a_restart_of_one_deployment_share_the_tenant(written: Written) -> None:
    """What they have in common is the name."""

    async def scene() -> None:
        for second_s in range(2):
            one, other = sink(written, NAMES[0]), sink(written, NAMES[0])
            async with running(one), running(other):
                one.publish(world.snapshot(DEFINITION, T0 + 2000 * second_s, 1))
                await until(one_of(one))
                other.publish(world.snapshot(DEFINITION, T0 + 2000 * second_s + 1000, 1))
                await until(one_of(other))

    asyncio.run(scene())
