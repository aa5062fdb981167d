"""Kafka as the engine's protocol sees it, in memory: one partition's logs, one transactional id, and crashes.

A Process stands in for streams.engine.kafka.client.Client, so that OwnedPartition, PartitionProducer and
recovery run as they are. The broker's promises are modelled and nothing more: starting a producer aborts what
its predecessor left open and fences it; what was sent counts from the commit on, whole; compaction keeps the
last record of a key. A process may crash before or after any call it makes, or stall in the middle of one.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from aiokafka import TopicPartition
from aiokafka.errors import ProducerFenced

from streams.engine.kafka.fetch import Batch, KafkaRecord
from streams.engine.kafka.timed import TimedRecord

CHANGELOG, TOTALS, DEAD = "model.changelog", "model.totals", "model.dead"
_FETCHED = 5

Sent = tuple[str, "ModelBatch"]


class CrashError(Exception):
    """The process is gone."""


class Fate(Enum):
    """What happens to a process at a call."""

    CRASH_BEFORE = auto()
    """It dies; the broker never sees the call."""
    CRASH_AFTER = auto()
    """The broker does what was asked; the process dies before it learns of it."""
    STALL = auto()
    """The call is held up until the process is woken."""


@dataclass
class Logs:
    """The broker's side."""

    sources: dict[str, list[KafkaRecord]]
    changelog: list[KafkaRecord] = field(default_factory=list)
    changelog_end: int = 0
    dead: list[KafkaRecord] = field(default_factory=list)
    epoch: int = 0
    open: list[Sent] | None = None

    def init(self) -> int:
        """InitProducerId: abort what is open, fence everybody else."""
        if self.open is not None:
            self._end_open(keep=False)
        self.epoch += 1
        return self.epoch

    def check(self, epoch: int) -> None:
        """Refuse a fenced producer.

        Raises:
            ProducerFenced: there is a newer one.
        """
        if epoch != self.epoch:
            raise ProducerFenced

    def commit(self) -> None:
        """What was sent counts from now on."""
        self._end_open(keep=True)

    def _end_open(self, *, keep: bool) -> None:
        for topic, batch in self.open or ():
            for record in batch.records:
                if keep and topic == DEAD:
                    self.dead.append(record)
                if topic == CHANGELOG:
                    if keep:
                        self.changelog.append(
                            TimedRecord(self.changelog_end, 0, record.key, record.value, [])
                        )
                    self.changelog_end += 1
        self.changelog_end += 1  # the control record
        self.open = None

    def compact(self, until: int) -> None:
        """Keep the last record of each key among the first ``until``; deletions of a whole log go too."""
        head, tail = self.changelog[:until], self.changelog[until:]
        last = {record.key: record.offset for record in head}
        self.changelog = [record for record in head if last[record.key] == record.offset] + tail


class Process:
    """A worker process: makes producers and readers, and may fail at any of their calls."""

    exactly_once = True
    isolation = "read_committed"

    def __init__(self, logs: Logs) -> None:
        self.logs = logs
        self.fate: Fate | None = None
        self.woken = asyncio.Event()
        self.stalled = asyncio.Event()
        self._calls_left = 0

    def doom(self, fate: Fate, calls: int) -> None:
        """Let it fail at a later call of its producer."""
        self.fate, self._calls_left = fate, calls

    async def call(self, effect: Callable[[], None]) -> None:
        """One call to the broker.

        Raises:
            CrashError: the process is gone.
        """
        if self.fate is not None:
            self._calls_left -= 1
            if self._calls_left < 0:
                await self._fail(effect)
        effect()

    async def _fail(self, effect: Callable[[], None]) -> None:
        fate, self.fate = self.fate, None
        if fate is Fate.STALL:
            self.stalled.set()
            await self.woken.wait()
            return
        if fate is Fate.CRASH_AFTER:
            effect()
        raise CrashError

    def producer(self, _partition: int) -> "ModelProducer":
        """A producer, not started."""
        return ModelProducer(self)

    async def topic_ids(self, _consumer: object, topics: Iterable[str]) -> dict[str, str]:
        """Topics are never made anew here."""
        return dict.fromkeys(topics, "1")

    def reader(self) -> "ModelReader":
        """A reader, not started."""
        return ModelReader(self.logs)


class ModelBatch:
    """A record batch under way."""

    def __init__(self) -> None:
        self.records: list[KafkaRecord] = []

    def append(
        self,
        *,
        timestamp: int | None,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes | None]],
    ) -> "ModelBatch | None":
        """Add a record; None when it is full."""
        if len(self.records) >= _FETCHED:
            return None
        self.records.append(TimedRecord(0, timestamp or 0, key, value, headers))
        return self


class ModelProducer:
    """The transactional producer of one process."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._logs = process.logs
        self._epoch = 0

    async def start(self) -> None:
        """Fence every other producer."""
        self._epoch = self._logs.init()

    async def stop(self) -> None:
        """Nothing to say to the broker."""

    def create_batch(self) -> ModelBatch:
        """An empty batch."""
        return ModelBatch()

    async def begin_transaction(self) -> None:
        """Local, as in Kafka: the broker learns of it with the first batch."""
        await self._process.call(lambda: None)

    async def send_batch(self, batch: ModelBatch, topic: str, *, partition: int) -> asyncio.Future[None]:
        """Send, and be acknowledged at once."""
        assert partition == 0
        await self._process.call(lambda: self._append(topic, batch))
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        acknowledged.set_result(None)
        return acknowledged

    async def commit_transaction(self) -> None:
        """Commit."""
        await self._process.call(self._commit)

    def _append(self, topic: str, batch: ModelBatch) -> None:
        self._logs.check(self._epoch)
        if self._logs.open is None:
            self._logs.open = []
        self._logs.open.append((topic, batch))

    def _commit(self) -> None:
        self._logs.check(self._epoch)
        self._logs.commit()


class ModelReader:
    """Reads the committed changelog."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._read = 0

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to do."""

    def assign(self, places: Iterable[TopicPartition]) -> None:
        """One partition of every topic is all there is."""

    def pause(self, *places: TopicPartition) -> None:
        """Sources are never fetched through it."""

    async def seek_to_beginning(self, _place: TopicPartition) -> None:
        """Begin anew."""
        self._read = 0

    def highwater(self, _place: TopicPartition) -> int:
        """The end of the changelog."""
        return self._logs.changelog_end

    async def position(self, _place: TopicPartition) -> int:
        """Moves over control records and aborted batches too."""
        rest = self._logs.changelog[self._read :]
        return rest[0].offset if rest else self._logs.changelog_end

    async def getmany(self, **_options: int) -> Mapping[TopicPartition, Batch]:
        """A few records."""
        found = self._logs.changelog[self._read : self._read + _FETCHED]
        begin, self._read = self._read, self._read + len(found)
        return {TopicPartition(CHANGELOG, 0): Batch(found, begin, self._read)}

    async def beginning_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Nothing was ever deleted."""
        return dict.fromkeys(places, 0)

    async def end_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The ends of the logs."""
        return {place: self._end(place.topic) for place in places}

    def _end(self, topic: str) -> int:
        return self._logs.changelog_end if topic == CHANGELOG else len(self._logs.sources[topic])
