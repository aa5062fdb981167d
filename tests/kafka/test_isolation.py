"""Batches of compiled records against aiokafka's own reading, with transactional producers."""

from collections.abc import Callable, Iterator

import aiokafka
import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher

from streams.embedded import KafkaCluster
from streams.engine.kafka import fetch
from tests.kafka.harness import Deployment, run
from tests.support.eventually import eventually_async
from tests.support.topics import create_topics, unique_prefix

Deploy = Callable[..., Deployment]
Read = list[tuple[int, bytes | None, bytes | None, int, tuple[tuple[str, bytes | None], ...]]]


@pytest.fixture(autouse=True)
def _stock_fetching() -> Iterator[None]:
    """Leave aiokafka as it was."""
    stock = fetcher.FetchResult
    yield
    fetcher.FetchResult = stock


async def fill(bootstrap: str, topic: str) -> list[bytes]:
    """Write committed, aborted, plain and open transactions among each other; return the committed values."""
    options = {"bootstrap_servers": bootstrap, "acks": "all"}
    good = aiokafka.AIOKafkaProducer(**options, transactional_id=f"{topic}-good", max_batch_size=2_000)
    bad = aiokafka.AIOKafkaProducer(**options, transactional_id=f"{topic}-bad", compression_type="gzip")
    plain = aiokafka.AIOKafkaProducer(**options)
    committed = []
    for producer in (good, bad, plain):
        await producer.start()
    for turn in range(12):
        await bad.begin_transaction()
        await bad.send_and_wait(topic, b"aborted-%d" % turn, key=b"k", partition=0)
        await good.begin_transaction()
        for number in range(40):
            committed.append(b"good-%d-%d" % (turn, number))
            await good.send(topic, committed[-1], key=b"k", partition=0, headers=[("n", b"1")])
        if turn % 3 == 0:
            await bad.abort_transaction()
            await good.commit_transaction()
        else:
            await good.commit_transaction()
            await bad.send_and_wait(topic, b"aborted-too-%d" % turn, key=b"k", partition=0)
            await bad.abort_transaction()
        committed.append(b"plain-%d" % turn)
        await plain.send_and_wait(topic, committed[-1], partition=0)
    await bad.begin_transaction()
    await bad.send_and_wait(topic, b"aborted-last", partition=0)
    await bad.abort_transaction()
    for producer in (good, bad, plain):
        await producer.stop()
    return committed


async def read(bootstrap: str, topic: str, isolation: str, max_records: int) -> tuple[Read, int]:
    """All records of the partition as one of aiokafka's consumers sees them, and where it ends."""
    consumer = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4_096,
    )
    await consumer.start()
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    end = (await consumer.end_offsets([place]))[place]
    records: Read = []
    position = 0
    while (position := await consumer.position(place)) < end:
        start = position
        for found in (await consumer.getmany(timeout_ms=100, max_records=max_records)).values():
            if isinstance(found, fetch.Batch):
                assert found.start == start
                assert len(found) <= max_records
                assert all(found.start <= record.offset < found.position for record in found)
                start = found.position
            records += [(r.offset, r.key, r.value, r.timestamp, tuple(r.headers)) for r in found]
    await consumer.stop()
    return records, position


def test_batches_hold_what_aiokafka_reads_and_join_without_a_gap(kafka: KafkaCluster) -> None:
    """Both isolation levels, several batch sizes; aborted records only where uncommitted ones may be seen."""
    topic = unique_prefix("isolation") + "topic"

    async def test() -> None:
        await create_topics(kafka.bootstrap, [topic], partitions=1)
        committed = await fill(kafka.bootstrap, topic)
        stock = fetcher.FetchResult
        for isolation in ("read_committed", "read_uncommitted"):
            for max_records in (7, 5_000):
                fetcher.FetchResult = stock
                expected = await read(kafka.bootstrap, topic, isolation, max_records)
                fetch.install()
                assert await read(kafka.bootstrap, topic, isolation, max_records) == expected
                if isolation == "read_committed":
                    assert [record[2] for record in expected[0]] == committed

    run(test)


def test_a_worker_counts_only_committed_source_records(deploy: Deploy) -> None:
    """Sources written in transactions, some aborted: gaps are passed, aborted records never counted."""
    deployment = deploy()

    async def test() -> None:
        await deployment.make_topics()
        await deployment.send(1_200)
        producer = aiokafka.AIOKafkaProducer(
            **deployment.client.options, transactional_id=f"{deployment.name}-s"
        )
        await producer.start()
        for turn in range(6):
            await producer.begin_transaction()
            for number in range(50):
                key = b"t%d-%d" % (turn % 2, number)
                await producer.send(deployment.topic("purchase"), b"3", key=key, partition=turn % 2)
                if turn % 3:
                    deployment.expect(key, 1, 3)
            if turn % 3:
                await producer.commit_transaction()
            else:
                await producer.abort_transaction()
        await producer.stop()
        worker = deployment.worker()
        await deployment.all_counted()

        async def caught_up() -> bool:
            markers = (await deployment.counted())[1]
            ends = [await deployment.log_end(deployment.topic("purchase"), m) for m in range(2)]
            return [m.offsets[deployment.topic("purchase")] for m in markers] == ends

        await eventually_async(caught_up, within=10)  # offsets move over control records too
        assert worker.process.poll() is None

    run(test)
