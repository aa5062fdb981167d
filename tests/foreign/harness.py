"""``kpi ingest`` as processes; what must come out is recounted by mapping alone.

The recount reads the foreign topics back from Kafka and asks no process for anything.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import aiohttp
import aiokafka
from aiokafka import TopicPartition

from streams.core.definition.definition import Definition
from streams.core.partition.placement import key_hash
from streams.demo.observe import Page, parse_page
from streams.embedded import free_port
from streams.embedded.ports import LOOPBACK
from streams.engine.kafka.committed import committed
from streams.engine.kafka.fetch import KafkaRecord
from streams.foreign.writing import group_of
from streams.mapping import Foreign, Mapped, Mapper, Refused, parse_mapping
from tests.kafka.harness import Deployment
from tests.support.eventually import eventually_async, patient
from tests.support.topics import create_topics

COMMAND = (sys.executable, "-m", "streams.cli.main", "ingest")
_TIMEOUT = aiohttp.ClientTimeout(total=patient(5))


class Written(NamedTuple):
    """An event as it must stand in a source topic."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    timestamp: int


class Dead(NamedTuple):
    """What a dead letter must say, and whose it is."""

    topic: str
    partition: int
    offset: int
    reason: str
    field: str
    key: bytes | None
    value: bytes | None


class Outcomes(NamedTuple):
    """All that comes of the foreign topics."""

    events: Counter[Written]
    dead: Counter[Dead]
    ignored: Counter[str]


class Ingest:
    """A deployment of ``kpi ingest``.

    Args:
        bootstrap: of Kafka.
        folder: takes mapping and logs.
        mapping: TOML; ``{name}`` in it stands for the prefix of the foreign topics.
        topics: foreign topic without its prefix -> partitions.
        deployment: whose; by default one of its own.
        overrides: its settings.
    """

    def __init__(
        self,
        bootstrap: str,
        folder: Path,
        mapping: str,
        topics: Mapping[str, int],
        *,
        deployment: Deployment | None = None,
        **overrides: str,
    ) -> None:
        self.deployment = deployment or Deployment(bootstrap, folder, **overrides)
        self.deployment.environ["KPI_INGEST_INTERVAL"] = "20ms"
        self.name = self.deployment.name
        self.bootstrap = bootstrap
        self.text = mapping.replace("{name}", self.name)
        file = folder / "mapping.toml"
        file.write_text(self.text)
        self.deployment.environ["KPI_MAPPING_FILE"] = str(file)
        self.topics = {self.name + topic: count for topic, count in topics.items()}
        self.processes: list[IngestProcess] = []

    async def make_topics(self) -> None:
        """Make foreign topics and ours."""
        await self.deployment.make_topics()
        await self.make_foreign(self.topics)

    async def make_foreign(self, topics: Mapping[str, int]) -> None:
        """Make foreign topics."""
        for topic, count in topics.items():
            await create_topics(
                self.bootstrap,
                [topic],
                partitions=count,
                replicas=self.deployment.settings.replication_factor,
                config={"retention.ms": "-1"},
            )

    def start(self, **environ: str) -> "IngestProcess":
        """Start one more process."""
        process = IngestProcess(self, environ)
        self.processes.append(process)
        return process

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            process.kill()

    def producer(self) -> aiokafka.AIOKafkaProducer:
        """Somebody else's."""
        return aiokafka.AIOKafkaProducer(
            bootstrap_servers=self.bootstrap.split(","), acks="all", max_request_size=4 << 20
        )

    async def expected(self) -> Outcomes:
        """What the foreign topics amount to."""
        settings = self.deployment.settings
        mapper = Mapper(parse_mapping(self.text, "mapping.toml"), Definition())
        of, topics = key_hash(settings.partitioner), {k: t for t, k in settings.source_topics.items()}
        events, dead, ignored = Counter[Written](), Counter[Dead](), Counter[str]()
        places = [(topic, number) for topic, count in self.topics.items() for number in range(count)]
        for (topic, partition), records in (await self._logs(places)).items():
            for record in records:
                headers = tuple((name, value or b"") for name, value in record.headers)
                one = mapper.one(Foreign(topic, record.key, record.value, record.timestamp, headers))
                if isinstance(one, Mapped):
                    events.update(
                        Written(
                            topics[event.kind],
                            of(event.key) % settings.partitions,
                            event.key,
                            event.value,
                            event.timestamp_ms,
                        )
                        for event in one.events
                    )
                elif isinstance(one, Refused):
                    place = (topic, partition, record.offset)
                    dead[Dead(*place, one.reason, one.field, record.key, record.value)] += 1
                else:
                    ignored[one.why] += 1
        return Outcomes(events, dead, ignored)

    async def found(self) -> Outcomes:
        """What stands in our topics."""
        settings = self.deployment.settings
        events, dead = Counter[Written](), Counter[Dead]()
        numbers = range(settings.partitions)
        places = [(topic, number) for topic in settings.source_topics for number in numbers]
        for (topic, partition), records in (await self._logs(places)).items():
            for record in records:
                events[Written(topic, partition, record.key, record.value, record.timestamp)] += 1
        letters = await self._logs([(settings.topic_dead_letter, number) for number in numbers])
        for records in letters.values():
            for record in records:
                told = {name: (value or b"").decode() for name, value in record.headers}
                place = (told["kpi-topic"], int(told["kpi-partition"]), int(told["kpi-offset"]))
                reason, field = told["kpi-reason"], told.get("kpi-field", "")
                dead[Dead(*place, reason, field, record.key, record.value)] += 1
        return Outcomes(events, dead, Counter())

    async def _logs(self, places: list[tuple[str, int]]) -> dict[tuple[str, int], list[KafkaRecord]]:
        found = await asyncio.gather(*(self.deployment.log(*place) for place in places))
        return dict(zip(places, found, strict=True))

    async def settled(self, within: float = 60) -> None:
        """Wait until the group stands at the end of every foreign partition."""
        client = self.deployment.client
        admin = client.admin()
        await admin.start()

        async def there() -> bool:
            for topic, count in self.topics.items():
                for partition in range(count):
                    end = await self.deployment.log_end(topic, partition)
                    stands = await committed(admin, group_of(self.name), TopicPartition(topic, partition))
                    if end and (stands is None or stands.offset != end):
                        return False
            return True

        try:
            await eventually_async(there, within=within)
        finally:
            await admin.close()

    async def check(self) -> Outcomes:
        """Wait for all of it, and hold what was written against the recount: each event once."""
        await self.settled()
        expected, found = await self.expected(), await self.found()
        assert found.events == expected.events
        assert found.dead == expected.dead
        return expected


