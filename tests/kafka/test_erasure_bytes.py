"""An erase, proven on the bytes: Kafka's log segments on disk, all of Redis, the worker's log and files.

The topics of the service are compacted at once, so that what compaction will do comes within the test. The
source topics, whose retention is their owner's decision, are left out.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
import redis
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.core.customer.identity import Identity
from streams.embedded import KafkaCluster, ValkeyServer
from streams.settings import read
from streams.simulate import SimRecord, topic_of
from tests.kafka.harness import run
from tests.kafka.service import Service
from tests.support.eventually import eventually_async

WITHIN_S = 180.0
MARK = b"unmistakable"
"""Stands in every id, name and text of the one customer."""
TYPED = b"Smith"
"""Stands in what people typed."""
ME = f"{MARK.decode()}-customer"
RULES = """
windows = ["10s"]
[[tiers]]
width = "1s"
age = "10s"
"""
"""Windows have passed ten seconds later, so that the test need not wait for months."""
AT_ONCE = {
    "cleanup.policy": "compact",
    "segment.ms": "1000",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "100",
    "file.delete.delay.ms": "0",
}


def event(kind: str, customer: str, number: int, at_ms: int, **fields: object) -> SimRecord:
    """A record that arrives when it happens."""
    body = {"event_id": f"{customer}-event-{number}", "customer_id": customer, "occurred_at": at_ms, **fields}
    return SimRecord(topic_of(kind), customer.encode(), msgspec.json.encode(body), at_ms)


def life(customer: str, name: str, now_ms: int) -> Iterator[SimRecord]:
    """Came, left, came back, answered and is about to leave; with names and texts that nobody else has."""
    text = f"Alice {name} {TYPED.decode()} moved to Berlin"
    yield event("signup", customer, 1, now_ms, segment=f"{name}-segment")
    yield event("cancellation", customer, 2, now_ms + 1, reason=f"{name}-reason")
    yield event("signup", customer, 3, now_ms + 2, segment=f"{name}-segment", plan=text)
    yield event("purchase", customer, 4, now_ms + 3, amount="5.00", currency="USD")
    answer = {"survey": "nps", "score": 1, "touchpoint": f"{name}-place", "comment": text}
    yield event("survey", customer, 5, now_ms + 4, **answer)
    yield event("cancellation", customer, 6, now_ms + 5, effective_at=now_ms + 10**9, reason=text)


_INDEXES = {".index", ".timeindex", ".txnindex"}
"""Kafka's: offsets and times, ten megabytes of nothing each."""


class Found(NamedTuple):
    """What some bytes hold of a customer."""

    typed: bool
    """What people typed."""
    told: bool
    """Any id, name, text or hash."""
    marked: bool
    """The marker of the erase."""


class Traces:
    """Looks for a customer in everything that the service has written."""

    def __init__(self, service: Service, data: Path) -> None:
        self._service = service
        self._data = data
        self._sources = tuple(f"{topic}-" for topic in service.deployment.settings.source_topics)
        self._looked: dict[Path, tuple[tuple[int, int, int], Found]] = {}
        self.digest = Identity(read(service.deployment.environ).secret_bytes).customer(ME)

    def found(self) -> set[str]:
        """Where any id, name, text or hash of the customer stands; the marker of the erase is none."""
        places = set()
        for where, found in self._everything():
            assert not found.typed, f"free text in {where}"
            if found.told:
                places.add(where)
        return {place.removeprefix(self._service.deployment.name) for place in places}

    def marked(self) -> bool:
        """Whether the marker of the erase is there."""
        return any(found.marked for _, found in self._everything())

    def _everything(self) -> Iterator[tuple[str, Found]]:
        for folder in self._data.iterdir():
            if folder.is_dir() and not folder.name.startswith(self._sources):
                yield from ((folder.name.rpartition("-")[0], found) for found in self._within(folder))
        yield from (("a file of the worker", found) for found in self._within(self._service.workers[0].files))
        yield "the log", self._in(self._service.workers[0].output.read_bytes())
        with redis.Redis.from_url(self._service.redis_url) as client:
            yield from (
                ("redis", self._in(repr(pair).encode()))
                for pair in _redis(client, self._service.definition.tenant)
            )

    def _within(self, folder: Path) -> Iterator[Found]:
        """What is in each file; looked at again only where it has changed."""
        for file in folder.rglob("*"):
            if file.suffix not in _INDEXES:
                with suppress(FileNotFoundError, IsADirectoryError):  # compacted away meanwhile
                    there = file.stat()
                    state = there.st_ino, there.st_size, there.st_mtime_ns
                    if file not in self._looked or self._looked[file][0] != state:
                        self._looked[file] = state, self._in(file.name.encode() + file.read_bytes())
                    yield self._looked[file][1]

    def _in(self, data: bytes) -> Found:
        marker = b"E" + self.digest
        hashes = data.count(self.digest) - data.count(marker)
        told = MARK in data or hashes > 0 or self.digest.hex().encode() in data
        return Found(TYPED in data, told, marker in data)


def _redis(client: "redis.Redis", tenant: str) -> Iterator[tuple[object, object]]:
    readers: dict[object, Callable[[bytes], object]] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"stream": client.xrange,
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    for key in client.scan_iter(f"crm:{{{tenant}}}:*"):
        kind = client.type(key)
        if kind != b"none":  # expired meanwhile
            yield key, readers[kind](key)


async def compact_at_once(bootstrap: str, *topics: str) -> None:
    """Have compaction do within seconds what it does within a day."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, t, AT_ONCE) for t in topics])
    finally:
        await admin.close()


async def erased(service: Service, traces: Traces, bootstrap: str) -> tuple[set[str], set[str]]:
    """Where the customer stands before the erase, and where another one of that life does after it."""
    await service.make_topics()
    worker = service.worker()
    await worker.ready()
    settings = service.deployment.settings
    await compact_at_once(bootstrap, settings.topic_changelog, settings.topic_totals)
    async with service.sender() as sender:
        await service.send(sender, life(ME, MARK.decode(), int(time.time() * 1_000)))
        await sender.drain()

        async def everywhere() -> set[str]:
            found = traces.found()
            return found if len(found) >= 3 else set()

        before = await eventually_async(everywhere, within=WITHIN_S)
        await service.send(sender, [event("erase", ME, 7, int(time.time() * 1_000))])
        await sender.drain()

        async def nowhere() -> bool:
            assert worker.process.poll() is None, worker.told()
            return not traces.found()

        try:
            await eventually_async(nowhere, within=WITHIN_S)
        except AssertionError:
            return before, traces.found()
    return before, set()


def test_nothing_of_an_erased_customer_is_left_in_any_byte(valkey: ValkeyServer, tmp_path: Path) -> None:
    """Neither ids nor hash nor a name that was theirs alone; free text never was. A marker stays."""
    with (
        KafkaCluster() as kafka,
        Service(kafka.bootstrap, valkey.url, tmp_path, KPI_PARTITIONS="1") as service,
    ):
        with Path(service.deployment.environ["KPI_DEFINITION_FILE"]).open("a") as definition:
            definition.write(RULES)
        traces = Traces(service, kafka.data(1))
        before, after = run(lambda: erased(service, traces, kafka.bootstrap))
        assert before == {".changelog", ".totals", "redis"}
        assert after == set()
        assert traces.marked()
