"""Counting anew: away with a changelog that was counted under another definition, secret or format.

Only the changelog and totals topics go; they are a digest of the source topics and are made again from them.
Rules, in this order: a changelog that fits stays, unless forced, so that a worker which is always started
with ``--rebuild`` loses nothing; nobody may be a member of the group; the source topics must be whole;
whoever might still write is fenced; the totals go before the changelog, so that a crash in between is made
good by the next try.

Never touches a source topic or the dead letters (malformed records come there a second time).
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code

from streams.engine.changelog import MARKER_KEY, Marker, check_beginning, check_identity, decode
from streams.engine.client import Client
from streams.engine.exits import EngineError
from streams.settings import Settings

log = logging.getLogger(__name__)

_POLL_MS = 200
_POLL_S = 0.1
_GONE_S = 60.0
_FIRST_LOOK = 16
_GROUP_MEMBERS = 5
_PAUSE_S = 0.5
_GRACE_S = 5.0
_ASKED = "it was asked for"


class RebuildError(Exception):
    """Counting anew is not safe now; the message says why and what to do."""


@dataclass(frozen=True)
class Rebuild:
    """What would be counted anew.

    Args:
        settings: of the deployment.
        client: to reach Kafka with.
        expected: what a marker must agree with to stay.
    """

    settings: Settings
    client: Client
    expected: Marker

    async def run(self, *, accept_loss: bool = False, force: bool = False) -> str | None:
        """Delete changelog and totals if the changelog does not fit.

        Args:
            force: also if it seems to fit: only a recovery reads every record of it.
            accept_loss: also where source records were deleted already: what they said is lost then.

        Returns:
            Why it is counted anew; None if the changelog fits, or there is none.

        Raises:
            RebuildError: it is not safe.
            KafkaError: Kafka cannot be reached, or fails.
        """
        settings = self.settings
        admin = AIOKafkaAdminClient(**self.client.options, request_timeout_ms=settings.request_timeout)
        try:
            await admin.start()
            present = set(await admin.list_topics())
            if settings.topic_changelog not in present:
                return None
            reason = await self._misfit() or (_ASKED if force else None)
            if reason is None:
                return None
            await self._check_nobody(admin)
            if not accept_loss:
                await self._check_whole(topic for topic in settings.source_topics if topic in present)
            await self._fence()
            for topic in (settings.topic_totals, settings.topic_changelog):
                if topic in present:
                    await _delete(admin, topic)
        finally:
            await admin.close()
        return reason

    async def _misfit(self) -> str | None:
        consumer = self.client.reader()
        await consumer.start()
        try:
            for partition in range(self.settings.partitions):
                place = TopicPartition(self.settings.topic_changelog, partition)
                try:
                    marker = await _newest_marker(consumer, place)
                    check_beginning(partition, (await consumer.beginning_offsets([place]))[place])
                    if marker is not None:
                        check_identity(partition, marker, self.expected)
                except EngineError as error:
                    return str(error)
        finally:
            await consumer.stop()
        return None

    async def _check_nobody(self, admin: AIOKafkaAdminClient) -> None:
        """Wait as long as a worker that died is taken for alive; whoever is there then is running."""
        deadline = monotonic() + self.settings.session_timeout / 1_000 + _GRACE_S
        told = False
        while members := await self._members(admin):
            if monotonic() > deadline:
                raise RebuildError(
                    f"{members} workers of {self.settings.app_id} are running: stop them first"
                )
            if not told:
                log.warning("waiting for %d workers of %s to be gone", members, self.settings.app_id)
                told = True
            await asyncio.sleep(_PAUSE_S)

    async def _members(self, admin: AIOKafkaAdminClient) -> int:
        (answer,) = await admin.describe_consumer_groups([self.settings.app_id])
        return sum(len(described[_GROUP_MEMBERS]) for described in answer.groups)

    async def _check_whole(self, topics: Iterable[str]) -> None:
        places = [TopicPartition(topic, p) for topic in topics for p in range(self.settings.partitions)]
        consumer = self.client.reader()
        await consumer.start()
        try:
            begins = await consumer.beginning_offsets(places)
        finally:
            await consumer.stop()
        gone = {place: begin for place, begin in begins.items() if begin > 0}
        if gone:
            first = min(gone)
            raise RebuildError(
                f"{sum(gone.values()):,} records were deleted from the source topics already (the first of "
                f"{first.topic} partition {first.partition} is at offset {gone[first]:,}): counted anew, "
                "customers would be missing. Restore them, or accept the loss with --accept-loss"
            )

    async def _fence(self) -> None:
        """Take every partition over, so that no worker that hangs writes into what comes after."""
        if not self.client.exactly_once:
            return
        for partition in range(self.settings.partitions):
            producer = self.client.producer(partition)
            await producer.start()
            await producer.stop()


async def _newest_marker(consumer: AIOKafkaConsumer, place: TopicPartition) -> Marker | None:
    """The last marker of a changelog partition; it stands near the end, so look there first."""
    consumer.assign([place])
    begin = (await consumer.beginning_offsets([place]))[place]
    end = (await consumer.end_offsets([place]))[place]
    look = _FIRST_LOOK
    start = end
    while start > begin:
        start = max(begin, end - look)
        look *= 8
        value = await _last_marker(consumer, place, start, end)
        if value is not None:
            return decode(place.partition, value)
    return None


async def _last_marker(
    consumer: AIOKafkaConsumer, place: TopicPartition, start: int, end: int
) -> bytes | None:
    consumer.seek(place, start)
    found: bytes | None = None
    while await consumer.position(place) < end:
        for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
            for record in records:
                if record.key == MARKER_KEY and record.value is not None:
                    found = record.value
    return found


async def _delete(admin: AIOKafkaAdminClient, topic: str) -> None:
    """Delete a topic and wait until it is gone."""
    answer = await admin.delete_topics([topic])
    for _, code, *_ in answer.topic_error_codes:
        if code:
            raise RebuildError(f"topic {topic} cannot be deleted: {for_code(code).__name__}")
    log.info("deleted topic %s", topic)
    deadline = monotonic() + _GONE_S
    while topic in await admin.list_topics():
        if monotonic() > deadline:
            raise RebuildError(f"topic {topic} is still there {_GONE_S:.0f} s after it was deleted")
        await asyncio.sleep(_POLL_S)
