"""A changelog that lacks records or holds unreadable ones: a clear line, and no worker that counts on."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.embedded import KafkaCluster
from streams.engine.exits import ExitCode
from tests.kafka.harness import Deployment

pytestmark = pytest.mark.kafka
Damage = Callable[[Deployment], None]
_END_S = 40


@pytest.fixture
def deployment(kafka: KafkaCluster, tmp_path: Path) -> Iterator[Deployment]:
    """Topics of its own, and a state that was counted."""
    made = Deployment(kafka.bootstrap, tmp_path)

    async def count() -> None:
        await made.make_topics()
        await made.send(3_000)
        worker = made.worker()
        await made.all_counted()
        worker.kill()

    asyncio.run(count())
    yield made
    made.end()


def refused(deployment: Deployment) -> str:
    """Start a worker, which must refuse; returns what it says."""
    worker = deployment.worker()
    assert worker.code(_END_S) == ExitCode.CHANGELOG_DAMAGED
    (line,) = (line for line in worker.told().splitlines() if "CRITICAL" in line)
    return line


async def write(deployment: Deployment, key: bytes, value: bytes, topic: str) -> None:
    """Put a record where only workers should."""
    producer = AIOKafkaProducer(**deployment.client.options, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key=key, partition=0)
    finally:
        await producer.stop()


def test_a_truncated_changelog_is_refused(deployment: Deployment) -> None:
    """Its first records were deleted: customers would be missing."""
    place = TopicPartition(deployment.settings.topic_changelog, 0)

    async def truncate() -> None:
        admin = AIOKafkaAdminClient(**deployment.client.options)
        await admin.start()
        try:
            deletes = {"cleanup.policy": "delete"}  # compacted topics refuse to be truncated
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, place.topic, deletes)])
            await admin.delete_records({place: RecordsToDelete(before_offset=5)})
        finally:
            await admin.close()

    asyncio.run(truncate())
    line = refused(deployment)
    assert "partition 0: the changelog is damaged: its first 5 offsets were deleted" in line
    assert "--rebuild" in line


def test_a_record_that_cannot_be_read_is_refused(deployment: Deployment) -> None:
    """Garbage under a customer's key, with a valid checksum."""
    asyncio.run(write(deployment, b"cp0-c1", b"\xc1\xc1", deployment.settings.topic_changelog))
    assert "cannot be read" in refused(deployment)


def test_records_without_a_marker_are_refused(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Nothing says up to where the sources were counted, so they might be counted twice."""
    made = Deployment(kafka.bootstrap, tmp_path)

    async def prepare() -> None:
        await made.make_topics()
        await write(made, b"cp0-c1", b"\x90", made.settings.topic_changelog)

    asyncio.run(prepare())
    try:
        assert "none that says what they amount to" in refused(made)
    finally:
        made.end()
