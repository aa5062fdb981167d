"""A flood of connections that never become requests, against a whole worker: nothing else stands still."""

import asyncio
import os
import time
from pathlib import Path

import redis

from streams.embedded import KafkaCluster, ValkeyServer
from streams.redis_contract.layout import Keys
from tests.kafka.service import KPI, Service
from tests.publish.test_doorkeeper import answer, close, half_open
from tests.support.eventually import eventually_async

FEW = ("sh", "-c", f"ulimit -n 1024; exec {' '.join(KPI)}")
_MOVES = 5


def test_a_worker_survives_more_connections_than_it_has_descriptors(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """1,500 half-open requests: probes are answered, Redis is written on, and the log stays small."""

    async def scene(service: Service) -> None:
        await service.make_topics()
        worker = service.worker(command=FEW)
        await worker.ready()
        waiting = await half_open(worker.port, 1_500)
        seen = {await stands()}

        async def moves() -> bool:
            seen.add(await stands())
            return len(seen) > _MOVES

        await eventually_async(moves, within=20)
        begun = time.monotonic()
        assert b"200" in await answer(worker.port)
        assert time.monotonic() - begun < 10
        assert len(os.listdir(f"/proc/{worker.process.pid}/fd")) < 900  # noqa: PTH208 - a list is what is counted
        page = await worker.page()
        assert page[("kpi_streams_redis_up", ())] == 1
        assert page[("kpi_streams_redis_writes_total", ())] > _MOVES
        close(waiting)
        assert worker.output.stat().st_size < 100_000

    with (
        Service(kafka.bootstrap, valkey.url, tmp_path, KPI_PARTITIONS="1", KPI_TICK="200ms") as service,
        redis.Redis.from_url(valkey.url, decode_responses=True) as client,
    ):
        keys = Keys(service.definition.tenant)

        async def stands() -> str:
            return str(await asyncio.to_thread(client.hget, keys.version, "t"))

        asyncio.run(scene(service))
