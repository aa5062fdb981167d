"""The Faust app that every stage is: Faust for group membership and fetching, an owner for everything else.

No Faust Table, no acknowledgements, no Faust web server. Making an app has no effect outside; starting it
waits for Kafka and prepares the topics, then joins the group. What a stage does with batches is its owner's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.types import TP

from streams import log_limit
from streams.engine import agent
from streams.engine.exits import EngineError, OnFatal
from streams.engine.garbage import calm_collector
from streams.engine.kafka import closing, fetch
from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import Batch
from streams.engine.owner import Owner, Seeker
from streams.engine.transport import Transport
from streams.settings import Settings

POLL_RECORDS = 5_000
BUFFERED_BATCHES = 8
_FETCH_BUDGET = 64 << 20
_FETCH_LEAST = 128 << 10
_FETCH_MOST = 1 << 20
_STOPPED = "stopped"

Hook = Callable[[], Awaitable[None]]


class _Boot(BootStrategy):
    enable_web = False


class BatchApp(faust.App):
    """A Faust app that feeds an owner of partitions.

    ``on_begin`` hooks are awaited before Kafka is waited for, ``on_topics`` hooks once all topics are there,
    ``on_end`` hooks after the consumer has left its group: the publisher lives there.

    Args:
        group: the consumer group.
        settings: of the process.
        client: to reach Kafka with.
        on_fatal: ends the process.
        places: about how many partitions of topics are read: what is fetched at once is shared by them.
    """

    BootStrategy = _Boot

    def __init__(
        self, group: str, settings: Settings, client: Client, on_fatal: OnFatal, *, places: int
    ) -> None:
        self.settings = settings
        self.client = client
        self.isolation = client.isolation
        self.on_fatal = on_fatal
        self.log_suppressed = 0
        """Lines of the Kafka client that were held back."""
        self.on_begin: list[Hook] = []
        self.on_topics: list[Hook] = []
        self.on_end: list[Hook] = []
        self.not_ready: str | None = "starting"
        """Why the engine is not running yet; None once it has joined."""
        self._owned: Owner | None = None
        self._watching: list[asyncio.Task[None]] = []
        super().__init__(group, **_faust_options(settings, client, places))

    # -- what a stage says ----------------------------------------------------------------------------

    def new_owner(self) -> Owner:
        """The owner of the partitions of this process; asked for once."""
        raise NotImplementedError

    async def prepare(self) -> None:
        """Wait for Kafka, make and check the topics; what waiting cannot cure is an ``EngineError``."""
        raise NotImplementedError

    async def watch_topics(self) -> None:
        """Look after the topics for ever; a topic that is no longer what it was is an ``EngineError``."""
        raise NotImplementedError

    def look(self) -> None:
        """Look at the partitions, every second."""
        raise NotImplementedError

    # -- its life -------------------------------------------------------------------------------------

    def declare(self, topics: list[str], partitions: int) -> None:
        """Read these topics, from the start of the app on."""
        agent.declare(self, topics, partitions, self._handle)

    @property
    def owned(self) -> Owner:
        """The owned partitions; there is one owner of them in a process's life."""
        if self._owned is None:
            self._owned = self.new_owner()
            self.on_rebalance_complete.connect(self._owned.wait_recovered)
        return self._owned

    def _handle(self, place: TP, batch: Batch, seeker: Seeker) -> None:
        """Pass a batch to its partition."""
        self.owned.handle(place, batch, seeker)

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    async def on_start(self) -> None:
        """Prepare the topics, then join; what waiting cannot cure ends the process."""
        fetch.install()
        closing.install()
        calm_collector()  # recovery makes a large state
        log_limit.limit(self._count_suppressed)
        for hook in self.on_begin:
            await hook()
        try:
            await self.prepare()
        except EngineError as error:
            self.on_fatal(error.code, str(error))
        for hook in self.on_topics:
            await hook()
        self._watching = [asyncio.create_task(self._watch_topics()), asyncio.create_task(self._watch())]
        await super().on_start()

    async def on_stop(self) -> None:
        """Last flush while the partitions are still ours; then Faust leaves the group."""
        self.not_ready = _STOPPED
        for watching in self._watching:
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
            await self.watch_topics()
        except EngineError as error:
            self.on_fatal(error.code, str(error))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.look()

    def tell(self, reason: str | None) -> None:
        """Take note of what is missing before it can join; None when nothing is."""
        self.not_ready = reason

    def _count_suppressed(self) -> None:
        self.log_suppressed += 1

    @property
    def waiting_for(self) -> str | None:
        """Why the process is not ready, for the readiness probe; None when it is."""
        return self.not_ready or self.owned.waiting_for


def _faust_options(settings: Settings, client: Client, places: int) -> dict[str, Any]:
    """Faust's settings, from ours."""
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
