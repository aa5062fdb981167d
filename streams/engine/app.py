"""The worker's app: batches of the source topics to an assignment of partitions that count them."""

import logging
from typing import cast

from streams import log_limit
from streams.core.definition.definition import Definition
from streams.engine.batch_app import BatchApp
from streams.engine.exits import OnFatal, end_process
from streams.engine.kafka.client import Client
from streams.engine.ownership.assignment import Assignment
from streams.engine.ownership.owned_partition import Context
from streams.engine.ownership.producer import Acknowledged
from streams.engine.ownership.stats import Sample, Stats
from streams.engine.ownership.task_state import Clock, NewTaskState
from streams.engine.ownership.watchdog import Watchdog
from streams.engine.topics.topics import ensure_patiently
from streams.engine.topics.watch import TopicWatch
from streams.settings import Settings

log = logging.getLogger(__name__)


class EngineApp(BatchApp):
    """The app of a process that counts."""

    def __init__(self, settings: Settings, context: Context, on_fatal: OnFatal) -> None:
        self.stats = context.stats
        self._context = context
        self._topic_watch = TopicWatch(settings, context.client)
        self._watchdog: Watchdog | None = None
        self._summary = log_limit.Summary(
            log, "%d malformed records went to the dead-letter topic since the last such line (%d in all)"
        )
        places = settings.partitions * len(settings.source_topics)
        super().__init__(settings.app_id, settings, context.client, on_fatal, places=places)
        self.declare(list(settings.source_topics), settings.partitions)

    @property
    def owned(self) -> Assignment:
        """The owned partitions; there is one assignment of them in a process's life."""
        return cast("Assignment", super().owned)

    def new_owner(self) -> Assignment:
        """The assignment, and what watches it."""
        owner = Assignment(self._context, self.on_fatal)
        self._watchdog = Watchdog(owner, self.settings.stuck_timeout / 1_000, self.on_fatal)
        return owner

    async def prepare(self) -> None:
        """Wait for Kafka, make and check the topics."""
        await ensure_patiently(self.settings, self.client, self.tell)
        await self._topic_watch.look()

    async def watch_topics(self) -> None:
        """End as soon as a topic is no longer what it was."""
        await self._topic_watch.run()

    def look(self) -> None:
        """Have the watchdog look, and tell of dead letters."""
        if self._watchdog is not None:
            self._watchdog.look()
        self.stats.log_suppressed = self.log_suppressed
        self._summary.tell(self.stats.dead_letters)

    def samples(self) -> list[Sample]:
        """Engine metrics of this process."""
        return self.owned.samples()


def build(
    settings: Settings,
    definition: Definition,
    fingerprint: str,
    new_state: NewTaskState,
    clock: Clock,
    *,
    on_fatal: OnFatal = end_process,
    acknowledged: Acknowledged | None = None,
) -> EngineApp:
    """An app that counts with states from ``new_state``.

    Args:
        settings: of the process.
        definition: what the numbers mean.
        fingerprint: of the deployment secret.
        new_state: makes the empty state of a partition.
        clock: the wall clock, ms.
        on_fatal: ends the process.
        acknowledged: called between acknowledgement and commit of each flush.
    """
    context = Context(
        settings,
        definition,
        fingerprint,
        new_state,
        clock,
        Client(settings),
        Stats(),
        acknowledged or _nothing,
    )
    return EngineApp(settings, context, on_fatal)


def _nothing(_partition: int, _records: int) -> None:
    """The default of ``acknowledged``."""


__all__ = ["EngineApp", "build"]
