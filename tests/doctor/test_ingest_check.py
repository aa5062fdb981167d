"""What ``kpi doctor`` says of ``kpi ingest``: mapping, topics, registry, and who is at work."""

import asyncio
import os
import struct
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiokafka
import pytest
from aiokafka import TopicPartition

from streams.embedded import free_port
from streams.foreign.writing import group_of
from tests.cli.conftest import Kpi
from tests.doctor.conftest import Doctor, Told
from tests.doctor.support import put
from tests.foreign.harness import COMMAND
from tests.registry.server import Registry
from tests.support.eventually import eventually
from tests.support.hosted import hosted
from tests.support.topics import create_topics, unique_prefix

MAPPING = """
version = "1"
[[source]]
topic = "{topic}"
format = "{format}"
kind = "purchase"
customer_id = "who"
event_id = "id"
occurred_at = {{ path = "at", unit = "ms" }}
amount = "total"
currency = "currency"
"""
SCHEMA = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}'

Settings = dict[str, str]


class Stage:
    """A foreign topic of a deployment that is well, and a mapping of it."""

    def __init__(self, healthy: Settings, folder: Path) -> None:
        self.broker = healthy["KPI_BROKERS"]
        self.topic = unique_prefix("shop") + "orders"
        self.file = folder / "mapping.toml"
        self.environ = {**healthy, "KPI_MAPPING_FILE": str(self.file), "KPI_APP_ID": unique_prefix("doctor")}
        self.write()

    def write(self, form: str = "json", topic: str = "") -> None:
        """Write the mapping."""
        self.file.write_text(MAPPING.format(topic=topic or self.topic, format=form))

    def make(self) -> None:
        """Make the topic."""
        config = {"retention.ms": "-1"}
        asyncio.run(create_topics(self.broker, [self.topic], partitions=2, config=config))

    def put(self, value: bytes, when: int | None = None, partition: int = 0) -> None:
        """Write a record."""
        asyncio.run(put(self.environ, self.topic, partition, b"k", value, when))

    def commit(self, offset: int) -> None:
        """Have the group stand there."""

        async def commit() -> None:
            group = group_of(self.environ["KPI_APP_ID"])
            consumer = aiokafka.AIOKafkaConsumer(
                bootstrap_servers=self.broker, group_id=group, enable_auto_commit=False
            )
            await consumer.start()
            try:
                place = TopicPartition(self.topic, 1)
                consumer.assign([place])
                await consumer.commit({place: offset})
            finally:
                await consumer.stop()

        asyncio.run(commit())

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A ``kpi ingest``."""
        own = {"KPI_HTTP_PORT": str(free_port()), "KPI_DATADIR": str(self.file.parent / "data")}
        with subprocess.Popen(
            COMMAND,
            env={**os.environ, **self.environ, **own},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                yield
            finally:
                process.kill()


@asynccontextmanager
async def serving() -> AsyncIterator[Registry]:
    """A schema registry that has the schema 7."""
    registry = Registry()
    registry.add(7, SCHEMA)
    await registry.start()
    try:
        yield registry
    finally:
        await registry.stop()


@pytest.fixture
def stage(healthy: Settings, tmp_path: Path) -> Stage:
    """With an application's id of its own, so that its group is nobody else's."""
    return Stage(healthy, tmp_path)


def asked(kpi: Kpi, settings: Settings) -> Told:
    """What the doctor says, also of what it says otherwise under another application's id."""
    return Told(kpi("doctor", "--json", **settings))


def test_a_mapping_that_cannot_be_used_and_a_topic_that_is_not_there(
    doctor: Doctor, healthy: Settings, stage: Stage, kpi: Kpi
) -> None:
    """Each with its cure; without a mapping all is well."""
    assert "KPI_MAPPING_FILE is not set" in doctor(healthy).of("ingest", "ok")
    told = asked(kpi, stage.environ)
    assert f"foreign topic {stage.topic} is not there -> make it, or correct topic" in told.of(
        "ingest", "fail"
    )
    stage.write(topic=f"{stage.topic}*")
    assert "no topic fits any name of the mapping -> " in asked(kpi, stage.environ).of("ingest", "warn")
    stage.file.write_text("[[source]]\n")
    told = asked(kpi, stage.environ)
    assert "version: is missing" in told.of("ingest", "fail")
    assert f"-> correct the file: kpi map check {stage.file}" in told.of("ingest", "fail")
    told = asked(kpi, {**stage.environ, "KPI_MAPPING_FILE": str(stage.file) + "x"})
    assert "cannot be read" in told.of("ingest", "fail")


def test_who_is_at_work_and_what_waits(stage: Stage, kpi: Kpi) -> None:
    """Offsets that are gone; nobody, and a record that waits; then a process that reads it."""
    stage.make()
    stage.commit(9)
    told = asked(kpi, stage.environ)
    assert f"stands at offset 9 of {stage.topic} partition 1, which holds 0 to 0" in told.of("ingest", "fail")
    assert "exit code 34 OFFSETS_LOST -> restore the topic, or accept the loss" in told.of("ingest", "fail")
    stage.commit(0)
    stage.put(b"{}", 1_000_000_000_000)
    told = asked(kpi, stage.environ)
    assert "1 source, 1 topic, all may be read" in told.of("ingest", "ok")
    waits = told.of("ingest", "warn")
    assert (
        f"nobody is in group {group_of(stage.environ['KPI_APP_ID'])}, and 1 record, the oldest for " in waits
    )
    assert waits.endswith("wait -> kpi ingest")
    with stage.at_work():
        eventually(
            lambda: "1 process of kpi ingest in group" in asked(kpi, stage.environ).of("ingest", "ok"),
            within=60,
        )
        eventually(lambda: "and 0 records wait" in asked(kpi, stage.environ).of("ingest", "ok"), within=60)


def test_the_registry_is_asked_for_the_newest_schema(stage: Stage, kpi: Kpi) -> None:
    """It does not answer; it has the schema; it does not."""
    stage.write("avro")
    stage.make()
    away = {**stage.environ, "KPI_REGISTRY_URL": f"http://127.0.0.1:{free_port()}"}
    told = asked(kpi, away).of("ingest", "fail")
    assert "does not answer" in told
    assert "-> check KPI_REGISTRY_URL, and whether the registry runs" in told
    assert "KPI_REGISTRY_URL" in asked(kpi, stage.environ).of("ingest", "fail")
    with hosted(serving()) as registry:
        there = {**stage.environ, "KPI_REGISTRY_URL": registry.url}
        assert "the schema registry answers ->" in asked(kpi, there).of("ingest", "ok")
        stage.put(struct.pack(">bI", 0, 7) + b"\x02")
        assert f"answers, and has schema 7 of {stage.topic}" in asked(kpi, there).of("ingest", "ok")
        stage.put(struct.pack(">bI", 0, 8) + b"\x02")
        told = asked(kpi, there).of("ingest", "fail")
        assert f"the newest record of {stage.topic} has schema 8, which the registry does not have" in told
