"""What sweeps find, the whole way from Kafka to Redis: revenue shares and who is at risk; an erase acts."""

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from streams.client import AsyncKpiReader, AtRisk, Reading, State
from streams.core.customer.identity import Identity
from streams.core.definition.definition import DAY_MS
from streams.embedded import KafkaCluster, ValkeyServer
from streams.settings import read
from streams.simulate import SimRecord, topic_of
from tests.kafka.harness import run
from tests.kafka.service import Service
from tests.support.eventually import eventually_async

BUYERS = 200
WITHIN_S = 30.0


def event(kind: str, customer: str, at_ms: int, **fields: object) -> SimRecord:
    """A record that arrives when it happens."""
    body = {"event_id": f"{kind}-{customer}", "customer_id": customer, "occurred_at": at_ms, **fields}
    return SimRecord(topic_of(kind), customer.encode(), msgspec.json.encode(body), at_ms)


def business(now_ms: int) -> Iterator[SimRecord]:
    """Buyers of 1.00 to 200.00 in the last week, and one who bought once, long ago, and has cancelled."""
    at_ms = now_ms - 6 * DAY_MS
    yield event("purchase", "silent", now_ms - 80 * DAY_MS, amount="5.00", currency="USD")
    yield event("cancellation", "silent", now_ms - 1_000, effective_at=now_ms + DAY_MS)
    for number in range(BUYERS):
        amount = f"{number + 1}.00"
        yield event("purchase", f"b{number}", at_ms + number, amount=amount, currency="USD")


async def settled(service: Service) -> tuple[Reading, AtRisk, AtRisk]:
    """The share of the best buyers, and who is at risk before and after the most silent one is erased."""
    await service.make_topics()
    now_ms = int(time.time() * 1_000)
    async with service.sender() as sender:
        await service.send(sender, business(now_ms))
        await sender.drain()
        await service.worker().ready()
        async with AsyncKpiReader(service.redis_url, service.definition.tenant) as reader:

            async def share() -> Reading | None:
                reading = await reader.get("top20_revenue_ratio", "7d")
                return reading if reading.state is State.SILENT and reading.n == BUYERS else None

            async def at_risk(customers: int) -> AtRisk | None:
                found = await reader.at_risk(1_000)
                return found if found is not None and len(found.customers) == customers else None

            reading = await eventually_async(share, within=WITHIN_S)
            before = await eventually_async(lambda: at_risk(BUYERS + 1), within=WITHIN_S)
            await service.send(sender, [event("erase", "silent", int(time.time() * 1_000))])
            await sender.drain()
            after = await eventually_async(lambda: at_risk(BUYERS), within=WITHIN_S)
    assert reading is not None
    assert before is not None
    assert after is not None
    return reading, before, after


def test_shares_and_customers_at_risk_are_published_and_an_erase_acts(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Within 1 % of what was sent; customers by the hash that `kpi hash` prints, the most silent first.

    Nobody has bought for six days, and the share says so.
    """
    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        reading, before, after = run(lambda: settled(service))
        identity = Identity(read(service.deployment.environ).secret_bytes)
    best, everybody = sum(range(161, 201)), sum(range(1, 201))
    assert reading.value is not None
    assert abs(reading.value / (best / everybody) - 1) <= 0.01
    assert reading.denominator == 100 * everybody
    silent = identity.customer("silent").hex()
    assert before.customers[0].customer == silent
    assert 0.983 < before.customers[0].score < 0.984  # 80 days of silence, a gap of 30, and a cancellation
    assert silent not in {one.customer for one in after.customers}
    buyers = {identity.customer(f"b{number}").hex() for number in range(BUYERS)}
    assert {one.customer for one in after.customers} == buyers
