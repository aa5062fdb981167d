"""The dead-letter topic read from its beginning to the ends seen first, a partition after the other.

Memory holds one fetch, however long the topic is. Joins no group and commits nothing. Copies whose letter is
still there are marked as twins (letter.py): readers pass over them.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from streams.deadletters.letter import Letter, Place
from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.metadata import Described
from streams.engine.topics.admin import present

_POLL_MS = 200
_POLL_RECORDS = 2_000


class Extent(NamedTuple):
    """The part of a partition that is read."""

    partition: int
    begin: int
    end: int
    """Before it everything is read."""


class Read(NamedTuple):
    """A letter, and whether it is only the copy of one that is still there."""

    letter: Letter
    twin: bool


class LetterLog:
    """The topic, while a reader is connected; made by ``opened``."""

    def __init__(self, consumer: AIOKafkaConsumer, topic: Described) -> None:
        self._consumer = consumer
        self.topic, self.topic_id = topic.name, topic.id
        self._places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]

    async def extents(self) -> list[Extent]:
        """What each partition holds now."""
        begins = await self._consumer.beginning_offsets(self._places)
        ends = await self._consumer.end_offsets(self._places)
        return [Extent(place.partition, begins[place], ends[place]) for place in self._places]

    async def all_of(self, extent: Extent) -> AsyncGenerator[Read, None]:
        """What a partition holds, twins too.

        Raises:
            CorruptBatchError: a batch cannot be read.
            KafkaError: Kafka cannot be reached, or records went while they were read.
        """
        place = TopicPartition(self.topic, extent.partition)
        self._consumer.assign([place])
        self._consumer.seek(place, extent.begin)
        while await self._consumer.position(place) < extent.end:
            fetched = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)
            for records in fetched.values():
                for record in records:
                    if record.offset < extent.end:
                        letter = Letter.of(extent.partition, record, self.topic_id)
                        yield Read(letter, letter.copy_of is not None and letter.copy_of >= extent.begin)
                if records.corrupt is not None:
                    raise records.corrupt

    async def letters(self) -> AsyncGenerator[Letter, None]:
        """Every letter once.

        Raises:
            KafkaError: as for ``all_of``.
        """
        for extent in await self.extents():
            async for letter, twin in self.all_of(extent):
                if not twin:
                    yield letter

    async def at(self, place: Place) -> Letter | None:
        """The letter at a place; None if there is none."""
        for extent in await self.extents():
            if extent.partition == place.partition and extent.begin <= place.offset < extent.end:
                wanted = Extent(extent.partition, place.offset, place.offset + 1)
                async for letter, _ in self.all_of(wanted):
                    return letter
        return None


async def undecided(log: LetterLog, whole: LetterLog) -> int:
    """How many records stand in transactions that are open, or behind them: nobody can judge those yet."""
    ends = {extent.partition: extent.end for extent in await log.extents()}
    return sum(max(0, extent.end - ends.get(extent.partition, 0)) for extent in await whole.extents())


@asynccontextmanager
async def opened(client: Client, topic: str, *, whole: bool = False) -> AsyncIterator[LetterLog]:
    """Connect to read.

    Args:
        client: to reach Kafka with.
        topic: of the dead letters.
        whole: also what stands in transactions that are open, or behind them.

    Raises:
        EngineError: there is no such topic, or we may not see it.
        KafkaError: Kafka cannot be reached, or fails.
    """
    admin = client.admin()
    try:
        await admin.start()
        there = await present(admin, [topic])
    finally:
        await admin.close()
    if topic not in there:
        raise EngineError(ExitCode.BAD_TOPICS, f"missing topic: {topic}; kpi topics create makes it")
    consumer = client.reader(reset="none")
    if whole:
        consumer._isolation_level = "read_uncommitted"  # noqa: SLF001 - read when it starts
    await consumer.start()
    try:
        yield LetterLog(consumer, there[topic])
    except OffsetOutOfRangeError as error:
        raise EngineError(
            ExitCode.BAD_TOPICS, f"{topic}: letters were deleted while they were read; run this again"
        ) from error
    finally:
        await consumer.stop()
