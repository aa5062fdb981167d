"""What ``kpi ingest`` waits for, refuses or ends on, and how it says so: one line, one exit code."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import aiokafka
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.structs import OffsetAndMetadata

from streams.embedded import KafkaCluster
from streams.engine.exits import ExitCode
from streams.engine.topics import configs
from streams.engine.topics.admin import delete
from streams.engine.topics.group import describe_group
from tests.foreign.harness import COMMAND, Ingest
from tests.kafka.harness import run
from tests.support.eventually import eventually_async
from tests.support.topics import create_topics

MAPPING = """
version = "1"
[[source]]
topic = "{name}orders"
format = "json"
kind = "purchase"
customer_id = "customer"
event_id = "id"
occurred_at = "at"
amount = "total"
currency = { value = "EUR" }
"""
NOW = time.time_ns() // 1_000_000
HOUR = 3_600_000
Make = Callable[..., Ingest]


@pytest.fixture
def make(kafka: KafkaCluster, tmp_path: Path) -> Iterator[Make]:
    """Makes deployments; what runs ends with the test."""
    made: list[Ingest] = []

    def one(**overrides: str) -> Ingest:
        made.append(Ingest(kafka.bootstrap, tmp_path, MAPPING, {"orders": 1}, deployment=None, **overrides))
        return made[-1]

    yield one
    for stage in made:
        stage.end()


def order(number: int, at: int = NOW, **more: object) -> bytes:
    """A record."""
    return json.dumps({"id": number, "customer": "c-1", "at": at, "total": 1} | more).encode()


async def put(stage: Ingest, *values: bytes, timestamp: int | None = None) -> None:
    """Send records."""
    async with stage.producer() as producer:
        for value in values:
            await producer.send_and_wait(f"{stage.name}orders", value, timestamp_ms=timestamp)


async def admin_of(stage: Ingest) -> AIOKafkaAdminClient:
    """A started admin client."""
    admin = stage.deployment.client.admin()
    await admin.start()
    return admin


def test_a_topic_that_is_deleted_ends_the_process_and_one_made_anew_is_read_whole(make: Make) -> None:
    """What was not read of the former is lost, so a person is told; of the new one nothing is passed over."""
    stage = make()

    async def test() -> None:
        await stage.make_topics()
        await put(stage, order(1), order(2))
        first = stage.start()
        before = (await stage.check()).events
        admin = await admin_of(stage)
        await delete(admin, f"{stage.name}orders")
        await admin.close()
        assert await first.ended() == ExitCode.OFFSETS_LOST
        assert f"{stage.name}orders was deleted" in first.told()
        await stage.make_foreign(stage.topics)
        await put(stage, order(3))
        stage.start()
        await stage.settled()
        assert (await stage.found()).events == before + (await stage.expected()).events

    run(test)


def test_an_offset_of_another_topic_or_beyond_the_log_is_no_place_to_go_on(make: Make) -> None:
    """As after a restore of Kafka's own topics: the line names the command that accepts the loss."""
    stage = make()
    place = TopicPartition(f"{stage.name}orders", 0)

    async def test() -> None:
        await stage.make_topics()
        await put(stage, order(1))
        admin = await admin_of(stage)

        async def nobody() -> bool:
            return not (await describe_group(admin, f"{stage.name}-ingest")).members

        for offset, told in (
            (OffsetAndMetadata(1, "0" * 32), "made anew"),
            (OffsetAndMetadata(7, ""), "the log ends at 1"),
        ):
            await eventually_async(nobody, within=30)  # one that ended so is missed after its session
            group = aiokafka.AIOKafkaConsumer(
                bootstrap_servers=stage.bootstrap.split(","), group_id=f"{stage.name}-ingest"
            )
            group.assign([place])
            await group.start()
            await group.commit({place: offset})
            await group.stop()
            process = stage.start()
            assert await process.ended() == ExitCode.OFFSETS_LOST
            assert told in process.told()
            assert f"--group {stage.name}-ingest" in process.told()
        await admin.close()

    run(test)


def test_records_that_our_topics_would_not_keep_are_not_sent(make: Make) -> None:
    """They would be gone before anybody counted them again; with retention.ms=-1 all goes on."""
    stage = make()
    purchases = stage.deployment.topic("purchase")

    async def test() -> None:
        await stage.make_topics()
        admin = await admin_of(stage)
        await configs.change(admin, purchases, {"retention.ms": str(HOUR)})
        await put(stage, order(1, NOW - 3 * HOUR), timestamp=NOW - 3 * HOUR)
        process = stage.start()
        assert await process.ended() == ExitCode.BAD_TOPICS
        assert f"{purchases} deletes what is older than 1h" in process.told()
        await configs.change(admin, purchases, {"retention.ms": "-1"})
        await admin.close()
        stage.start()
        assert (await stage.check()).events.total() == 1

    run(test)


