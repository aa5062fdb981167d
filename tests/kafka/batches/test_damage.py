"""A batch that cannot be read on the broker's disk: told by name at every start, left out by command."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from streams.embedded import KafkaCluster, ValkeyServer
from streams.engine.exits import ExitCode
from tests.kafka.batches.produce import produce
from tests.kafka.batches.test_corpus import purchase
from tests.kafka.batches.wire import batch
from tests.kafka.harness import run
from tests.kafka.service import Service, ServiceWorker
from tests.support.eventually import eventually_async, patient

GOOD, BAD = 30, 10
_HEAD = 61
"""Bytes of a batch before its records."""


@pytest.fixture(scope="module")
def own_kafka() -> Iterator[KafkaCluster]:
    """A Kafka of these tests' own, whose disk they may spoil."""
    with KafkaCluster() as cluster:
        yield cluster


def damage(kafka: KafkaCluster, topic: str, partition: int, at: int) -> None:
    """Turn a bit of the log that the broker keeps."""
    (file,) = kafka.data(1).glob(f"{topic}-{partition}/*.log")
    with file.open("r+b") as log:
        log.seek(at)
        byte = log.read(1)[0]
        log.seek(at)
        log.write(bytes([byte ^ 1]))


async def counted(worker: ServiceWorker, number: int) -> None:
    """Wait until so many records are counted."""

    async def enough() -> bool:
        assert worker.process.poll() is None, worker.told()
        document = msgspec.json.decode((await worker.get("/api/snapshot"))[1] or "{}")
        return bool(document.get("accounting", {}).get("counted") == number)

    await eventually_async(enough, within=60)


def kpi(service: Service, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command."""
    return subprocess.run(
        [sys.executable, "-m", "streams.cli.main", *words],
        env=os.environ | service.deployment.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=patient(90),
    )


@pytest.mark.kafka
def test_a_damaged_batch_ends_a_worker_by_name_until_it_is_left_out(
    own_kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """What stands before it is counted first; the line is the same after a restart; then the rest counts."""

    async def test(service: Service) -> None:
        await service.make_topics()
        topic = service.deployment.topic("purchase")
        first, bad, last = (
            batch([purchase() for _ in range(count)], codec="zstd") for count in (GOOD, BAD, GOOD)
        )
        assert await produce(own_kafka.bootstrap, topic, 1, [first, bad, last]) == ["taken"] * 3
        assert await produce(own_kafka.bootstrap, topic, 2, [batch([purchase(partition=2)])]) == ["taken"]
        damage(own_kafka, topic, 1, len(first) + _HEAD + 9)
        for turn in range(2):
            worker = service.worker()
            assert await worker.ended() == ExitCode.SOURCE_DAMAGED, worker.told()
            line = worker.told().splitlines()[-1]
            assert f"{topic} partition 1: the records at offsets {GOOD} to {GOOD + BAD - 1}" in line, turn
            assert f"kpi topics skip {topic} 1" in line
            assert "Traceback" not in worker.told()

        refused = kpi(service, "topics", "skip", topic, "2")
        assert (refused.returncode, "can be read: nothing to skip" in refused.stderr) == (1, True)
        skipped = kpi(service, "topics", "skip", topic, "1")
        assert skipped.returncode == 0, skipped.stderr
        assert f"the records at {GOOD} to {GOOD + BAD - 1}" in skipped.stdout

        worker = service.worker()
        await counted(worker, 2 * GOOD + 1)
        page = (await worker.get("/metrics"))[1]
        assert f'kpi_streams_offsets_left_out{{partition="1"}} {BAD}.0' in page
        assert await worker.stopped() == 0
        replayed = kpi(service, "replay", "--from-kafka", "--format", "json")
        assert replayed.returncode == 0, replayed.stderr
        (document,) = msgspec.json.decode(replayed.stdout).values()
        assert document["accounting"]["counted"] == 2 * GOOD + 1
        assert "left out, it cannot be read" in replayed.stderr

    with Service(own_kafka.bootstrap, valkey.url, tmp_path) as service:
        run(lambda: test(service))
