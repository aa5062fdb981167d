"""The genuine Kafka: records, transactions, kill and restart, three nodes."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import ProducerFenced

from streams.embedded import EmbeddedError, KafkaCluster
from tests.embedded.clients import consume, produce
from tests.support.eventually import patient
from tests.support.topics import create_topics, unique_prefix

WITHIN_S = 60


async def commit(producer: AIOKafkaProducer, topic: str, value: bytes) -> None:
    """Write one record in a transaction of its own."""
    async with producer.transaction():
        await producer.send_and_wait(topic, value, partition=0)


def test_a_record_comes_back(kafka: KafkaCluster) -> None:
    """What is produced is consumed."""
    topic = unique_prefix() + "topic"

    async def run() -> list[bytes]:
        await create_topics(kafka.bootstrap, [topic], partitions=2)
        await produce(kafka.bootstrap, topic, b"hello")
        return await consume(kafka.bootstrap, topic, 1)

    assert asyncio.run(asyncio.wait_for(run(), patient(WITHIN_S))) == [b"hello"]


def test_topics_are_never_created_by_use(kafka: KafkaCluster) -> None:
    """A misspelt topic is an error, as on a well-kept production cluster."""

    async def run() -> list[str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        try:
            broker = ConfigResource(ConfigResourceType.BROKER, "1", {"auto.create.topics.enable": None})
            (response,) = await admin.describe_configs([broker])
        finally:
            await admin.close()
        ((*_, entries),) = response.resources
        return [value for name, value, *_ in entries if name == "auto.create.topics.enable"]

    assert asyncio.run(asyncio.wait_for(run(), patient(WITHIN_S))) == ["false"]


def test_only_committed_transactions_are_read(kafka: KafkaCluster) -> None:
    """An aborted record is skipped by a reader of committed ones."""
    prefix = unique_prefix()
    topic = prefix + "topic"

    async def run() -> list[bytes]:
        await create_topics(kafka.bootstrap, [topic], partitions=1)
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=prefix) as producer:
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"aborted", partition=0)
            await producer.abort_transaction()
            await commit(producer, topic, b"committed")
        return await consume(kafka.bootstrap, topic, 1)

    assert asyncio.run(asyncio.wait_for(run(), patient(WITHIN_S))) == [b"committed"]


def test_a_newer_producer_fences_an_older(kafka: KafkaCluster) -> None:
    """Two producers with one transactional id: what the older one writes later never counts."""
    prefix = unique_prefix()
    topic = prefix + "topic"

    async def run() -> list[bytes]:
        await create_topics(kafka.bootstrap, [topic], partitions=1)
        older = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=prefix)
        newer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=prefix)
        async with older, newer:
            with pytest.raises(ProducerFenced):
                await commit(older, topic, b"older")
            await commit(newer, topic, b"newer")
        return await consume(kafka.bootstrap, topic, 1)

    assert asyncio.run(asyncio.wait_for(run(), patient(WITHIN_S))) == [b"newer"]


@pytest.mark.kafka
def test_a_killed_node_keeps_its_data_and_address() -> None:
    """After kill -9 and restart the same address serves what was acknowledged before; nodes count from 1."""
    with KafkaCluster() as cluster:
        address = cluster.bootstrap
        asyncio.run(create_topics(address, ["topic"], partitions=1))
        asyncio.run(produce(address, "topic", b"kept"))
        with pytest.raises(EmbeddedError, match="has the nodes 1 to 1, and no 2"):
            cluster.kill(2)
        cluster.kill(1)
        cluster.restart(1)
        assert cluster.bootstrap == address
        assert asyncio.run(asyncio.wait_for(consume(address, "topic", 1), patient(WITHIN_S))) == [b"kept"]


def test_a_cluster_that_is_not_started_says_so() -> None:
    """Nothing hands out an address that nobody listens on."""
    cluster = KafkaCluster()
    with pytest.raises(EmbeddedError, match="Apache Kafka is not started"):
        _ = cluster.bootstrap
    with pytest.raises(EmbeddedError, match="Apache Kafka is not started"):
        cluster.kill(1)
