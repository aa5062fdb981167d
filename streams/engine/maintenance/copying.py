"""Records copied from topic to topic as they are: timestamp, key, value, headers, and nothing else.

``spread`` gives records new partitions, ``bring`` keeps them. Each customer's records keep their order of
arrival (whole_logs.py). The producer is idempotent, so an error is no record twice.

Never writes to a topic what it has not read from the other, and never changes the topic it reads.
"""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from hashlib import blake2b
from types import TracebackType
from typing import Any, Self

from aiokafka import TopicPartition

from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import KafkaRecord
from streams.engine.kafka.metadata import Described
from streams.engine.maintenance.notes import Extent
from streams.engine.maintenance.whole_logs import counted, merged, records_of
from streams.engine.maintenance.writing import Writer

Place = Callable[[bytes | None, bytes | None, int, int], int]
"""Key, value, partition so far, number of partitions -> partition."""


class CopyError(Exception):
    """Source and copy do not agree; the message says where."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What was copied."""

    records: int
    extents: tuple[Extent, ...]
    ends: tuple[int, ...]


@dataclass(slots=True)
class Others:
    """Records that were not copied, but sent by somebody meanwhile."""

    records: int = 0
    misplaced: int = 0
    """Those whose key belongs to another partition."""


class Digest:
    """The running digest of a partition's records."""

    def __init__(self) -> None:
        self.records = 0
        self._hash = blake2b(digest_size=16)

    def add(self, record: KafkaRecord) -> None:
        """Take the next record."""
        self.records += 1
        self._hash.update(repr(_content(record)).encode())

    def extent(self) -> Extent:
        """What was taken so far."""
        return Extent(self.records, self._hash.hexdigest())


def _content(record: KafkaRecord) -> tuple[object, ...]:
    return (record.timestamp, record.key, record.value, tuple(record.headers))


class Copier:
    """Reads and writes topics of one cluster, as ``async with Copier(client) as copier``."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._producer: Any = None

    async def __aenter__(self) -> Self:
        self._producer = self._client.plain_producer()
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()

    async def ends(self, topic: Described) -> list[int]:
        """Where each partition ends.

        Raises:
            CopyError: a producer has a transaction open.
        """
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        committed, all_of_it = self._client.reader(), self._client.reader()
        all_of_it._isolation_level = "read_uncommitted"  # noqa: SLF001 - read when it starts
        found = []
        for consumer in (committed, all_of_it):
            await consumer.start()
            try:
                ends = await consumer.end_offsets(places)
            finally:
                await consumer.stop()
            found.append([ends[place] for place in places])
        if found[0] != found[1]:
            raise CopyError(
                f"{topic.name}: a producer has a transaction open; stop every producer, run this again"
            )
        return found[0]

    async def _begins(self, topic: Described) -> list[int]:
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer = self._client.reader()
        await consumer.start()
        try:
            begins = await consumer.beginning_offsets(places)
        finally:
            await consumer.stop()
        return [begins[place] for place in places]

    async def spread(
        self, topic: Described, copy: str, partitions: int, place: Place, counted: int
    ) -> Spread:
        """Copy all records of a topic, each to the partition where it belongs.

        Args:
            topic: to be read.
            copy: to be written, empty.
            partitions: of the copy.
            place: where records belong.
            counted: how many partitions the topic had before it was given more: what stands where it belonged
                then comes first. 0, or as many as it has: there is nothing to tell apart.

        Raises:
            CopyError: the topic changes meanwhile.
            KafkaError: Kafka cannot be reached, or fails.
        """
        ends, begins = await self.ends(topic), await self._begins(topic)
        digests = [Digest() for _ in range(partitions)]
        writer = Writer(self._producer, copy)
        passes = (True,) if counted in {0, topic.partitions} else (True, False)
        for earlier in passes:
            async with aclosing(merged(self._client, topic.name, ends)) as records:
                async for number, record in records:
                    key, value = record.key, record.value
                    if len(passes) > 1 and (place(key, value, number, counted) == number) is not earlier:
                        continue
                    target = place(key, value, number, partitions)
                    digests[target].add(record)
                    await writer.add(target, record)
        await writer.drain()
        if await self.ends(topic) != ends or await self._begins(topic) != begins:
            raise CopyError(
                f"{topic.name} got or lost records while it was copied; stop every producer, run this again"
            )
        extents = tuple(digest.extent() for digest in digests)
        return Spread(sum(extent.records for extent in extents), extents, tuple(ends))

    async def check(self, copy: str, extents: Sequence[Extent]) -> None:
        """Read a copy back and compare it with what was copied.

        Raises:
            CopyError: it holds something else.
        """
        for number, extent in enumerate(extents):
            digest = Digest()
            async for record in records_of(self._client, copy, number):
                digest.add(record)
            if digest.extent() != extent:
                raise CopyError(
                    f"{copy} partition {number} holds {digest.records:,} records that are not the "
                    f"{extent.records:,} copied; nothing was deleted"
                )

    async def bring(self, copy: str, topic: str, extents: Sequence[Extent], place: Place) -> Others:
        """Write the records of a copy into a topic, partition by partition, but for those that are there.

        Returns:
            The records there that the copy does not hold.

        Raises:
            CopyError: not all arrived.
        """
        others = Others()
        for number, extent in enumerate(extents):

            def belongs(record: KafkaRecord, number: int = number) -> bool:
                return place(record.key, record.value, number, len(extents)) == number

            there = await self._compare(copy, topic, number, Others(), belongs)
            writer = Writer(self._producer, topic)
            async for at, record in counted(records_of(self._client, copy, number)):
                if at >= there.records:
                    await writer.add(number, record)
            await writer.drain()
            there = await self._compare(copy, topic, number, others, belongs)
            if there.extent() != extent:
                raise CopyError(
                    f"{topic} partition {number} has {there.records:,} of {extent.records:,} records; the "
                    f"others are in {copy}: run this again"
                )
        return others

    async def _compare(
        self, copy: str, topic: str, number: int, others: Others, belongs: Callable[[KafkaRecord], bool]
    ) -> Digest:
        """The records of the copy that a topic's partition has, in their order; others are counted."""
        there = Digest()
        async with aclosing(records_of(self._client, copy, number)) as wanted:
            expected = await anext(wanted, None)
            async for record in records_of(self._client, topic, number):
                if expected is not None and _content(record) == _content(expected):
                    there.add(record)
                    expected = await anext(wanted, None)
                else:
                    others.records += 1
                    others.misplaced += not belongs(record)
        return there
