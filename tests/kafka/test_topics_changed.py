"""Topics deleted or made anew: noticed while the service runs, and after it was away."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import aiokafka
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.embedded import KafkaCluster
from streams.engine.exits import EngineError, ExitCode
from streams.engine.maintenance.rebuild import Rebuild
from streams.engine.ownership import marker as changelog
from streams.engine.ownership.marker import FORMAT, Marker
from streams.engine.ownership.recovery import recover
from streams.engine.topics.admin import delete, present
from streams.engine.topics.topics import table
from streams.engine.totals_topic.reader import Told, TotalsReader
from tests.engine.support import CountingState
from tests.kafka.harness import Deployment, Worker, run
from tests.kafka.test_startup import EXPECTED, write
from tests.support.eventually import eventually_async
from tests.support.topics import create_topics

Deploy = Callable[..., Deployment]


async def made_anew(deployment: Deployment, topic: str) -> None:
    """Delete a topic and make it again, empty."""
    spec = next(spec for spec in table(deployment.settings) if spec.name == topic)
    admin = deployment.client.admin()
    await admin.start()
    try:
        await delete(admin, topic)
    finally:
        await admin.close()
    await create_topics(
        deployment.settings.brokers[0], [topic], partitions=spec.partitions, config=spec.configs
    )


async def ended(worker: Worker) -> int:
    """Its exit code, within the minute in which a change has to be noticed."""
    return await asyncio.to_thread(worker.code, 60)


def test_a_topic_made_anew_ends_workers_within_a_minute(deploy: Deploy) -> None:
    """Totals: written again after a restart. Changelog: counted anew. A source: refused, then and for good.

    The new source is longer than the one before, so that no offset shows it.
    """
    deployment = deploy(KPI_REQUEST_TIMEOUT="10s")
    settings = deployment.settings

    async def test() -> None:
        await deployment.make_topics()
        await deployment.send(600)
        worker = deployment.worker()
        await deployment.all_counted()
        await made_anew(deployment, settings.topic_totals)
        assert await ended(worker) == ExitCode.TOTALS_GONE, worker.told()
        worker = deployment.worker()
        await deployment.send(120, seed=2)
        await deployment.all_counted()
        assert await deployment.log_end(settings.topic_totals, 0) > 0
        await made_anew(deployment, settings.topic_changelog)
        assert await ended(worker) == ExitCode.CHANGELOG_DAMAGED, worker.told()
        assert "--rebuild --force" in worker.told()
        await made_anew(deployment, settings.topic_changelog)  # what it wrote at its end is not whole
        worker = deployment.worker()
        await deployment.all_counted()
        await made_anew(deployment, deployment.topic("purchase"))
        await deployment.send(1_800, seed=3)
        met_it_missing = ExitCode.NOT_COPARTITIONED
        assert await ended(worker) in {ExitCode.OFFSETS_LOST, met_it_missing}, worker.told()
        assert "Traceback" not in worker.told()
        again = deployment.worker()
        assert await ended(again) == ExitCode.OFFSETS_LOST, again.told()
        assert f"{deployment.topic('purchase')} was deleted and made anew" in again.told()
        assert "--accept-loss" in again.told()
        assert "Traceback" not in again.told()

    run(test)


async def recovered(deployment: Deployment) -> dict[str, str]:
    """Recover partition 0; the ids that its next marker will have."""
    settings = deployment.settings
    place = TopicPartition(settings.topic_changelog, 0)
    found = await recover(deployment.client, CountingState(), place, settings.source_topics, EXPECTED)
    return found.ids


def test_a_marker_speaks_of_the_topics_it_was_counted_from(deploy: Deploy) -> None:
    """Without ids, of a former version: they are taken note of. With them: another topic is refused."""
    deployment = deploy()
    settings = deployment.settings

    def marker(ids: dict[str, str], partitions: int = 0) -> bytes:
        offsets = dict.fromkeys(settings.source_topics, 0)
        header = CountingState().header()
        kept = Marker(FORMAT, "hash", "1", "finger", offsets, header, 4, partitions=partitions, topic_ids=ids)
        return changelog.encode(kept)

    async def refused(value: bytes) -> EngineError:
        await write(deployment, value)
        with pytest.raises(EngineError) as raised:
            await recovered(deployment)
        return raised.value

    async def test() -> None:
        await deployment.make_topics()
        await write(deployment, marker({}))
        ids = await recovered(deployment)
        assert set(ids) == {*settings.source_topics, settings.topic_changelog}
        assert len(set(ids.values())) == len(ids)
        await write(deployment, marker(ids))
        assert await recovered(deployment) == ids
        other = await refused(marker({**ids, deployment.topic("survey"): "0" * 32}))
        assert other.code is ExitCode.OFFSETS_LOST
        assert deployment.topic("survey") in str(other)
        assert (await refused(marker({**ids, settings.topic_changelog: "0" * 32}))).code is (
            ExitCode.CHANGELOG_DAMAGED
        )
        before = await refused(marker(ids, partitions=7))
        assert before.code is ExitCode.BAD_TOPICS
        assert "counted while there were 7 partitions" in str(before)

    run(test)


@pytest.fixture(scope="module")
def creating() -> Iterator[KafkaCluster]:
    """A Kafka that makes whatever topic it is asked about."""
    with KafkaCluster(properties={"auto.create.topics.enable": "true", "num.partitions": "1"}) as cluster:
        yield cluster


async def there(deployment: Deployment) -> set[str]:
    """The topics of a deployment that exist."""
    admin = deployment.client.admin()
    await admin.start()
    try:
        return set(await present(admin, [spec.name for spec in table(deployment.settings)]))
    finally:
        await admin.close()


@pytest.mark.kafka
@pytest.mark.timeout(180)
def test_asking_for_a_topic_makes_none_and_counting_anew_goes_on_under_a_publisher(
    creating: KafkaCluster, tmp_path: Path
) -> None:
    """On a broker that makes what it is asked for: consumer, producer, and whoever reads totals all along."""

    async def test(deployment: Deployment) -> None:
        settings, client = deployment.settings, deployment.client
        consumer = client.reader()
        await consumer.start()
        consumer.assign([TopicPartition(deployment.topic("survey"), 0)])
        await consumer.getmany(timeout_ms=300)
        await consumer.stop()
        short = {**client.options, "bootstrap_servers": list(settings.brokers)}
        producer = aiokafka.AIOKafkaProducer(**short, request_timeout_ms=1_000)
        await producer.start()
        with pytest.raises(KafkaError):
            await producer.partitions_for(deployment.topic("survey"))
        await producer.stop()
        assert await there(deployment) == set()

        await deployment.make_topics()
        await deployment.send(120)
        worker = deployment.worker()
        told: list[Told] = []
        reader = TotalsReader(client, settings.topic_totals, settings.partitions, told.append)
        following = asyncio.create_task(reader.run())
        await deployment.all_counted()
        await eventually_async(lambda: _live(told, settings.partitions), within=30)
        worker.process.terminate()
        await asyncio.to_thread(worker.code)
        rebuild = Rebuild(settings, client, Marker(FORMAT, "other", "2", "fingerprint", {}, b"", 0))
        assert await rebuild.run() is not None
        told.clear()
        deployment.worker()
        await eventually_async(lambda: _live(told, settings.partitions), within=60)
        assert {one.header.epoch for one in told} == {1}
        assert not following.done()
        following.cancel()

    deployment = Deployment(creating.bootstrap, tmp_path)
    try:
        run(lambda: test(deployment))
    finally:
        deployment.end()


async def _live(told: list[Told], partitions: int) -> bool:
    """Whether every partition has told live totals."""
    return {one.partition for one in told if one.header.live} == set(range(partitions))
