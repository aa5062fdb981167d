"""The source topics read to their ends, as one log: for replays of what Kafka holds.

The order is a function of the log alone: a record comes after what stands before it in its partition; beside
that, records go by timestamp, then by kind, partition and offset. Ends are taken once, at the beginning: what
arrives meanwhile is left out. Nothing is committed and no group is joined.
"""

from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from itertools import accumulate
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.core.decoding.arrival import arrival_ms
from streams.core.events import KINDS, Kind
from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import CorruptBatchError
from streams.engine.topics.admin import present

_POLL_MS = 200
_POLL_RECORDS = 5_000


class Logged(NamedTuple):
    """A record of a source topic."""

    key: bytes | None
    value: bytes | None
    timestamp: int
    partition: int
    offset: int


Log = dict[TopicPartition, list[Logged]]
"""The records of each partition of each topic, in their order."""


class MissingTopicsError(Exception):
    """Source topics that are not there; the message names them."""


async def read_sources(
    client: Client,
    topics: Mapping[str, Kind],
    told: Callable[[int, int], None],
    unreadable: Callable[[CorruptBatchError], None],
    *,
    timeout_ms: int,
    gone: dict[str, int],
) -> Log:
    """Read all source topics from their beginnings to their ends.

    Args:
        client: to reach Kafka with.
        topics: topic -> kind.
        told: called with how many records were read since the last call, and how many offsets there are.
        unreadable: called with each record batch that cannot be read, and is left out.
        timeout_ms: how long the broker may take to tell of its topics.
        gone: takes, of each topic that does not begin at its first record, how many came before.

    Raises:
        MissingTopicsError: a topic does not exist.
        EngineError: we may not see one.
        KafkaError: Kafka cannot be reached, or fails.
    """
    places = await _places(client, topics, timeout_ms)
    log: Log = {place: [] for place in places}
    consumer = client.reader()
    await consumer.start()
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        begins = await consumer.beginning_offsets(places)
        for place, begin in begins.items():
            if begin:
                gone[place.topic] = gone.get(place.topic, 0) + begin
        await consumer.seek_to_beginning(*places)
        offsets = sum(ends.values()) - sum(begins.values())
        while await _behind(consumer, ends):
            batches = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)
            for place, records in batches.items():
                log[place] += [
                    Logged(r.key, r.value, r.timestamp, place.partition, r.offset)
                    for r in records
                    if r.offset < ends[place]
                ]
                if records.corrupt is not None:
                    unreadable(records.corrupt)
                    consumer.seek(place, records.corrupt.after)
            told(sum(map(len, batches.values())), offsets)
    finally:
        await consumer.stop()
    return log


def in_order(log: Log, topics: Mapping[str, Kind], wall_ms: int) -> Iterator[tuple[Kind, Logged]]:
    """All records as one log, each with its kind; a record that went back in time stays where it stands.

    ``wall_ms``: the arrival of records without a timestamp, which are ordered as if it were -1.
    """
    runs = [
        _run(records, KINDS.index(topics[place.topic]), place.partition) for place, records in log.items()
    ]
    for _, kind, _, _, record in merge(*runs):
        yield KINDS[kind], record._replace(timestamp=arrival_ms(record.timestamp, wall_ms))


def _run(records: list[Logged], kind: int, partition: int) -> Iterator[tuple[int, int, int, int, Logged]]:
    """The records of one partition with what they are ordered by."""
    times = accumulate((record.timestamp for record in records), max)
    for at, (ms, record) in enumerate(zip(times, records, strict=True)):
        yield ms, kind, partition, at, record


async def _behind(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    for place, end in ends.items():
        if await consumer.position(place) < end:  # a position also moves over what is no record
            return True
    return False


async def _places(client: Client, topics: Mapping[str, Kind], timeout_ms: int) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(**client.options, request_timeout_ms=timeout_ms)
    try:
        await admin.start()
        there = await present(admin, topics)
    finally:
        await admin.close()
    if missing := sorted(set(topics) - there.keys()):
        raise MissingTopicsError(f"missing topics: {', '.join(missing)}")
    return [
        TopicPartition(name, number) for name in sorted(there) for number in range(there[name].partitions)
    ]
