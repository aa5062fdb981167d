"""Counting anew: away with a changelog that was counted under another definition, secret or format.

Only the changelog and totals topics go; they are a digest of the source topics and are made again from them.
Rules, in this order: a changelog that fits stays, unless forced, so that a worker which is always started
with ``--rebuild`` loses nothing; nobody may be a member of the group; the source topics must be whole;
whoever might still write is fenced; the totals go before the changelog, so that a crash in between is made
good by the next try.

Never touches a source topic or the dead letters (malformed records come there a second time).
"""

from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.engine.exits import EngineError
from streams.engine.kafka.client import Client
from streams.engine.ownership.marker import MARKER_KEY, Marker, check_beginning, check_identity, decode
from streams.engine.topics.admin import delete, present
from streams.engine.topics.standstill import BusyError, check_nobody, check_whole, fence
from streams.engine.topics.topics import check_counts, ensure, table
from streams.settings import Settings

_POLL_MS = 200
_FIRST_LOOK = 16
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
        admin = self.client.admin()
        try:
            await admin.start()
            there = await self._present(admin)
            if settings.topic_changelog not in there:
                if accept_loss:
                    await ensure(settings, self.client, anew=True)
                return None
            reason = await self._misfit() or (_ASKED if force else None)
            if reason is None:
                return None
            await check_nobody(admin, settings)
            if not accept_loss:
                await check_whole(admin, self.client, settings.source_topics)
            await fence(self.client, settings.partitions)
            await away(admin, settings)
            await ensure(settings, self.client, anew=True)
        except (EngineError, BusyError) as error:
            raise RebuildError(str(error)) from error
        finally:
            await admin.close()
        return reason

    async def _present(self, admin: AIOKafkaAdminClient) -> set[str]:
        """The topics that exist; sources and changelog must go together, the totals go anyway."""
        settings = self.settings
        there = await present(admin, [spec.name for spec in table(settings)])
        held = {*settings.source_topics, settings.topic_changelog}
        counts = {name: topic.partitions for name, topic in there.items() if name in held}
        check_counts(counts, settings.source_topics, settings.partitions)
        return set(there)

    async def _misfit(self) -> str | None:
        consumer = self.client.reader()
        await consumer.start()
        try:
            for partition in range(self.settings.partitions):
                place = TopicPartition(self.settings.topic_changelog, partition)
                try:
                    marker = await newest_marker(consumer, place)
                    check_beginning(partition, (await consumer.beginning_offsets([place]))[place])
                    if marker is not None:
                        check_identity(partition, marker, self.expected)
                except EngineError as error:
                    return str(error)
        finally:
            await consumer.stop()
        return None


async def away(admin: AIOKafkaAdminClient, settings: Settings) -> None:
    """Delete totals and changelog, in this order: after a crash in between the next try goes on.

    Raises:
        EngineError: a deletion is refused.
        KafkaError: Kafka cannot be reached, or fails.
    """
    for topic in (settings.topic_totals, settings.topic_changelog):
        await delete(admin, topic)


async def newest_marker(consumer: AIOKafkaConsumer, place: TopicPartition) -> Marker | None:
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