class IngestProcess:
    """A ``kpi ingest``."""

    def __init__(self, ingest: Ingest, environ: Mapping[str, str]) -> None:
        number = len(ingest.processes)
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        folder = ingest.deployment.folder
        self.output = folder / f"ingest{number}.log"
        own = {"KPI_HTTP_PORT": str(self.port), "KPI_DATADIR": str(folder / f"ingest{number}")}
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                COMMAND,
                env={**os.environ, **ingest.deployment.environ, **own, **environ},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def told(self) -> str:
        """Everything it has logged."""
        return self.output.read_text()

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    async def stopped(self, within: float = 20) -> int:
        """Ask it to end (SIGTERM); its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended(within)

    async def ended(self, within: float = 30) -> int:
        """Wait for its end; its exit code."""
        return await asyncio.to_thread(self.process.wait, patient(within))

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body; (0, "") when it does not answer."""
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.get(self.url + path) as answer,
            ):
                return answer.status, await answer.text()
        except aiohttp.ClientConnectionError:
            return 0, ""

    async def page(self) -> Page:
        """The samples of its metrics page."""
        return parse_page((await self.get("/metrics"))[1])

    async def ready(self, within: float = 30) -> None:
        """Wait until it says that it is ready."""

        async def answer() -> bool:
            assert self.process.poll() is None, self.told()
            return (await self.get("/readyz"))[0] == 200

        await eventually_async(answer, within=within)


def summed(pages: Iterable[Page], name: str) -> Counter[tuple[str, ...]]:
    """The samples of a name over several pages, by the values of their labels."""
    found: Counter[tuple[str, ...]] = Counter()
    for page in pages:
        for (metric, labels), value in page.items():
            if metric == name:
                found[tuple(value for _, value in sorted(labels))] += int(value)
    return found
