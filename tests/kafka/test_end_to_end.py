"""The whole way from Kafka to Redis, /metrics and /api/snapshot, through workers that stop and die."""

import asyncio
import os
import subprocess
import time
from pathlib import Path

from streams.demo.compare import Comparison
from streams.demo.observe import Observer
from streams.embedded import KafkaCluster, ValkeyServer
from streams.ingest.sender import Sender
from streams.simulate import Business, SimRecord, topic_of
from tests.kafka.harness import run
from tests.kafka.service import KPI, Service, chunks
from tests.support.eventually import eventually_async

EVENTS = 200_000
AHEAD = 40_000
"""So many records wait to be applied at most: traffic goes on as long as the faults do."""
ERASE = topic_of("erase")
WITHIN_S = 60.0


async def applied(observer: Observer, records: int) -> None:
    """Wait until the workers have applied so many records."""

    async def enough() -> bool:
        return await observer.received() >= records

    await eventually_async(enough, within=WITHIN_S)


async def send_business(service: Service, observer: Observer, sender: Sender) -> None:
    """Send 60 days of a business, no faster than they are applied, its requests for erasure last.

    Topics have no order between them, and an erase decides over what arrives after it.
    """
    erases: list[SimRecord] = []
    for chunk in chunks(Business(7, 10_000, 60, int(time.time() * 1000)).history()):
        erases += [record for record in chunk if record.topic == ERASE]
        await service.send(sender, (record for record in chunk if record.topic != ERASE))
        await applied(observer, service.sent - AHEAD)
    await sender.drain()
    await applied(observer, service.sent)
    now_ms = int(time.time() * 1000)
    await service.send(sender, (record._replace(timestamp_ms=now_ms) for record in erases))
    await sender.drain()


def explained(service: Service, *source: str) -> str:
    """What ``kpi explain`` says of the churn ratio of 30 days, as a worker or Redis shows it."""
    command = [*KPI[:-1], "explain", "churn_ratio", "--window", "30d", *source]
    tenant = ("--tenant", service.definition.tenant)
    environ = os.environ | service.deployment.environ
    ran = subprocess.run([*command, *tenant], env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "    C₀ / B\n" in ran.stdout
    return ran.stdout


def test_what_is_published_equals_the_recount_through_a_restart_and_a_kill(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """200,000 events, duplicates, late and malformed ones among them; then every value is exactly right.

    While they are sent, one worker is restarted in order, and the other is killed (SIGKILL) and replaced.
    """

    async def test(service: Service) -> Comparison:
        await service.make_topics()
        first, second = service.worker(), service.worker()
        async with service.observer(first, second) as observer, service.sender() as sender:
            await asyncio.gather(first.ready(), second.ready())
            sending = asyncio.create_task(send_business(service, observer, sender))
            await applied(observer, 20_000)
            assert await first.stopped() == 0
            first = service.worker(first.port)
            await applied(observer, 100_000)
            assert service.sent < EVENTS
            second.kill()
            second = service.worker(second.port)
            await sending
            comparison = await service.compared(observer)
        assert [await first.stopped(), await second.stopped()] == [0, 0]
        return comparison

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        comparison = run(lambda: test(service))
    assert comparison.mismatches == []
    assert comparison.compared > 10_000
    accounting = comparison.accounting
    assert accounting["received"] == service.sent >= EVENTS
    assert accounting["ignored"]["duplicate"] > 1_000
    assert len(accounting["malformed"]) > 10
