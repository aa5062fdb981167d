"""What Redis of several servers has to do for us: be written, be read by both readers, and say what lacks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from streams.client import AsyncKpiReader, KpiReader, UnavailableError
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from tests.publish.sinks import WITHIN_S, running
from tests.publish.world import T0
from tests.support.certificates import Certificate
from tests.support.eventually import eventually_async

TIMEOUT_S = 1.0


@contextlib.asynccontextmanager
async def writer(url: str, tenant: str, **files: Any) -> AsyncIterator[RedisSink]:  # noqa: ANN401 - as RedisAddress says
    """A running sink; ``files``: those for TLS."""
    sink = RedisSink(RedisAddress(url, timeout_s=TIMEOUT_S, **files), tenant)
    async with running(sink):
        yield sink


async def holds(condition: Callable[[], bool]) -> None:
    """Wait for what happens elsewhere."""

    async def holding() -> bool:
        return await asyncio.to_thread(condition)

    await eventually_async(holding, within=WITHIN_S)


async def everything_reads(url: str, tenant: str, second: int, **files: Any) -> None:  # noqa: ANN401 - as KpiReader says
    """Both readers read what was written in that second, with transactions and without."""
    now = lambda: T0 / 1000 + second  # noqa: E731 - a clock

    def read() -> tuple[float, int, int]:
        with KpiReader(url, tenant, timeout=TIMEOUT_S, clock=now, **files) as reader:
            standing = reader.snapshot() or {}
            reader.at_risk()
            return reader.get("orders", "1h").require(), standing["t"], len(reader.keys())

    async with AsyncKpiReader(url, tenant, timeout=TIMEOUT_S, clock=now, **files) as reader:
        standing = await reader.snapshot() or {}
        await reader.at_risk()
        reading = await reader.get("orders", "1h")
        seen = (reading.require(), standing["t"], len(await reader.keys()))
    assert seen == await asyncio.to_thread(read)
    assert seen[1] == T0 + 1000 * second


async def said_by_both(url: str, tenant: str = "default") -> str:
    """What the readers say, the same, of a Redis that does not answer."""
    with KpiReader(url, tenant, timeout=TIMEOUT_S) as reader, pytest.raises(UnavailableError) as told:
        await asyncio.to_thread(reader.get, "orders")
    async with AsyncKpiReader(url, tenant, timeout=TIMEOUT_S) as twin:
        with pytest.raises(UnavailableError) as also_told:
            await twin.get("orders")
    assert str(told.value) == str(also_told.value)
    assert "\n" not in str(told.value)
    return str(told.value)


async def refusal(url: str, authority: Certificate) -> str:
    """What a reader says that trusts this authority; empty: it reads."""
    async with AsyncKpiReader(url, "tls", ca_file=str(authority.file), timeout=TIMEOUT_S) as reader:
        try:
            await reader.keys()
        except UnavailableError as error:
            return str(error)
    return ""
