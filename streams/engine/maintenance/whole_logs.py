"""Whole logs read from their beginnings to the ends seen first: a partition, or a topic in one order.

Between partitions records go by timestamp (of those that went back in time: the greatest before them), then
by partition; within one they keep their order. Memory holds a few fetches of each partition, however long
the topic is. Joins no group and commits nothing; an offset that is gone meanwhile is an error, never a new
beginning, and so is a batch that cannot be read.
"""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from heapq import heapify, heappop, heapreplace

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import KafkaRecord

_POLL_MS = 200
_POLL_RECORDS = 2_000


async def counted(records: AsyncIterator[KafkaRecord]) -> AsyncIterator[tuple[int, KafkaRecord]]:
    """Records with their numbers, from 0."""
    at = 0
    async for record in records:
        yield at, record
        at += 1


async def records_of(client: Client, topic: str, number: int) -> AsyncGenerator[KafkaRecord, None]:
    """All records of a partition, up to the end seen first."""
    place = TopicPartition(topic, number)
    consumer = client.reader(reset="none")
    await consumer.start()
    try:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        await consumer.seek_to_beginning(place)
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)).values():
                for record in records:
                    if record.offset < end:
                        yield record
                if records.corrupt is not None:
                    raise records.corrupt
    finally:
        await consumer.stop()


async def merged(
    client: Client, topic: str, ends: Sequence[int]
) -> AsyncGenerator[tuple[int, KafkaRecord], None]:
    """All records of a topic with their partitions, in one order."""
    places = [TopicPartition(topic, number) for number in range(len(ends))]
    consumer = client.reader(reset="none")
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        logs = [_Log(consumer, place, end) for place, end in zip(places, ends, strict=True)]
        heap = [(log.newest, log.place.partition) for log in logs if await log.fill(logs)]
        heapify(heap)
        while heap:
            _, number = heap[0]
            log = logs[number]
            yield number, log.waiting.popleft()
            if await log.fill(logs):
                heapreplace(heap, (log.newest, number))
            else:
                heappop(heap)
    finally:
        await consumer.stop()


class _Log:
    """What was fetched of a partition and is not merged yet."""

    def __init__(self, consumer: AIOKafkaConsumer, place: TopicPartition, end: int) -> None:
        self.place = place
        self.waiting: deque[KafkaRecord] = deque()
        self.newest = -1
        """The greatest timestamp up to the first record that waits."""
        self.end = end
        self._consumer = consumer

    async def fill(self, logs: Sequence["_Log"]) -> bool:
        """Fetch until a record of this partition waits; False at its end."""
        while not self.waiting:
            if await self._consumer.position(self.place) >= self.end:
                return False
            # only this one: what others have waiting does not grow meanwhile
            fetched = await self._consumer.getmany(self.place, timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)
            for place, records in fetched.items():
                log = logs[place.partition]
                log.waiting.extend(record for record in records if record.offset < log.end)
                if records.corrupt is not None:
                    raise records.corrupt
        self.newest = max(self.newest, self.waiting[0].timestamp)
        return True
