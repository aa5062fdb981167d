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

from streams.core.events import KINDS, Kind
from streams.engine.client import Client

_POLL_MS = 200
_POLL_RECORDS = 5_000


class Logged(NamedTuple):
    """A record of a source topic."""

    key: bytes | None
    value: bytes | None
    timestamp: int


Log = dict[TopicPartition, list[Logged]]
"""The records of each partition of each topic, in their order."""


class MissingTopicsError(Exception):
    """Source topics that are not there; the message names them."""


async def read_sources(
    client: Client, topics: Mapping[str, Kind], told: Callable[[int, int], None], *, timeout_ms: int
) -> Log:
    """Read all source topics from their beginnings to their ends.

    Args:
        client: to reach Kafka with.
        topics: topic -> kind.
        told: called with how many records were read since the last call, and how many offsets there are.
        timeout_ms: how long the broker may take to tell of its topics.

    Raises:
        MissingTopicsError: a topic does not exist.
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
        await consumer.seek_to_beginning(*places)
        offsets = sum(ends.values()) - sum(begins.values())
        while await _behind(consumer, ends):
            batches = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)
            for place, records in batches.items():
                log[place] += [Logged(r.key, r.value, r.timestamp) for r in records if r.offset < ends[place]]
            told(sum(map(len, batches.values())), offsets)
    finally:
        await consumer.stop()
    return log


def in_order(log: Log, topics: Mapping[str, Kind]) -> Iterator[tuple[Kind, Logged]]:
    """All records as one log, each with its kind; a record that went back in time stays where it stands."""
    runs = [
        _run(records, KINDS.index(topics[place.topic]), place.partition) for place, records in log.items()
    ]
    for _, kind, _, _, record in merge(*runs):
        yield KINDS[kind], record


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
        present = set(await admin.list_topics()) & set(topics)
        if missing := sorted(set(topics) - present):
            raise MissingTopicsError(f"missing topics: {', '.join(missing)}")
        described = await admin.describe_topics(sorted(present))
    finally:
        await admin.close()
    return [
        TopicPartition(topic["topic"], part["partition"])
        for topic in described
        for part in sorted(topic["partitions"], key=lambda part: int(part["partition"]))
    ]
