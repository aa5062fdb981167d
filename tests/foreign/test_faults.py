"""Whatever dies between foreign topics and ours: each foreign record's events stand once.

A Kafka of the module's own, because one of the faults is its restart. Records come all the time.
"""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from streams.embedded import KafkaCluster
from streams.engine.exits import ExitCode
from tests.foreign.corpus import MAPPING, TOPICS
from tests.foreign.harness import Ingest, summed
from tests.foreign.load import CHUNK, under_load, written
from tests.kafka.harness import run
from tests.support.eventually import eventually_async

pytestmark = pytest.mark.kafka
_ROUNDS = 2
_SESSION = 6.0
"""KPI_SESSION_TIMEOUT of the deployment, in seconds."""


@pytest.fixture(scope="module")
def own_kafka() -> Iterator[KafkaCluster]:
    """A genuine Kafka that tests may kill."""
    with KafkaCluster() as cluster:
        yield cluster


def played(kafka: KafkaCluster, folder: Path, fault: Callable[[Ingest], Awaitable[None]]) -> None:
    """Play a fault under load, and hold all that was written against the recount."""

    async def test() -> None:
        await stage.make_topics()
        async with under_load(stage):
            await fault(stage)
        expected = await stage.check()
        assert expected.events.total() + expected.dead.total() > CHUNK

    stage = Ingest(kafka.bootstrap, folder, MAPPING, TOPICS)
    try:
        run(test)
    finally:
        stage.end()


def test_killed_again_and_again(own_kafka: KafkaCluster, tmp_path: Path) -> None:
    """At any moment, in the middle of a transaction, too; another one takes over each time."""

    async def fault(stage: Ingest) -> None:
        chance = random.Random(5)  # noqa: S311 - test data
        process = stage.start()
        for _ in range(_ROUNDS):
            await written(process, 200)
            await asyncio.sleep(chance.random() / 2)
            process.kill()
            process = stage.start()
        await written(process, 200)

    played(own_kafka, tmp_path, fault)


def test_a_stopped_twin_that_wakes_up_writes_nothing(own_kafka: KafkaCluster, tmp_path: Path) -> None:
    """It is taken for dead; what it has begun is fenced, and it ends, or begins anew."""

    async def fault(stage: Ingest) -> None:
        first = stage.start()
        await written(first, 200)
        first.process.send_signal(signal.SIGSTOP)
        second = stage.start()
        await written(second, 1_000)
        first.process.send_signal(signal.SIGCONT)

        async def ended_or_ready() -> bool:
            if first.process.poll() is not None:
                return True
            return (await first.get("/readyz"))[0] == 200

        await eventually_async(ended_or_ready, within=60)
        assert first.process.poll() in {None, ExitCode.FENCED, ExitCode.FLUSH_FAILED}

    played(own_kafka, tmp_path, fault)


def test_two_that_know_nothing_of_each_other(own_kafka: KafkaCluster, tmp_path: Path) -> None:
    """A second one that joins takes partitions away under load, and gives them back when it ends."""

    async def fault(stage: Ingest) -> None:
        first = stage.start()
        await written(first, 200)
        second = stage.start()
        await written(second, 200)
        assert await second.stopped() == 0
        await written(first, 1_000)

    played(own_kafka, tmp_path, fault)


def test_the_broker_dies_and_comes_back(own_kafka: KafkaCluster, tmp_path: Path) -> None:
    """Kill -9, then a restart with its data: a process that gives up is started anew."""

    async def fault(stage: Ingest) -> None:
        process = stage.start()
        await written(process, 200)
        await asyncio.to_thread(own_kafka.kill, 1)
        await asyncio.to_thread(own_kafka.restart, 1)
        before = len(stage.processes)

        async def writes() -> bool:
            newest = stage.processes[-1]
            if newest.process.poll() is not None:
                assert newest.process.returncode < 30, newest.told()
                stage.start()
                return False
            page = await newest.page()
            got = summed([page], "kpi_streams_ingest_records_total").total()
            return got >= (200 if len(stage.processes) > before else 1_000)

        await eventually_async(writes, within=90)

    played(own_kafka, tmp_path, fault)
