"""Genuine clients put a key where ``streams.core.partition.placement`` says."""

import uuid
from collections.abc import Iterable

import pytest
from confluent_kafka import Message, Producer

from streams.core.partition.placement import Partitioner, key_hash
from streams.embedded import KafkaCluster
from tests.kafka.harness import run
from tests.support.topics import create_topics

PARTITIONS = 7
KEYS = [f"customer-é{i}".encode()[: 1 + i % 19] + str(i).encode() for i in range(300)]


def landed(bootstrap: str, topic: str, partitioner: str) -> dict[bytes, int]:
    """Where librdkafka put each key; "": its default."""
    own = {"partitioner": partitioner} if partitioner else {}
    producer = Producer({"bootstrap.servers": bootstrap, **own})
    found: dict[bytes, int] = {}

    def delivered(error: object, told: Message) -> None:
        assert error is None
        key, partition = told.key(), told.partition()
        assert isinstance(key, bytes)
        assert partition is not None
        found[key] = partition

    for key in KEYS:
        producer.produce(topic, b"{}", key, on_delivery=delivered)
    assert producer.flush(30) == 0
    return found


@pytest.mark.parametrize(
    ("partitioner", "names"),
    [
        ("crc32", ("", "consistent", "consistent_random")),
        ("murmur2", ("murmur2", "murmur2_random")),
        ("fnv1a", ("fnv1a", "fnv1a_random")),
    ],
)
def test_librdkafka_finds_the_same_partitions(
    kafka: KafkaCluster, partitioner: Partitioner, names: Iterable[str]
) -> None:
    """Under each of its names for the partitioner."""
    topic = f"placed-{uuid.uuid4().hex}"
    run(lambda: create_topics(kafka.bootstrap, [topic], partitions=PARTITIONS))
    of = key_hash(partitioner)
    expected = {key: of(key) % PARTITIONS for key in KEYS}
    for name in names:
        assert landed(kafka.bootstrap, topic, name) == expected, name
