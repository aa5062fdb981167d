"""What a repartition has done so far, kept in a topic of its own: the newest record is the whole truth.

One partition, nothing ever deleted by time; the topic is there only while a repartition is not finished.
"""

from collections.abc import Mapping
from typing import Self

import msgspec
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from msgspec.structs import replace

from streams.engine.kafka.client import Client
from streams.engine.topics.admin import TopicSpec, create, delete, present

_POLL_MS = 200


class Extent(msgspec.Struct, frozen=True):
    """What a partition of a copy holds."""

    records: int
    digest: str
    """Over every record in order: timestamp, key, value and headers."""


class Noted(msgspec.Struct, frozen=True):
    """A source topic."""

    id: str
    """As it was at the beginning."""
    replicas: int
    configs: dict[str, str]
    """Its own settings, to be given to the one that replaces it."""
    extents: tuple[Extent, ...] | None = None
    """Of the copy, once that is verified."""
    ends: tuple[int, ...] = ()
    """Where the topic ended when it was copied."""
    done: bool = False
    """Whether its records are in place."""

    def copied(self, extents: tuple[Extent, ...], ends: tuple[int, ...]) -> Self:
        """With a verified copy."""
        return replace(self, extents=extents, ends=ends)

    def finished(self) -> Self:
        """With its records in place."""
        return replace(self, done=True)


class Plan(msgspec.Struct, frozen=True):
    """A repartition."""

    partitions: int
    before: int
    """The most that any of the topics had."""
    counted: int
    """By how many customers were told apart before partitions were raised, if they were; 0: nobody knows."""
    topics: dict[str, Noted]

    def with_topic(self, name: str, noted: Noted) -> Self:
        """With news of a topic."""
        topics: Mapping[str, Noted] = {**self.topics, name: noted}
        return replace(self, topics=topics)


class Notes:
    """The topic that holds the plan."""

    def __init__(self, client: Client, admin: AIOKafkaAdminClient, topic: str) -> None:
        self._client, self._admin, self._topic = client, admin, topic

    async def read(self) -> Plan | None:
        """The plan as it stands; None if there is none."""
        if self._topic not in await present(self._admin, [self._topic]):
            return None
        place = TopicPartition(self._topic, 0)
        consumer = self._client.reader()
        await consumer.start()
        try:
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            await consumer.seek_to_beginning(place)
            newest: bytes | None = None
            while await consumer.position(place) < end:
                for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                    newest = records[-1].value if records else newest
        finally:
            await consumer.stop()
        return None if newest is None else msgspec.json.decode(newest, type=Plan)

    async def write(self, plan: Plan) -> None:
        """Note the plan; it is durable when this returns."""
        replicas = min(noted.replicas for noted in plan.topics.values())
        await create(self._admin, [TopicSpec(self._topic, 1, replicas, {"retention.ms": "-1"})])
        producer = self._client.plain_producer()
        await producer.start()
        try:
            await producer.send_and_wait(self._topic, msgspec.json.encode(plan), partition=0)
        finally:
            await producer.stop()

    async def delete(self) -> None:
        """Forget it: everything is done."""
        await delete(self._admin, self._topic)
