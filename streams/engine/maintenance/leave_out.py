"""Leaving out a record batch of a source that cannot be read: told by a person, with all workers stopped.

The partition's newest marker is written once more with the offset behind that batch, by its transactional
producer: a worker that runs after all is fenced. How many offsets were left out stays in the marker.

Never: passes over a record that can be read, or one that was not counted yet.
"""

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import Batch, CorruptBatchError
from streams.engine.maintenance.rebuild import newest_marker
from streams.engine.ownership.marker import MARKER_KEY, Marker, encode
from streams.engine.ownership.producer import Flush, PartitionProducer, Topics
from streams.settings import Settings

_POLL_MS = 500
_POLLS = 20


class LeaveOutError(Exception):
    """Nothing was left out; the message says why and what to do."""


async def leave_out(
    settings: Settings, client: Client, topic: str, partition: int, fresh: Marker
) -> CorruptBatchError:
    """Leave out the batch at which a partition of a source stands.

    Args:
        settings: of the deployment.
        client: to reach Kafka with.
        topic: the source.
        partition: which of its partitions.
        fresh: the marker of a partition that was never written, without offsets.

    Returns:
        What was left out.

    Raises:
        LeaveOutError: the next batch to count can be read.
        KafkaError: Kafka cannot be reached, or fails.
    """
    topics = Topics(settings.topic_changelog, settings.topic_totals, settings.topic_dead_letter)
    producer = PartitionProducer(client, partition, topics)
    await producer.start()  # first: from here on nobody else writes
    try:
        marker, corrupt = await _next(settings, client, TopicPartition(topic, partition), fresh)
        left = dict(marker.left_out)
        left[topic] = left.get(topic, 0) + corrupt.after - corrupt.offset
        written = msgspec.structs.replace(
            marker, offsets={**marker.offsets, topic: corrupt.after}, left_out=left
        )
        await producer.write(Flush((), (MARKER_KEY, encode(written)), (), (), live=False))
    finally:
        await producer.stop()
    return corrupt


async def _next(
    settings: Settings, client: Client, place: TopicPartition, fresh: Marker
) -> tuple[Marker, CorruptBatchError]:
    """The newest marker, and the batch that is next in a source, which cannot be read."""
    consumer = client.reader()
    await consumer.start()
    try:
        changelog = TopicPartition(settings.topic_changelog, place.partition)
        marker = await newest_marker(consumer, changelog)
        sources = [TopicPartition(topic, place.partition) for topic in settings.source_topics]
        begins = {tp.topic: begin for tp, begin in (await consumer.beginning_offsets(sources)).items()}
        marker = marker or msgspec.structs.replace(fresh, offsets=begins)
        at = marker.offsets.get(place.topic, begins[place.topic])
        consumer.assign([place])
        consumer.seek(place, at)
        batch = await _first(consumer, place)
    finally:
        await consumer.stop()
    where = f"{place.topic} partition {place.partition}"
    if batch is None or batch.corrupt is None:
        raise LeaveOutError(
            f"{where}: the next record to count, at offset {at}, can be read: nothing to skip"
        )
    if len(batch):
        raise LeaveOutError(
            f"{where}: {len(batch)} records before offset {batch.corrupt.offset} are not counted yet; start "
            "a worker, which counts them and ends there, then try again"
        )
    return marker, batch.corrupt


async def _first(consumer: AIOKafkaConsumer, place: TopicPartition) -> Batch | None:
    for _ in range(_POLLS):
        batch: Batch | None = (await consumer.getmany(place, timeout_ms=_POLL_MS)).get(place)
        if batch is not None:
            return batch
    return None
