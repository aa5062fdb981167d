"""What a process shows: publisher, HTTP and Redis put together, beside or without an engine.

It starts before Kafka is there, so that the readiness probe can say what is missing; the totals are followed
once the topics exist. An unexpected end of one of its tasks ends the process: a page that no longer moves
is worse than none.
"""

import asyncio
from collections.abc import Iterator

from streams.core.definition import Definition
from streams.engine.app import EngineApp
from streams.engine.client import Client
from streams.engine.exits import EngineError, ExitCode, OnFatal
from streams.engine.state import Clock
from streams.engine.totals_reader import Told, TotalsReader
from streams.publish.board.board import Board
from streams.publish.board.past import Past
from streams.publish.catalogue import Sample
from streams.publish.connection import RedisAddress
from streams.publish.health import Health
from streams.publish.http import Address, HttpError, HttpServer
from streams.publish.merge import Merger
from streams.publish.parts import PartitionTotals
from streams.publish.prometheus import Exposition
from streams.publish.publisher import Publisher
from streams.publish.redis import RedisSink
from streams.publish.sink import Sink
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
        self._clock = clock
        self._fatal = on_fatal
        self._missing: str | None = None
        self._publishes = settings.role != "worker"
        self._tasks: list[asyncio.Task[None]] = []
        redis = _redis(settings) if self._publishes else None
        self._redis = _sink(redis, definition)
        exposition = Exposition(definition, self._samples)
        self._board = Board(
            definition,
            clock=clock,
            ready=self.ready,
            process=self._samples,
            past=None if redis is None else Past(redis, definition.tenant),
        )
        address = Address(settings.http_host, settings.http_port)
        http = HttpServer(address, exposition, self._board, alive=Health, ready=self.ready)
        sinks: list[Sink] = [exposition, http]
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
        return Health((*reasons, *shown))

    def _samples(self) -> Iterator[Sample]:
        yield from self._board.samples()
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
            )
        )

    def _run(self, task: asyncio.Task[None]) -> None:
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, HttpError):
            self._fatal(ExitCode.BAD_ADDRESS, str(error))
        if isinstance(error, EngineError):
            self._fatal(error.code, str(error))
        if error is not None:
            self._fatal(ExitCode.PUBLISHER_FAILED, f"publishing ended: {type(error).__name__}: {error}"[:300])


def _redis(settings: Settings) -> RedisAddress | None:
    """Where Redis is, where an address is set."""
    if not settings.redis_url:
        return None
    try:
        return RedisAddress(
            settings.redis_url,
            settings.redis_username or None,
            settings.redis_password or None,
            settings.redis_cafile or None,
            settings.redis_timeout / 1_000,
        )
    except ValueError as error:
        raise _unusable(error) from None


def _sink(address: RedisAddress | None, definition: Definition) -> RedisSink | None:
    """The Redis sink, where there is an address."""
    try:
        return None if address is None else RedisSink(address, definition.tenant)
    except ValueError as error:
        raise _unusable(error) from None


def _unusable(error: ValueError) -> SettingsError:
    return SettingsError("redis_url", "", f"an address that redis understands ({error})", secret=True)
