"""What a worker refuses to start on, and how it says so: one line, one exit code, never a silent jump."""

import time
from collections.abc import Callable
from typing import Any

import aiokafka
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete

from streams.core.decoding.expected import FIELDS
from streams.embedded import KafkaCluster
from streams.embedded.ports import free_ports
from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.fetch import KafkaRecord
from streams.engine.ownership import marker as changelog
from streams.engine.ownership.marker import FORMAT, MARKER_KEY, Marker
from streams.engine.ownership.producer import Flush, PartitionProducer, Topics
from streams.engine.ownership.recovery import Recovered, recover
from streams.log_limit import PERIOD_S
from tests.engine.support import CountingState
from tests.kafka.harness import Deployment, run
from tests.support.eventually import eventually
from tests.support.topics import create_topics

Deploy = Callable[..., Deployment]

EXPECTED = Marker(FORMAT, "hash", "1", "finger", {}, b"", 0)


def marker(deployment: Deployment, purchase_offset: int = 0, **changes: object) -> Marker:
    """A marker that agrees with what is expected, but for the changes."""
    offsets = dict.fromkeys(deployment.settings.source_topics, 0) | {
        deployment.topic("purchase"): purchase_offset
    }
    fields = {"offsets": offsets, "header": CountingState().header(), "epoch": 4} | changes
    return Marker(**{**{name: getattr(EXPECTED, name) for name in EXPECTED.__struct_fields__}, **fields})


async def write(deployment: Deployment, value: bytes) -> None:
    """Write a marker to the changelog of partition 0, in a transaction as a worker does."""
    settings = deployment.settings
    topics = Topics(settings.topic_changelog, settings.topic_totals, settings.topic_dead_letter)
    producer = PartitionProducer(deployment.client, 0, topics)
    await producer.start()
    await producer.write(Flush([], (MARKER_KEY, value), [], [], live=False))
    await producer.stop()


async def recovered(deployment: Deployment) -> Recovered:
    """Recover partition 0."""
    settings = deployment.settings
    return await recover(
        deployment.client,
        CountingState(),
        TopicPartition(settings.topic_changelog, 0),
        settings.source_topics,
        EXPECTED,
    )


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        (
            {"definition_hash": "other", "definition_version": "7"},
            ExitCode.DEFINITION_CHANGED,
            "definition '7'",
        ),
        ({"secret_fingerprint": "other"}, ExitCode.SECRET_CHANGED, "KPI_SECRET"),
        ({"partitioner": "crc32"}, ExitCode.PARTITIONER_CHANGED, "KPI_PARTITIONER=crc32"),
        ({"format": 99}, ExitCode.FORMAT_CHANGED, "format 99"),
        ({"purchase_offset": 5}, ExitCode.OFFSETS_LOST, "ends at 0"),
    ],
)
def test_state_that_does_not_fit_is_refused(
    deploy: Deploy, changes: dict[str, object], code: ExitCode, words: str
) -> None:
    """Another definition, secret or format, or offsets beyond the log: an error that says what to do."""
    deployment = deploy()

    async def test() -> None:
        await deployment.make_topics()
        await write(deployment, changelog.encode(marker(deployment, **changes)))  # type: ignore[arg-type]
        with pytest.raises(EngineError, match=words) as raised:
            await recovered(deployment)
        assert raised.value.code is code

    run(test)


def test_records_deleted_before_they_were_counted_are_refused(deploy: Deploy) -> None:
    """The log begins after the next offset to count: data is lost, and the worker says so and ends."""
    deployment = deploy()

    async def test() -> None:
        await deployment.make_topics()
        await deployment.send(2_400)
        worker = deployment.worker()
        await deployment.all_counted()
        worker.kill()
        await deployment.send(2_400, seed=2)
        admin = AIOKafkaAdminClient(**deployment.client.options)
        await admin.start()
        place = TopicPartition(deployment.topic("purchase"), 0)
        await admin.delete_records({place: RecordsToDelete(before_offset=300)})
        await admin.close()
        worker = deployment.worker()
        assert worker.code(25) == ExitCode.OFFSETS_LOST
        assert "deleted before they were counted" in worker.told()
        assert "Traceback" not in worker.told()

    run(test)


def test_sources_with_unequal_partitions_are_named(deploy: Deploy, kafka: KafkaCluster) -> None:
    """One source with another number of partitions: an error before anything is counted."""
    deployment = deploy()

    async def test() -> None:
        await create_topics(kafka.bootstrap, [deployment.topic("survey")], partitions=3)
        await create_topics(kafka.bootstrap, [deployment.topic("signup")], partitions=2)
        worker = deployment.worker()
        assert worker.code(15) == ExitCode.BAD_TOPICS
        assert f"{deployment.topic('signup')} has 2, {deployment.topic('survey')} has 3" in worker.told()
        assert "Traceback" not in worker.told()

    run(test)


def test_an_unreachable_broker_is_one_line_and_is_waited_for(deploy: Deploy) -> None:
    """No traceback, no flood; a signal still ends the waiting."""
    (port,) = free_ports(1)
    deployment = deploy(KPI_BROKERS=f"127.0.0.1:{port}")
    worker = deployment.worker()
    line = f"Kafka at 127.0.0.1:{port} refuses the connection: nothing listens there"
    eventually(lambda: line in worker.told(), within=15)
    eventually(lambda: "trying on" in worker.told(), within=5)
    assert worker.told().count(line) == 1
    assert "Unable connect" not in worker.told()
    assert "Traceback" not in worker.told()
    worker.process.terminate()
    assert worker.code() == 0


def test_a_flood_of_dead_letters_goes_out_whole(deploy: Deploy) -> None:
    """More than a flush takes: all reach the dead-letter topic once, with everything they came with."""
    deployment = deploy()

    async def test() -> None:
        await deployment.make_topics()
        producer = aiokafka.AIOKafkaProducer(**deployment.client.options, max_request_size=2_000_000)
        await producer.start()
        topic = deployment.topic("survey")
        then_ms = int(time.time() * 1000) - 60_000
        came_with: dict[str, Any] = {"timestamp_ms": then_ms, "headers": [("trace", b"7")]}
        for number in range(25_000):
            await producer.send(topic, b"bad-%d" % number, key=b"k", partition=0, **came_with)
        big = b"x" * 1_000_000
        await producer.send(topic, big, key=b"big", partition=0)
        await producer.stop()
        await deployment.send(240)
        began_s = time.monotonic()
        worker = deployment.worker()
        await deployment.all_counted()
        letters: list[KafkaRecord] = []
        while len(letters) < 25_001:
            letters = await deployment.log(deployment.settings.topic_dead_letter, 0)
        assert [letter.value for letter in letters] == [b"bad-%d" % n for n in range(25_000)] + [big]
        headers = dict(letters[123].headers)
        assert headers["trace"] == b"7"
        assert headers["kpi-topic"] == topic.encode()
        assert headers["kpi-partition"] == b"0"
        assert headers["kpi-offset"] == b"123"
        assert headers["kpi-timestamp"] == b"%d" % then_ms
        assert letters[123].timestamp > then_ms, "Kafka keeps it from when it was written"
        assert headers["kpi-reason"] == b"bad_money"
        assert headers["kpi-field"] == b"amount"
        assert headers["kpi-expected"] == FIELDS["amount"].encode()
        minutes = 1 + (time.monotonic() - began_s) // PERIOD_S
        assert worker.told().count("malformed") <= minutes
        assert "bad-" not in worker.told()

    run(test)
