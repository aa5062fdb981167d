"""Who is at risk, from the sink through a real Valkey to both readers."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import redis

from streams.client import AsyncKpiReader, AtRisk, KpiReader, RiskyCustomer
from streams.core.customer.identity import Identity
from streams.core.definition.definition import Definition
from streams.core.kpi.early_warning import AtRisk as Scored
from streams.core.kpi.early_warning import EarlyWarning
from streams.core.kpi.snapshot import Snapshot
from streams.embedded import ValkeyServer
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from tests.publish import world
from tests.publish.sinks import WITHIN_S, running
from tests.publish.world import T0
from tests.support.eventually import eventually_async

DEFINITION = Definition(window_names=("1h", "24h"))
IDENTITY = Identity(b"a secret")
ANN, BOB, CAY = (IDENTITY.customer(name) for name in ("ann", "bob", "cay"))
NOW_MS = T0 + 30_000
Write = Callable[[Snapshot], Coroutine[None, None, None]]


def snapshot(t: int, *customers: Scored, known: bool = True) -> Snapshot:
    """A snapshot that names these customers, swept 10 s before it."""
    warning = EarlyWarning(t - 10_000, customers) if known else None
    return replace(world.snapshot(DEFINITION, t), early_warning=warning)


class Tenant:
    """A tenant of its own with its writer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = f"risk-{uuid4().hex}"
        self.key = f"crm:{{{self.name}}}:at-risk"
        # Any: redis-py's types cannot say that answers come decoded
        self.client: Any = redis.Redis.from_url(url, decode_responses=True)

    def write(self, *snapshots: Snapshot, between: Callable[[], object] = lambda: None) -> None:
        """Write these one after the other by one sink."""

        async def scene() -> None:
            sink = RedisSink(RedisAddress(self.url, timeout_s=WITHIN_S), self.name)
            async with running(sink):
                for number, one in enumerate(snapshots, 1):
                    sink.publish(one)

                    async def written(number: int = number) -> bool:
                        return sink.writes == number

                    await eventually_async(written, within=WITHIN_S)
                    between()

        asyncio.run(scene())

    def read(self, limit: int = 100) -> AtRisk | None:
        """What both readers say."""
        with KpiReader(self.url, self.name, clock=lambda: NOW_MS / 1000) as reader:
            found = reader.at_risk(limit)

        async def other() -> AtRisk | None:
            async with AsyncKpiReader(self.url, self.name, clock=lambda: NOW_MS / 1000) as reader:
                return await reader.at_risk(limit)

        assert asyncio.run(other()) == found
        return found


@pytest.fixture
def tenant(valkey: ValkeyServer) -> Tenant:
    """A tenant of its own."""
    return Tenant(valkey.url)


def test_readers_find_who_is_most_at_risk(tenant: Tenant) -> None:
    """By keyed hash, the highest score first, no more than asked for."""
    tenant.write(snapshot(T0, Scored(0.95, ANN), Scored(1 / 3, CAY), Scored(0.0, BOB)))
    found = tenant.read()
    assert found is not None
    assert (found.t_ms, found.age_s) == (T0 - 10_000, 40.0)
    assert found.customers == (
        RiskyCustomer(ANN.hex(), 0.95),
        RiskyCustomer(CAY.hex(), 1 / 3),
        RiskyCustomer(BOB.hex(), 0.0),
    )
    first = tenant.read(1)
    assert first is not None
    assert first.customers == found.customers[:1]


def test_a_limit_below_one_is_refused(tenant: Tenant) -> None:
    """Redis would take it for everybody."""
    with pytest.raises(ValueError, match="limit: 0"):
        tenant.read(0)


def test_nobody_at_risk_is_not_the_same_as_not_known(tenant: Tenant) -> None:
    """An empty set has a time; before the first sweep there is none."""
    assert tenant.read() is None
    tenant.write(snapshot(T0, known=False))
    assert tenant.read() is None
    tenant.write(snapshot(T0 + 1_000))
    found = tenant.read()
    assert found is not None
    assert found.customers == ()


def test_who_is_gone_is_gone_with_the_next_write(tenant: Tenant) -> None:
    """Erased, or no longer among the first."""
    tenant.write(snapshot(T0, Scored(0.9, ANN), Scored(0.8, BOB)), snapshot(T0 + 1_000, Scored(0.8, BOB)))
    assert tenant.client.zrange(tenant.key, 0, -1) == [BOB.hex()]


def test_what_is_no_longer_known_is_deleted(tenant: Tenant) -> None:
    """While values are withheld nobody is named."""
    tenant.write(snapshot(T0, Scored(0.9, ANN)), snapshot(T0 + 1_000, known=False))
    assert not tenant.client.exists(tenant.key)
    assert tenant.read() is None


def test_the_set_lives_as_long_as_it_is_renewed(tenant: Tenant) -> None:
    """By every tick, also one that does not send it again."""
    one = Scored(0.9, ANN)
    same = snapshot(T0, one)
    tenant.write(same, between=lambda: tenant.client.expire(tenant.key, 5))
    assert 0 < tenant.client.ttl(tenant.key) <= 5
    tenant.write(replace(same, t_ms=T0 + 1_000))
    assert 55 < tenant.client.ttl(tenant.key) <= 60


def test_a_set_that_redis_lost_is_sent_again(tenant: Tenant) -> None:
    """Though it has not changed."""
    same = snapshot(T0, Scored(0.9, ANN))
    tenant.write(same, between=lambda: tenant.client.delete(tenant.key))
    tenant.write(replace(same, t_ms=T0 + 1_000))
    assert tenant.client.zscore(tenant.key, ANN.hex()) == 0.9


def test_thousands_are_written_whole(tenant: Tenant) -> None:
    """In several commands of one script."""
    many = tuple(Scored(1 - n / 10_000, n.to_bytes(16, "big")) for n in range(3_001))
    tenant.write(snapshot(T0, *many))
    assert tenant.client.zcard(tenant.key) == 3_001
    found = tenant.read(10_000)
    assert found is not None
    assert [one.customer for one in found.customers] == [key.hex() for _, key in many]
