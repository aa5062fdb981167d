"""``kpi worker --rebuild``: counted anew from the source topics, and only when that is safe."""

import asyncio
import json
import time
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from streams.cli.exits import Exit
from streams.core.definition.definition import Definition
from streams.definitions import load
from streams.embedded import KafkaCluster, ValkeyServer, free_port
from streams.engine.exits import ExitCode
from streams.engine.maintenance.rebuild import Rebuild, RebuildError
from streams.engine.ownership.marker import blank
from streams.simulate import Business
from tests.kafka.harness import Deployment, run
from tests.kafka.service import KPI, Service, ServiceWorker, chunks
from tests.support.eventually import eventually_async

REBUILD = (*KPI, "--rebuild")
PUBLICATION = """\
version = "1b"
formula = "simple"
nps_basis = "responses"
min_n = 5
freshness_limit = "11s"
max_values = 2
[allow]
plan = ["pro"]
[min_n_by_kpi]
nps_score = 3
"""


async def ended(worker: ServiceWorker) -> int:
    """The exit code of a worker that ends by itself."""
    return await asyncio.to_thread(worker.process.wait, 60)


async def serves(worker: ServiceWorker, definition: Definition) -> None:
    """Wait until a worker shows live values of a definition."""
    body = ""

    async def shown() -> bool:
        nonlocal body
        _, body = await worker.get("/api/snapshot")
        document = json.loads(body or "{}")
        states = [info["state"] for info in document.get("partitions", {}).values()]
        return document.get("definition_hash") == definition.hash and set(states) == {"ok"}

    try:
        await eventually_async(shown, within=60)
    except AssertionError as error:
        raise AssertionError(f"{worker.told()}\n{body[:500]}") from error


def test_a_changed_definition_is_refused_then_counted_anew(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """What needs no recount applies beside an old worker; the rest with --rebuild, not while a worker runs.

    Either way every value is that of a recount under the new definition.
    """

    async def test(service: Service) -> None:
        await service.make_topics()
        old, port = service.definition, free_port()
        first = service.worker(port)
        async with service.observer(first) as observer, service.sender() as sender:
            for chunk in chunks(Business(7, 300, 30, int(time.time() * 1000)).history()):
                await service.send(sender, chunk)
            await sender.drain()
            assert (await service.compared(observer)).different == 0
        new = tmp_path / "definition.toml"
        new.write_text(f'tenant = "{old.tenant}"\n{PUBLICATION}')
        service.definition = load(new)
        beside = service.worker()
        await serves(beside, service.definition)
        await serves(first, old)
        assert await first.stopped() == 0
        first = service.worker(port)
        await serves(first, service.definition)
        async with service.observer(first, beside) as observer:
            assert (await service.compared(observer)).different == 0
        assert await beside.stopped() == 0
        service.workers.remove(beside)

        new.write_text(f'tenant = "{old.tenant}"\nversion = "2"\npurchase_reactivates = false\n')
        service.definition = load(new)
        busy = service.worker(port, command=REBUILD)
        assert (await ended(busy), "1 workers" in busy.told()) == (Exit.FAILED, True)
        assert await first.stopped() == 0

        refused = service.worker(port)
        assert await ended(refused) == ExitCode.DEFINITION_CHANGED
        for named in (old.counting_hash, service.definition.counting_hash, "--rebuild"):
            assert named in refused.told()

        again = service.worker(port, command=REBUILD)
        await serves(again, service.definition)
        async with service.observer(again) as observer:
            assert (await service.compared(observer)).different == 0
        assert old.counting_hash in again.told()
        assert await again.stopped() == 0
        kept = service.worker(port, command=REBUILD)
        await serves(kept, service.definition)
        async with service.observer(kept) as observer:
            assert (await service.compared(observer)).different == 0
        assert "the changelog fits and stays" in kept.told()

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        run(lambda: test(service))


async def deleted(deployment: Deployment, topic: str, before: int) -> None:
    """Delete the first records of a topic."""
    admin = AIOKafkaAdminClient(**deployment.client.options)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=before)})
    finally:
        await admin.close()


def test_what_the_sources_no_longer_hold_is_not_thrown_away(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Unless the loss is accepted. Without a changelog nothing is done; a killed worker is waited for."""

    async def test() -> None:
        deployment = Deployment(kafka.bootstrap, tmp_path)
        rebuild = Rebuild(
            deployment.settings,
            deployment.client,
            blank(deployment.settings, Definition(kept_for_ms=63), "fingerprint"),
        )
        assert await rebuild.run() is None
        await deployment.make_topics()
        assert await rebuild.run() is None
        await deployment.send(600)
        deployment.worker()
        try:
            await deployment.all_counted()
        finally:
            deployment.end()
        await deleted(deployment, deployment.topic("purchase"), 5)
        with pytest.raises(RebuildError, match="5 records were deleted"):
            await rebuild.run()
        reason = await rebuild.run(accept_loss=True)
        assert reason is not None
        assert Definition(kept_for_ms=63).counting_hash in reason
        assert await rebuild.run() is None
        await deployment.make_topics()
        assert await rebuild.run() is None
        with pytest.raises(RebuildError, match="5 records were deleted"):
            await rebuild.run(force=True)
        assert await rebuild.run(accept_loss=True, force=True) == "it was asked for"

    run(test)
