"""What Kafka holds after a run: sources, changelog and totals, read back with a plain consumer."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from typing import NamedTuple

import aiokafka
from aiokafka import TopicPartition

from streams.core.events import Kind
from streams.engine.kafka.client import Client
from streams.engine.ownership.marker import MARKER_KEY, Marker, decode
from streams.engine.totals_topic.reader import PartitionLog, Told
from streams.settings import Settings


class Source(NamedTuple):
    """A source record; sorts by time, then topic, then offset: the order a recount reads them in."""

    timestamp: int
    order: int
    offset: int
    kind: Kind
    key: bytes | None
    value: bytes | None


@dataclass
class Held:
    """What one partition's logs hold."""

    number: int
    sources: list[Source]
    ends: dict[str, int]
    changelog: list[tuple[bytes, bytes | None]]
    marker: Marker | None
    written: int
    """Offsets in the changelog: more than records where compaction has been."""
    told: Told | None

    @property
    def live(self) -> bool:
        """Whether its owner was live when they were read."""
        told = self.told
        return (
            self.marker is not None and told is not None and told.header.live and told.dimensions is not None
        )


def by_kind(sources: list[Source]) -> Iterator[tuple[Kind, list[Source]]]:
    """Batches of one kind each, in order."""
    for kind, records in groupby(sources, key=lambda record: record.kind):
        yield kind, list(records)


async def read(settings: Settings, number: int) -> Held:
    """Read all logs of one partition; totals and changelog at about one moment."""
    client = Client(settings)
    topics = settings.source_topics
    ends: dict[str, int] = {}
    streams = []
    for order, (topic, kind) in enumerate(topics.items()):
        records, end = await read_log(client, topic, number)
        ends[topic] = end
        streams.append([Source(r.timestamp, order, r.offset, kind, r.key, r.value or None) for r in records])
    totals, _ = await read_log(client, settings.topic_totals, number)
    partition_log = PartitionLog(number)
    told = None
    for record in totals:
        told = partition_log.take(record) or told
    state, written = await read_log(client, settings.topic_changelog, number)
    marker = None
    kept: list[tuple[bytes, bytes | None]] = []
    for record in state:
        if record.key == MARKER_KEY:
            marker = decode(number, record.value)
        else:
            kept.append((record.key, record.value))
    return Held(number, list(merge(*streams)), ends, kept, marker, written, told)


async def read_log(
    client: Client, topic: str, partition: int
) -> tuple[list[aiokafka.ConsumerRecord[bytes, bytes]], int]:
    """All committed records of a topic partition, and the offset after the last."""
    consumer = client.reader()
    await consumer.start()
    try:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        await consumer.seek_to_beginning(place)
        records: list[aiokafka.ConsumerRecord[bytes, bytes]] = []
        while await consumer.position(place) < end:
            for found in (await consumer.getmany(timeout_ms=100)).values():
                records += found
        return records, int(end)
    finally:
        await consumer.stop()


async def ends(settings: Settings) -> int:
    """How many records the source topics hold."""
    consumer = Client(settings).reader()
    await consumer.start()
    try:
        places = [
            TopicPartition(topic, number)
            for topic in settings.source_topics
            for number in range(settings.partitions)
        ]
        return sum((await consumer.end_offsets(places)).values())
    finally:
        await consumer.stop()
