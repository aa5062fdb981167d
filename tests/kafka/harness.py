"""Sources filled, workers run as processes, and state read back from the changelog, for the engine's tests.

A Deployment has topics and a group of its own on the shared Kafka. What a test expects is what it sent, or
what the source log holds; it never asks the worker.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import aiokafka
from aiokafka import TopicPartition

from streams.engine.kafka import fetch
from streams.engine.kafka.client import Client
from streams.engine.ownership.marker import MARKER_KEY, Marker, decode
from streams.engine.topics.topics import ensure
from streams.settings import Settings, read
from tests.engine.support import KINDS, CountingState
from tests.support.eventually import eventually_async, patient
from tests.support.topics import unique_prefix

ROOT = Path(__file__).resolve().parents[2]
WORKER = ROOT / "tests" / "engine" / "counting_worker.py"
T = TypeVar("T")

Counts = dict[bytes, list[int]]
"""Customer -> records by kind, then sums of amounts by kind."""


class Deployment:
    """Topics and settings of one test."""

    def __init__(self, bootstrap: str, folder: Path, **overrides: str) -> None:
        self.name = unique_prefix("engine")
        self.folder = folder
        self.expected: Counts = {}
        topics = {f"KPI_TOPIC_{kind.upper()}": f"{self.name}.{kind}" for kind in KINDS}
        own = {
            f"KPI_TOPIC_{kind.upper()}": f"{self.name}.{kind}"
            for kind in ("changelog", "totals", "dead_letter")
        }
        self.environ = {
            "KPI_BROKERS": bootstrap,
            "KPI_APP_ID": self.name,
            "KPI_REPLICATION_FACTOR": "1",
            "KPI_PARTITIONS": "2",
            "KPI_TICK": "200ms",
            "KPI_DIMENSION_INTERVAL": "1s",
            "KPI_SESSION_TIMEOUT": "6s",
            "KPI_HEARTBEAT_INTERVAL": "500ms",
            "KPI_DEMO": "true",
            "KPI_DATADIR": str(folder / "data"),
            **topics,
            **own,
            **overrides,
        }
        self.workers: list[Worker] = []

    @property
    def settings(self) -> Settings:
        """As the workers read them."""
        return read(self.environ)

    @property
    def client(self) -> Client:
        """To reach Kafka with."""
        return Client(self.settings)

    def topic(self, kind: str) -> str:
        """The source topic of a kind."""
        return f"{self.name}.{kind}"

    async def make_topics(self) -> None:
        """Make all topics."""
        await ensure(self.settings, self.client)

    def worker(self, fault: str = "", **environ: str) -> "Worker":
        """Start one more worker."""
        worker = Worker(self, fault, environ)
        self.workers.append(worker)
        return worker

    def end(self) -> None:
        """Kill what still runs."""
        for worker in self.workers:
            worker.kill()

    async def send(
        self, records: int, *, seed: int = 1, customers: int = 500, when: int | None = None
    ) -> None:
        """Send records of all kinds to all partitions, and expect them to be counted."""
        producer = aiokafka.AIOKafkaProducer(**self.client.options, max_batch_size=200_000, acks="all")
        await producer.start()
        chance = random.Random(seed)  # noqa: S311 - test data
        now = when or time.time_ns() // 1_000_000
        partitions = self.settings.partitions
        try:
            share = records // (partitions * len(KINDS))
            for index, kind in enumerate(KINDS):
                for partition in range(partitions):
                    await self._fill(producer, chance, index, kind, partition, share, now, customers)
        finally:
            await producer.stop()

    async def _fill(  # noqa: PLR0917
        self,
        producer: aiokafka.AIOKafkaProducer,
        chance: random.Random,
        index: int,
        kind: str,
        partition: int,
        records: int,
        now: int,
        customers: int,
    ) -> None:
        batch = producer.create_batch()
        futures = []
        for number in range(records):
            key = b"p%d-c%d" % (partition, chance.randrange(customers))
            amount = chance.randrange(100)
            if batch.append(timestamp=now + number // 100, key=key, value=b"%d" % amount) is None:
                futures.append(await producer.send_batch(batch, self.topic(kind), partition=partition))
                batch = producer.create_batch()
                batch.append(timestamp=now + number // 100, key=key, value=b"%d" % amount)
            self.expect(key, index, amount)
        futures.append(await producer.send_batch(batch, self.topic(kind), partition=partition))
        await asyncio.gather(*futures)

    def expect(self, key: bytes, index: int, amount: int) -> None:
        """Expect one record to be counted."""
        counts = self.expected.setdefault(key, [0] * (2 * len(KINDS)))
        counts[index] += 1
        counts[index + len(KINDS)] += amount

    async def counted(self) -> tuple[Counts, list[Marker]]:
        """What the changelog holds: the customers, and the marker of each partition.

        Without transactions the first marker comes after the data before it; with them, both at once.
        """
        customers: Counts = {}
        markers = []
        for partition in range(self.settings.partitions):
            state, marker = CountingState(), None
            records = await self.log(self.settings.topic_changelog, partition)
            for record in records:
                if record.key == MARKER_KEY:
                    marker = decode(partition, record.value)
                else:
                    state.restore(record.key or b"", record.value)
            customers |= state.customers
            if marker is not None:
                markers.append(marker)
            else:
                assert not (records and self.settings.exactly_once)
        return customers, markers

    async def log(self, topic: str, partition: int) -> list[fetch.KafkaRecord]:
        """All committed records of a topic partition."""
        consumer = self.client.reader()
        await consumer.start()
        try:
            place = TopicPartition(topic, partition)
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            await consumer.seek_to_beginning(place)
            records: list[fetch.KafkaRecord] = []
            while await consumer.position(place) < end:
                for found in (await consumer.getmany(timeout_ms=100)).values():
                    records += found
            return records
        finally:
            await consumer.stop()

    async def log_end(self, topic: str, partition: int) -> int:
        """The offset after the last record of a topic partition, of whatever kind."""
        consumer = self.client.reader()
        await consumer.start()
        try:
            place = TopicPartition(topic, partition)
            return int((await consumer.end_offsets([place]))[place])
        finally:
            await consumer.stop()

    async def all_counted(self, within: float = 30) -> list[Marker]:
        """Wait until the changelog holds exactly what is expected."""

        async def equal() -> bool:
            counted, _ = await self.counted()
            return counted == self.expected

        await eventually_async(equal, within=within)
        return (await self.counted())[1]


class Worker:
    """A worker process."""

    def __init__(self, deployment: Deployment, fault: str, environ: Mapping[str, str]) -> None:
        self.output = deployment.folder / f"worker{len(deployment.workers)}.log"
        command = [sys.executable, str(WORKER), fault]
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **deployment.environ, **environ},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def told(self) -> str:
        """Everything it has logged."""
        return self.output.read_text()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stopped(self) -> bool:
        """Whether a SIGSTOP holds it."""
        return "\nState:\tT" in Path(f"/proc/{self.process.pid}/status").read_text()

    def code(self, within: float = 15) -> int:
        """Wait for its end and return the exit code."""
        return self.process.wait(patient(within))

    def ready(self) -> bool:
        """Whether it has taken its partitions over."""
        return ": ready: " in self.told()


def run(test: Callable[[], Awaitable[T]]) -> T:
    """Run an asynchronous test."""

    async def main() -> T:
        return await test()

    return asyncio.run(main())
