"""The Faust app: Faust for group membership and fetching, our transport and assignment for everything else.

No Faust Table, no acknowledgements, no Faust web server. Making an app has no effect outside; starting it
waits for Kafka, makes and checks the topics, then joins the group.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.types import TP

from streams import log_limit
from streams.core.definition.definition import Definition
from streams.engine import agent
from streams.engine.exits import EngineError, OnFatal, end_process
from streams.engine.garbage import calm_collector
from streams.engine.kafka import closing, fetch
from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import Batch
from streams.engine.ownership.assignment import Assignment, Seeker
from streams.engine.ownership.owned_partition import Context
from streams.engine.ownership.producer import Acknowledged
from streams.engine.ownership.stats import Sample, Stats
from streams.engine.ownership.task_state import Clock, NewTaskState
from streams.engine.ownership.watchdog import Watchdog
from streams.engine.topics.topics import ensure_patiently
from streams.engine.topics.watch import TopicWatch
from streams.engine.transport import Transport
from streams.settings import Settings

log = logging.getLogger(__name__)

POLL_RECORDS = 5_000
BUFFERED_BATCHES = 8
_FETCH_BUDGET = 64 << 20
_FETCH_LEAST = 128 << 10
_FETCH_MOST = 1 << 20
_STOPPED = "stopped"

Hook = Callable[[], Awaitable[None]]


class _Boot(BootStrategy):
    enable_web = False


class EngineApp(faust.App):
    """A Faust app that feeds an Assignment.

    ``on_begin`` hooks are awaited before Kafka is waited for, ``on_topics`` hooks once all topics are there,
    ``on_end`` hooks after the consumer has left its group: the publisher lives there.
    """

    BootStrategy = _Boot

    def __init__(self, settings: Settings, context: Context, on_fatal: OnFatal) -> None:
        self.settings = settings
        self.client = context.client
        self.isolation = context.client.isolation
        self.stats = context.stats
        self.on_fatal = on_fatal
        self.on_begin: list[Hook] = []
        self.on_topics: list[Hook] = []
        self.on_end: list[Hook] = []
        self.not_ready: str | None = "starting"
        """Why the engine is not running yet; None once it has joined."""
        self._context = context
        self._owned: Assignment | None = None
        self._watching: asyncio.Task[None] | None = None
        self._topic_watch = TopicWatch(settings, context.client)
        self._watching_topics: asyncio.Task[None] | None = None
        self._summary = log_limit.Summary(
            log, "%d malformed records went to the dead-letter topic since the last such line (%d in all)"
        )
        super().__init__(settings.app_id, **_faust_options(settings, context.client))
        agent.declare(self, list(settings.source_topics), settings.partitions, self._handle)

    @property
    def owned(self) -> Assignment:
        """The owned partitions; there is one assignment of them in a process's life."""
        if self._owned is None:
            self._owned = Assignment(self._context, self.on_fatal)
            self.on_rebalance_complete.connect(self._owned.wait_recovered)
        return self._owned

    def _handle(self, place: TP, batch: Batch, seeker: Seeker) -> None:
        """Pass a batch to its partition."""
        self.owned.handle(place, batch, seeker)

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    async def on_start(self) -> None:
        """Wait for Kafka, make and check the topics; what waiting cannot cure ends the process."""
        fetch.install()
        closing.install()
        calm_collector()  # recovery makes a large state
        log_limit.limit(self._count_suppressed)
        for hook in self.on_begin:
            await hook()
        try:
            await ensure_patiently(self.settings, self.client, self._tell)
            await self._topic_watch.look()
        except EngineError as error:
            self.on_fatal(error.code, str(error))
        for hook in self.on_topics:
            await hook()
        self._watching_topics = asyncio.create_task(self._watch_topics())
        self._watching = asyncio.create_task(self._watch())
        await super().on_start()

    async def on_stop(self) -> None:
        """Last flush while the partitions are still ours; then Faust leaves the group."""
        self.not_ready = _STOPPED
        for watching in (self._watching, self._watching_topics):
            if watching is not None:
                watching.cancel()
        try:
            if self._owned is not None:
                await self._owned.close()
        finally:  # the consumer's thread would keep the process alive for ever
            await super().on_stop()
        for hook in self.on_end:
            await hook()

    async def _watch_topics(self) -> None:
        try:
            await self._topic_watch.run()
        except EngineError as error:
            self.on_fatal(error.code, str(error))

    async def _watch(self) -> None:
        watchdog = Watchdog(self.owned, self.settings.stuck_timeout / 1_000, self.on_fatal)
        while True:
            await asyncio.sleep(1)
            watchdog.look()
            self._summary.tell(self.stats.dead_letters)

    def _tell(self, reason: str | None) -> None:
        self.not_ready = reason

    def _count_suppressed(self) -> None:
        self.stats.log_suppressed += 1

    @property
    def waiting_for(self) -> str | None:
        """Why the worker is not ready, for the readiness probe; None when it is."""
        return self.not_ready or self.owned.waiting_for

    def samples(self) -> list[Sample]:
        """Engine metrics of this process."""
        return self.owned.samples()


def _faust_options(settings: Settings, client: Client) -> dict[str, Any]:
    """Faust's settings, from ours."""
    places = settings.partitions * len(settings.source_topics)
    return {
        "broker": [f"kafka://{address}" for address in settings.brokers],
        "broker_credentials": client.credentials(),
        "broker_client_id": settings.app_id,
        "store": "memory://",
        "datadir": settings.datadir,
        "topic_partitions": settings.partitions,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "key_serializer": "raw",
        "value_serializer": "raw",
        "web_enabled": False,
        "table_standby_replicas": 0,
        "broker_max_poll_records": POLL_RECORDS,
        "broker_max_poll_interval": 3_600.0,
        "stream_buffer_maxsize": BUFFERED_BATCHES,
        "stream_wait_empty": False,
        "consumer_max_fetch_size": max(_FETCH_LEAST, min(_FETCH_MOST, _FETCH_BUDGET // places)),
        "consumer_auto_offset_reset": "earliest",
        "broker_commit_interval": 5.0,
        "broker_commit_every": 10**9,
        "broker_session_timeout": settings.session_timeout / 1_000,
        "broker_heartbeat_interval": settings.heartbeat_interval / 1_000,
        "broker_rebalance_timeout": settings.rebalance_timeout / 1_000,
        "broker_request_timeout": settings.request_timeout / 1_000,
        "worker_redirect_stdouts": False,
        "autodiscover": False,
        "loghandlers": [],
    }


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
