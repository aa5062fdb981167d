"""What a process shows: publisher, HTTP and Redis put together, beside or without an engine.

It starts before Kafka is there, so that the readiness probe can say what is missing; the totals are followed
once the topics exist. An unexpected end of one of its tasks ends the process: a page that no longer moves
is worse than none.
"""

import asyncio
from collections.abc import Callable, Iterator

from streams.core.definition.definition import Definition
from streams.engine.app import EngineApp
from streams.engine.exits import ExitCode, OnFatal
from streams.engine.kafka.client import Client
from streams.engine.ownership.task_state import Clock
from streams.engine.totals_topic.reader import Told, TotalsReader
from streams.engine.verdict import verdict
from streams.publish.board.board import Board
from streams.publish.board.past import Past
from streams.publish.http.health import Health
from streams.publish.http.listener import Address, HttpError
from streams.publish.http.server import HttpServer
from streams.publish.merge.merger import Merger
from streams.publish.merge.partition_history import PartitionTotals
from streams.publish.prometheus.exposition import Exposition
from streams.publish.prometheus.metrics import Sample
from streams.publish.prometheus.process_metrics import ProcessSamples
from streams.publish.publisher import Publisher
from streams.publish.redis.sink import RedisSink
from streams.publish.sink import Sink
from streams.redis_contract.connection import RedisAddress, TlsFileError
from streams.settings import Settings, SettingsError


class Service:
    """Shows what is known of the values and of this process.

    Args:
        settings: of the process; its role says whether values are shown.
        definition: what the numbers mean.
        client: to read the totals with.
        clock: the wall clock.
        on_fatal: ends the process.
        worker: the engine of this process, if it has one.

    Raises:
        SettingsError: Redis' address cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        definition: Definition,
        client: Client,
        clock: Clock,
        on_fatal: OnFatal,
        *,
        worker: EngineApp | None,
    ) -> None:
        self._worker = worker
        self._process = ProcessSamples()
        self._client = client
        self._settings = settings
        self._clock = clock
        self._fatal = on_fatal
        self._missing: str | None = None
        self._publishes = settings.role != "worker"
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        redis = redis_address(settings) if self._publishes else None
        self._redis = _sink(redis, definition, self._deployment)
        exposition = Exposition(definition, self._samples)
        self._board = Board(
            definition,
            clock=clock,
            ready=self.ready,
            process=self._samples,
            past=None if redis is None else Past(redis, definition.tenant),
        )
        address = Address(settings.http_host, settings.http_port)
        names = settings.http_hosts.split(",")
        self._http = HttpServer(address, exposition, self._board, alive=Health, ready=self.ready, names=names)
        sinks: list[Sink] = [exposition, self._http]
        if self._redis is not None:
            sinks.append(self._redis)
        self._merger = Merger(
            definition,
            settings.partitions,
            tick_ms=settings.tick,
            dimension_interval_ms=settings.dimension_interval,
            at_risk_limit=settings.at_risk_limit,
        )
        self._reader = TotalsReader(client, settings.topic_totals, settings.partitions, self._offer)
        self._publisher = Publisher(
            self._merger, sinks, clock, tick_ms=settings.tick, caught_up=lambda: self._reader.caught_up
        )

    async def start(self) -> None:
        """Begin to show; whatever is missing is told as the reason for not being ready."""
        self._run(asyncio.create_task(self._publisher.run()))

    async def follow(self) -> None:
        """Begin to read the totals, now that their topic is there."""
        if self._publishes:
            self._run(asyncio.create_task(self._reader.run()))

    async def stop(self) -> None:
        """Stop showing, and give back what was opened."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def waits_for(self, reason: str | None) -> None:
        """Take note of what is missing before it can be ready; None when nothing is."""
        self._missing = reason

    def ready(self) -> Health:
        """Whether this process does all that its role asks for."""
        reasons = [] if self._missing is None else [self._missing]
        if self._worker is not None and self._worker.waiting_for is not None:
            reasons.append(self._worker.waiting_for)
        shown = self._publisher.health().reasons if self._publishes else ()
        refused = None if self._redis is None else self._redis.foreign
        return Health((*reasons, *shown, *(() if refused is None else (refused,))))

    def _deployment(self) -> str:
        return deployment(self._settings, self._reader.cluster_id)

    def _samples(self) -> Iterator[Sample]:
        yield from self._process()
        yield from self._board.samples()
        yield from self._http.samples()
        if self._worker is not None:
            for name, labels, value in self._worker.samples():
                yield Sample(name, value, labels)
        if self._publishes:
            yield from self._publisher.samples()
        if self._redis is not None:
            yield from self._redis.samples()

    def _offer(self, told: Told) -> None:
        self._merger.offer(
            PartitionTotals(
                told.partition,
                told.header.live,
                told.header.lag,
                told.overall,
                told.dimensions,
                told.header.definition_hash,
                self._clock(),
                told.swept,
                told.series,
            )
        )

    def _run(self, task: asyncio.Task[None]) -> None:
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            if not self._stopping:  # nobody of ours did it: nothing would be published any more
                self._fatal(ExitCode.PUBLISHER_FAILED, "publishing was cancelled")
            return
        error = task.exception()
        if isinstance(error, HttpError):
            self._fatal(ExitCode.BAD_ADDRESS, str(error))
        if error is not None:
            self._fatal(*verdict(self._client.options, error, "publishing", ExitCode.PUBLISHER_FAILED))


def deployment(settings: Settings, cluster_id: str) -> str:
    """Who writes to Redis: the same for all replicas, and after a restart."""
    return f"{settings.app_id} on {settings.topic_totals} of Kafka {cluster_id}"


def redis_address(settings: Settings) -> RedisAddress | None:
    """Where Redis is; None where no address is set.

    Raises:
        SettingsError: the address cannot be used.
    """
    if not settings.redis_url:
        return None
    try:
        return RedisAddress(
            settings.redis_url,
            settings.redis_username or None,
            settings.redis_password or None,
            settings.redis_cafile or None,
            settings.redis_timeout / 1_000,
            settings.redis_certfile or None,
            settings.redis_keyfile or None,
        )
    except TlsFileError as error:
        raise SettingsError(error.setting, error.wrong, error.allowed) from None
    except ValueError as error:
        raise _unusable(error) from None


def _sink(address: RedisAddress | None, definition: Definition, owner: Callable[[], str]) -> RedisSink | None:
    """The Redis sink, where there is an address."""
    try:
        return None if address is None else RedisSink(address, definition.tenant, owner)
    except ValueError as error:
        raise _unusable(error) from None


def _unusable(error: ValueError) -> SettingsError:
    return SettingsError("redis_url", f"it cannot be used ({error})", "an address of Redis")
