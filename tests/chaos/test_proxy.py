"""The proxy that makes a broker's disk fail: clients try again through it, and it never doubles a record."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from streams.embedded import KafkaCluster
from tests.chaos.proxy import StorageErrorProxy
from tests.kafka.harness import Deployment
from tests.support.eventually import eventually_async, patient

_WITHIN_S = 20


@pytest.fixture
def proxy(kafka: KafkaCluster) -> Iterator[StorageErrorProxy]:
    """A proxy before the shared Kafka."""
    made = StorageErrorProxy(kafka.bootstrap)
    made.start()
    yield made
    made.stop()


def test_what_is_refused_before_and_after_it_was_appended_is_there_once(
    proxy: StorageErrorProxy, tmp_path: Path
) -> None:
    """An idempotent producer tries again until the disk is well."""
    deployment = Deployment(proxy.bootstrap, tmp_path)
    topic = deployment.topic("purchase")

    async def refused() -> bool:
        return proxy.refused >= 5

    async def scene() -> list[bytes | None]:
        await deployment.make_topics()
        producer = AIOKafkaProducer(**deployment.client.options, enable_idempotence=True, acks="all")
        await producer.start()
        try:
            await producer.send_and_wait(topic, b"well", partition=0)
            proxy.failing = True
            trying = asyncio.create_task(producer.send_and_wait(topic, b"failing", partition=0))
            await eventually_async(refused, within=_WITHIN_S)
            assert not trying.done()
            proxy.failing = False
            await asyncio.wait_for(trying, patient(_WITHIN_S))
            await producer.send_and_wait(topic, b"well again", partition=0)
        finally:
            await producer.stop()
        return [record.value for record in await deployment.log(topic, 0)]

    assert asyncio.run(scene()) == [b"well", b"failing", b"well again"]


def test_a_reader_whose_broker_went_away_can_be_stopped(proxy: StorageErrorProxy, tmp_path: Path) -> None:
    """While its request waits to be tried again: whoever stops it is not cancelled with it."""
    deployment = Deployment(proxy.bootstrap, tmp_path)
    topic = deployment.topic("purchase")

    async def scene() -> None:
        await deployment.make_topics()
        reader = deployment.client.reader()
        await reader.start()
        place = TopicPartition(topic, 0)
        reader.assign([place])
        await reader.position(place)
        reader._fetcher._retry_backoff = 3_600.0

        async def waits() -> bool:
            await reader.getmany(timeout_ms=20)
            under_way = [task.get_coro().cr_await for task in reader._fetcher._pending_tasks]
            return any(getattr(awaited, "__name__", "") == "sleep" for awaited in under_way)

        proxy.stop()
        await eventually_async(waits, within=_WITHIN_S)
        await asyncio.wait_for(reader.stop(), patient(_WITHIN_S))

    asyncio.run(scene())
