"""Reading a partition's state back from its changelog, after its producer has fenced every other owner.

Read to ``max(end, high watermark)`` by *position*, which also moves over control records and aborted
batches. Where logs begin and end is asked before anything is fetched: a broker answers a connection's
requests one by one, and the fetch at the end of a log takes its time. It hands the loop back at least
every ``SLICE_S``: heartbeats, probes and other partitions go on.
A log that cannot be trusted ends in EngineError, never in a guess.
"""

import asyncio
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

import aiokafka
import msgspec
from aiokafka import TopicPartition

from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import KafkaRecord
from streams.engine.ownership.marker import (
    MARKER_KEY,
    Marker,
    check_beginning,
    check_identity,
    check_offsets,
    check_partitions,
    check_topic_ids,
    damaged,
    decode,
)
from streams.engine.ownership.producer import SLICE_S
from streams.engine.ownership.task_state import TaskState

_POLL_MS = 200
_POLL_RECORDS = 2_000
_UNREADABLE = (msgspec.MsgspecError, struct.error, ValueError, LookupError, OverflowError, EOFError)
"""What reading records raises that were damaged; anything else is a defect of ours, and says so."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a changelog said."""

    offsets: dict[str, int]
    epoch: int
    records: int
    fresh: bool
    """Whether the partition was never written."""
    left_out: dict[str, int]
    """Source topic -> offsets that a person left out."""
    ids: dict[str, str]
    """Topic -> id, where the broker tells it: for the markers to come."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Where logs begin and end."""

    begin: dict[TopicPartition, int]
    end: dict[TopicPartition, int]
    """Empty where nobody can tell."""


async def recover(
    client: Client,
    state: TaskState,
    place: TopicPartition,
    sources: Iterable[str],
    expected: Marker,
) -> Recovered:
    """Restore a state from its changelog and find where to read its sources on.

    Args:
        client: to read with.
        state: a new one, to be filled.
        place: its changelog partition.
        sources: the source topics.
        expected: what the marker must agree with.

    Raises:
        EngineError: another definition, secret or format; a damaged changelog; or offsets outside the
            source log.
    """
    consumer = client.reader()
    await consumer.start()
    try:
        logs = [TopicPartition(topic, place.partition) for topic in sources]
        consumer.assign([place, *logs])  # the sources only so that all topics become known at once
        consumer.pause(*logs)
        # before anything is read: of a topic made anew meanwhile the marker keeps the id before it
        ids = await client.topic_ids(consumer, [place.topic, *(log.topic for log in logs)])
        bounds = await _bounds(client, consumer, [place, *logs])
        check_beginning(place.partition, bounds.begin[place])
        count, marker = await _read(consumer, state, place, expected, bounds.end.get(place, 0))
        if count and marker is None and client.exactly_once:
            raise damaged(place.partition, f"{count} records, and none that says what they amount to")
        if marker is not None:
            check_topic_ids(place.partition, marker, place.topic, ids)
        await _restored(state, place.partition, marker)
        offsets = _offsets(bounds, logs, marker)
    finally:
        await consumer.stop()
    if marker is None:
        return Recovered(offsets, 0, count, fresh=True, left_out={}, ids=ids)
    return Recovered(offsets, marker.epoch, count, fresh=False, left_out=marker.left_out, ids=ids)


async def _restored(state: TaskState, partition: int, marker: Marker | None) -> None:
    """Finish the state, in a thread: it may take seconds, and nobody else has the state yet."""
    try:
        await asyncio.to_thread(state.restored, None if marker is None else marker.header)
    except _UNREADABLE as error:
        raise damaged(partition, f"its records do not go together ({type(error).__name__})") from error


def _restore(state: TaskState, partition: int, records: Sequence[KafkaRecord]) -> list[bytes | None]:
    """Take records back in their order; what markers among them say."""
    markers = []
    restore = state.restore
    try:
        for record in records:
            key = record.key or b""
            if key == MARKER_KEY:
                markers.append(record.value)
            else:
                restore(key, record.value)
    except _UNREADABLE as error:
        raise damaged(
            partition, f"the record at offset {record.offset} cannot be read ({type(error).__name__})"
        ) from error
    return markers


async def _bounds(
    client: Client, consumer: aiokafka.AIOKafkaConsumer, places: list[TopicPartition]
) -> _Bounds:
    begin = await consumer.beginning_offsets(places)
    # a broker without transactions may not tell the end of a log truly
    return _Bounds(begin, await consumer.end_offsets(places) if client.exactly_once else {})


async def _read(
    consumer: aiokafka.AIOKafkaConsumer,
    state: TaskState,
    source: TopicPartition,
    expected: Marker,
    end: int,
) -> tuple[int, Marker | None]:
    """All records of the changelog into the state; the last marker comes back."""
    await consumer.seek_to_beginning(source)
    count = 0
    marker: Marker | None = None
    since = perf_counter()
    while (high := consumer.highwater(source)) is None or await consumer.position(source) < max(end, high):
        for records in (await consumer.getmany(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)).values():
            if records.corrupt is not None:
                raise damaged(source.partition, str(records.corrupt))
            for told in _restore(state, source.partition, records):
                marker = decode(source.partition, told)
                check_identity(source.partition, marker, expected)
                check_partitions(source.partition, marker, expected.partitions)
            count += len(records)
            if perf_counter() - since > SLICE_S:
                await asyncio.sleep(0)
                since = perf_counter()
    return count, marker


def _offsets(bounds: _Bounds, logs: list[TopicPartition], marker: Marker | None) -> dict[str, int]:
    """Where to read on: the marker's offsets, checked; the beginning of topics it does not know."""
    begin = {place.topic: bounds.begin[place] for place in logs}
    if marker is None:
        return begin
    end = {place.topic: bounds.end[place] for place in logs} if bounds.end else None
    offsets = {topic: marker.offsets.get(topic, begin[topic]) for topic in begin}
    check_offsets(logs[0].partition, offsets, begin, end)
    return offsets
