"""Topics deleted, made anew or given more partitions while the service runs: noticed within seconds.

A consumer alone would not stop: of a topic made anew it reads on at the same offset, which is another record,
and passes over all before it; new partitions stay unread until somebody rebalances. So every worker looks
every ``LOOK_S``, and ends as soon as what it counts is no longer what it was. A topic has to be gone at two
looks one after the other: of several brokers one may not have heard of it yet.

Brokers that tell no ids are watched by counts alone, which is said once. A broker that is away is not waited
for here. Never changes a topic.
"""

import asyncio
import logging
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.metadata import NOTHING, UNKNOWN_TOPIC, Described, describe_by
from streams.engine.topics.topics import check_counts
from streams.engine.verdict import made_anew
from streams.settings import Settings

log = logging.getLogger(__name__)

LOOK_S = 5.0


class TopicWatch:
    """Remembers topics as they were at its first look, and compares.

    Args:
        settings: name the topics, and how many partitions they have.
        client: to reach Kafka with.
    """

    def __init__(self, settings: Settings, client: Client) -> None:
        self._settings = settings
        self._client = client
        self._admin: AIOKafkaAdminClient | None = None
        self._names = [*settings.source_topics, settings.topic_changelog, settings.topic_totals]
        self._ids: dict[str, str] = {}
        self._gone: set[str] = set()

    async def run(self) -> None:
        """Look for ever.

        Raises:
            EngineError: a topic is no longer what it was.
        """
        try:
            while True:
                await self.look()
                await asyncio.sleep(LOOK_S)
        finally:
            if self._admin is not None:
                await self._admin.close()

    async def look(self) -> None:
        """Look once.

        Raises:
            EngineError: a topic is no longer what it was.
        """
        if self._admin is None:
            self._admin = self._client.admin()
        try:
            await self._admin.start()
            described = await describe_by(self._admin, self._names)
        except (KafkaError, OSError) as error:
            log.debug("topics cannot be looked at: %s", type(error).__name__)
            return
        self.compare(described)

    def compare(self, described: Iterable[Described]) -> None:
        """Compare topics with what they were.

        Raises:
            EngineError: one is no longer what it was.
        """
        topics = {topic.name: topic for topic in described}
        there = {name: topic for name, topic in topics.items() if topic.error == NOTHING}
        self._note(there)
        gone = {name for name, topic in topics.items() if topic.error == UNKNOWN_TOPIC}
        anew = {name for name, topic in there.items() if topic.id != self._ids[name]}
        for name in sorted(anew | (gone & self._gone)):
            raise self._changed(name)
        self._gone = gone
        settings = self._settings
        counts = {name: topic.partitions for name, topic in there.items()}
        check_counts(counts, settings.source_topics, settings.partitions, spare=(settings.topic_totals,))

    def _note(self, there: dict[str, Described]) -> None:
        """Take note of topics not seen before."""
        if not self._ids and there and not all(topic.id for topic in there.values()):
            log.warning(
                "this broker tells no topic ids: a topic made anew while workers are away is not noticed"
            )
        for name, topic in there.items():
            self._ids.setdefault(name, topic.id)

    def _changed(self, name: str) -> EngineError:
        settings = self._settings
        if name == settings.topic_totals:
            return EngineError(
                ExitCode.TOTALS_GONE,
                f"{name} was deleted or made anew; after a restart all totals are written",
            )
        if name == settings.topic_changelog:
            return EngineError(
                ExitCode.CHANGELOG_DAMAGED,
                f"{name} was deleted or made anew while this worker wrote to it: what it holds is not whole; "
                "stop all workers, start one with kpi worker --rebuild --force: it counts everything anew",
            )
        return made_anew(name, "this worker was counting")
