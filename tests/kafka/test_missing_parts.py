"""The whole service while something it needs is away, hangs, or it is flooded: what it says; it goes on."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from streams.embedded import KafkaCluster, ValkeyServer
from streams.log_limit import PERIOD_S
from streams.simulate import SimRecord, bench_mix, topic_of
from streams.simulate.bodies import purchase
from streams.simulate.malformed import SORTS, malformed
from tests.kafka.gate import Gate
from tests.kafka.harness import run
from tests.kafka.service import FAUST, KPI, Service, ServiceWorker
from tests.support.eventually import eventually_async, patient

WITHIN_S = 30.0
FLOOD = 30_000


def mix(records: int) -> list[SimRecord]:
    """Good records of the last hour."""
    return list(bench_mix(records, customers=100, end_ms=int(time.time() * 1000), span_ms=3_600_000))


def says(worker: ServiceWorker, name: str, value: float) -> Callable[[], Awaitable[bool]]:
    """Whether a metric without labels has this value."""

    async def page_says() -> bool:
        return (await worker.page()).get((name, ())) == value

    return page_says


async def failed_to_write(worker: ServiceWorker) -> bool:
    """Whether a write to Redis was given up."""
    return (await worker.page()).get(("kpi_streams_redis_failures_total", ()), 0) > 0


async def received(worker: ServiceWorker) -> float:
    """How many records its metrics page accounts for."""
    return sum(value for (name, _), value in (await worker.page()).items() if name == "crm_events_total")


def accounts_for(worker: ServiceWorker, records: int) -> Callable[[], Awaitable[bool]]:
    """Whether its metrics page accounts for so many records."""

    async def page_says() -> bool:
        return await received(worker) == records

    return page_says


def bad_record(number: int, now_ms: int) -> SimRecord:
    """A record no decoder may accept, of each sort in turn."""
    name = f"c{number % 50}"
    kind, value = malformed(number % SORTS, f"x{number}", name, now_ms)
    return SimRecord(topic_of(kind), name.encode(), value, now_ms)


@pytest.mark.parametrize("command", [KPI, FAUST], ids=["kpi worker", "faust worker"])
def test_a_kafka_that_comes_later_is_waited_for_and_readiness_says_so(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Alive but not ready, with the reason; one line; when Kafka is there it works like any other."""

    async def test(service: Service, gate: Gate) -> None:
        await service.make_topics()
        worker = service.worker(command=command)
        reason = f"Kafka at {gate.address} refuses the connection"

        async def not_ready() -> bool:
            status, body = await worker.get("/readyz")
            return status == 503 and reason in body

        await eventually_async(not_ready, within=WITHIN_S)
        assert (await worker.get("/healthz"))[0] == 200
        await gate.open()
        await worker.ready()
        async with service.sender() as sender:
            await service.send(sender, mix(2_000))
        await eventually_async(accounts_for(worker, service.sent), within=WITHIN_S)
        assert worker.told().count(reason) == 1
        assert "Traceback" not in worker.told()
        assert await worker.stopped() == 0

    async def main() -> None:
        async with Gate(kafka.bootstrap) as gate:
            with Service(kafka.bootstrap, valkey.url, tmp_path, KPI_BROKERS=gate.address) as service:
                await test(service, gate)

    run(main)


@pytest.mark.parametrize("hangs", [False, True], ids=["unreachable", "hanging"])
def test_without_redis_counting_and_metrics_go_on_and_redis_is_caught_up_with(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path, *, hangs: bool
) -> None:
    """The page moves, a metric and one line tell of Redis; when it is back it holds the newest values.

    A line comes when Redis goes and one when it is back, however many writes fail meanwhile; on a machine so
    busy that a write lasts longer than is allowed it goes more than once.
    """

    async def test(service: Service, gate: Gate) -> None:
        await service.make_topics()
        if hangs:
            await gate.hang()
        worker = service.worker(KPI_REDIS_URL=f"redis://{gate.address}/0", KPI_REDIS_TIMEOUT="2s")
        async with service.sender() as sender:
            await service.send(sender, mix(2_000))
        await eventually_async(accounts_for(worker, service.sent), within=WITHIN_S)
        await eventually_async(lambda: failed_to_write(worker), within=WITHIN_S)
        assert await says(worker, "kpi_streams_redis_up", 0.0)()
        async with service.observer(worker) as observer:
            assert await observer.received() == 0
            await gate.open()
            assert (await service.compared(observer)).mismatches == []
        await eventually_async(says(worker, "kpi_streams_redis_up", 1.0), within=WITHIN_S)
        told = [line for line in worker.told().splitlines() if "streams.publish.redis.sink" in line]
        changes = ["back" if "Redis is back" in line else "gone" for line in told]
        assert changes == (["gone", "back"] * len(told))[: len(told)], told
        assert "back" in changes
        assert await worker.stopped() == 0

    async def main() -> None:
        async with Gate(valkey.url.removeprefix("redis://").removesuffix("/0")) as gate:
            with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
                await test(service, gate)

    run(main)


def test_a_flood_of_malformed_records_holds_nothing_up_and_fills_no_log(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Good records sent behind 30,000 bad ones of every sort count; the log has a line of it a minute."""
    now_ms = int(time.time() * 1000)
    flood = [bad_record(number, now_ms) for number in range(FLOOD)]
    good = SimRecord(topic_of("purchase"), b"c1", purchase("g1", "c1", now_ms, 990, "USD").encode(), now_ms)

    async def test(service: Service) -> None:
        await service.make_topics()
        worker = service.worker()
        await worker.ready()
        lines, began_s = len(worker.told().splitlines()), time.monotonic()
        async with service.sender() as sender:
            await service.send(sender, flood)
            await service.send(sender, [good])
        await eventually_async(accounts_for(worker, service.sent), within=10)
        async with service.observer(worker) as observer:
            comparison = await service.compared(observer)
        assert comparison.mismatches == []
        malformed_total = comparison.accounting["malformed_total"]
        assert malformed_total == FLOOD
        await eventually_async(says(worker, "kpi_streams_dead_letters_total", FLOOD), within=WITHIN_S)
        told = worker.told().splitlines()[lines:]
        minutes = 1 + int((time.monotonic() - began_s) // PERIOD_S)
        assert 1 <= len([line for line in told if "malformed" in line]) <= minutes
        assert len(told) < 10 * minutes, told
        assert await worker.stopped() == 0

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        run(lambda: test(service))


def test_a_wrong_setting_is_one_line_with_key_value_and_what_is_allowed(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Under Faust's own command too: no traceback, and nothing is started."""

    async def test(service: Service) -> None:
        for command in (KPI, FAUST):
            worker = service.worker(command=command, KPI_TICK="soon")
            assert await asyncio.to_thread(worker.process.wait, patient(20)) != 0
            (line,) = [line for line in worker.told().splitlines() if "KPI_TICK" in line]
            assert "'soon'" in line
            assert "a duration of at least 100ms" in line
            assert "Traceback" not in worker.told()

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        run(lambda: test(service))