def test_a_topic_that_is_not_there_yet_is_waited_for(make: Make) -> None:
    """The probe names it; nothing is made in passing."""
    stage = make()

    async def test() -> None:
        await stage.deployment.make_topics()
        process = stage.start()

        async def told() -> bool:
            status, body = await process.get("/readyz")
            return status == 503 and f"missing foreign topics: {stage.name}orders" in body

        await eventually_async(told, within=30)
        await stage.make_foreign(stage.topics)
        await process.ready()
        await put(stage, order(1))
        assert (await stage.check()).events.total() == 1

    run(test)


def test_more_partitions_end_the_process_which_then_reads_them(make: Make) -> None:
    """The supervisor starts it anew."""
    stage = make()

    async def test() -> None:
        await stage.make_topics()
        process = stage.start()
        await process.ready()
        admin = await admin_of(stage)
        name = f"{stage.name}orders"
        await admin.create_partitions({name: NewPartitions(3)})
        await admin.close()
        stage.topics[name] = 3
        assert await process.ended() == ExitCode.TOPICS_ADDED
        assert f"{name} has 3 partitions now" in process.told()
        stage.start()
        async with stage.producer() as producer:
            for number in range(9):
                await producer.send_and_wait(name, order(number), partition=number % 3)
        assert (await stage.check()).events.total() == 9

    run(test)


def test_an_event_that_no_topic_takes_is_a_dead_letter(make: Make) -> None:
    """The foreign topic takes greater records than ours do; what comes behind it goes on."""
    stage = make()
    text = stage.text.replace('"purchase"', '"survey"').replace(
        'amount = "total"\ncurrency = { value = "EUR" }',
        'survey = { value = "nps" }\nscore = "total"\ncomment = "words"',
    )
    (stage.deployment.folder / "mapping.toml").write_text(text)
    great = {"max.message.bytes": str(4 << 20), "retention.ms": "-1"}

    async def test() -> None:
        await stage.deployment.make_topics()
        await create_topics(stage.bootstrap, stage.topics, partitions=1, config=great)
        stage.start()
        async with stage.producer() as producer:
            for value in (order(1, words="x" * 950_000), order(2, words="short")):
                await producer.send_and_wait(f"{stage.name}orders", value)
        await stage.settled()
        found = await stage.found()
        assert [(one.offset, one.reason) for one in found.dead] == [(0, "too_large")]
        assert found.events.total() == 1

    run(test)


USAGE = {
    "no mapping": ({"KPI_MAPPING_FILE": ""}, "KPI_MAPPING_FILE: not set"),
    "no file": ({"KPI_MAPPING_FILE": "/none.toml"}, "/none.toml"),
    "without transactions": ({"KPI_PROCESSING_GUARANTEE": "at_least_once"}, "KPI_PROCESSING_GUARANTEE"),
    "our own topic": (
        {"KPI_TOPIC_SIGNUP": "orders"},
        "source[0].topic orders is a topic of the service's own",
    ),
    "unknown topic": ({"KPI_INGEST_HTTP": "rows", "KPI_INGEST_TOKEN": "t" * 16}, "'rows' is no topic of the"),
    "no token": ({"KPI_INGEST_HTTP": "orders"}, "KPI_INGEST_TOKEN: not set"),
    "short token": (
        {"KPI_INGEST_HTTP": "orders", "KPI_INGEST_TOKEN": "guessable"},
        "KPI_INGEST_TOKEN: too short",
    ),
}


@pytest.mark.parametrize("name", USAGE)
def test_what_does_not_go_together_is_told_before_anything_starts(name: str, tmp_path: Path) -> None:
    """Exit code 2, one line, the key; a secret is never shown."""
    changed, told = USAGE[name]
    file = tmp_path / "m.toml"
    file.write_text(MAPPING.replace("{name}", ""))
    kept = {key: text for key, text in os.environ.items() if not key.startswith("KPI_")}
    environ = kept | {"KPI_MAPPING_FILE": str(file)} | changed
    ran = subprocess.run(COMMAND, env=environ, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1), ran.stderr
    assert told in ran.stderr
    assert "guessable" not in ran.stderr
