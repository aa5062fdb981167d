"""The Faust app of ``kpi ingest``: batches of foreign topics to an assignment of foreign partitions."""

import logging
from typing import cast

from streams import log_limit
from streams.engine.batch_app import BatchApp
from streams.engine.exits import OnFatal
from streams.engine.ownership.stats import Sample
from streams.foreign.assignment import ForeignAssignment
from streams.foreign.partition import Context
from streams.foreign.topics import ForeignTopics
from streams.foreign.watch import ForeignWatchdog
from streams.foreign.writing import group_of

log = logging.getLogger(__name__)

_PLACES = 64
"""For so many partitions what is fetched at once is meant; how many there are is known after the start."""


class ForeignApp(BatchApp):
    """The app of a process that makes events of foreign records.

    Args:
        context: what its partitions share.
        topics: finds those that are there.
        on_fatal: ends the process.
    """

    def __init__(self, context: Context, topics: ForeignTopics, on_fatal: OnFatal) -> None:
        self._context = context
        self._topics = topics
        self._watchdog: ForeignWatchdog | None = None
        self._summary = log_limit.Summary(
            log, "%d malformed records went to the dead-letter topic since the last such line (%d in all)"
        )
        settings = context.settings
        super().__init__(group_of(settings.app_id), settings, context.client, on_fatal, places=_PLACES)

    @property
    def owned(self) -> ForeignAssignment:
        """The owned partitions; there is one assignment of them in a process's life."""
        return cast("ForeignAssignment", super().owned)

    def new_owner(self) -> ForeignAssignment:
        """The assignment, and what watches it."""
        owner = ForeignAssignment(self._context, self.on_fatal)
        self._watchdog = ForeignWatchdog(owner, self.settings.stuck_timeout / 1_000, self.on_fatal)
        return owner

    async def prepare(self) -> None:
        """Wait for Kafka and the topics, and read those that are there."""
        found = await self._topics.wait(self.tell)
        self._context.converter.keeps = found.keeps
        self._context.topic_ids.update({name: topic.id for name, topic in found.foreign.items()})
        self.declare(sorted(found.foreign), max(topic.partitions for topic in found.foreign.values()))
        log.info("reads %s", ", ".join(sorted(found.foreign)))

    async def watch_topics(self) -> None:
        """End as soon as a topic is no longer what it was, or there is one more."""
        await self._topics.run()

    def look(self) -> None:
        """Have the watchdog look, and tell of dead letters."""
        if self._watchdog is not None:
            self._watchdog.look()
        self._context.stats.stage.log_suppressed = self.log_suppressed
        self._summary.tell(self._context.stats.stage.dead_letters)

    def samples(self) -> list[Sample]:
        """Metrics of this process."""
        return self.owned.samples()
