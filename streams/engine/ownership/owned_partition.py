"""One owned partition over its life: acquired, flushed at every tick, closed.

Acquire: a partition kept from before proves by one touch transaction that nobody took it over; else it is
built anew: start the producer (which fences the old owner), then read the changelog. Flush: evaluate, take
a snapshot of everything that changed (in slices, while new batches wait), write it in one transaction.

After any exception in a flush this state may never be written again: ``valid`` is False for good, and only
``acquire`` makes a new one.
"""

import asyncio
import logging
from dataclasses import dataclass
from time import monotonic, perf_counter

import msgspec
from aiokafka import TopicPartition

from streams.core.definition.definition import Definition
from streams.engine.kafka.client import Client
from streams.engine.ownership.marker import MARKER_KEY, Marker, blank, encode
from streams.engine.ownership.producer import Acknowledged, Flush, PartitionProducer, Topics
from streams.engine.ownership.recovery import recover
from streams.engine.ownership.slices import in_slices
from streams.engine.ownership.stats import Stats
from streams.engine.ownership.sweeper import Sweeper
from streams.engine.ownership.task import Evaluation, PartitionTask
from streams.engine.ownership.task_state import Clock, NewTaskState
from streams.engine.totals_topic.fingerprint import FINGERPRINT
from streams.engine.totals_topic.group_records import (
    HEADER_KEY,
    GroupWriter,
    Pair,
    TotalsHeader,
    encode_header,
)
from streams.engine.totals_topic.series_records import SeriesWriter
from streams.engine.totals_topic.sweep_records import SweptWriter
from streams.settings import Settings

log = logging.getLogger(__name__)

CATCH_UP_FLUSH_S = 5.0
"""How long a partition that is behind may leave changes unwritten."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every partition of a process shares."""

    settings: Settings
    definition: Definition
    fingerprint: str
    """Of the deployment secret."""
    new_state: NewTaskState
    clock: Clock
    client: Client
    stats: Stats
    acknowledged: Acknowledged
    """Called between acknowledgement and commit of each flush; tests fail there."""


class NotOwnedError(Exception):
    """The partition's state may not be written: it was lost or is not recovered."""


class OwnedPartition:
    """A partition this process is assigned."""

    def __init__(self, number: int, context: Context) -> None:
        self.number = number
        self.task: PartitionTask | None = None
        """Its running side; None until recovered."""
        self.valid = False
        self.recovering: asyncio.Task[None] | None = None
        self.ticking: asyncio.Task[None] | None = None
        self.sweeping: asyncio.Task[None] | None = None
        self.sweeper = Sweeper(self._live, context.settings.at_risk_limit)
        self.committed_at = monotonic()
        self.recovery_seconds = 0.0
        self.durable: dict[str, int] = {}
        """Source offsets of the last committed flush."""
        self._context = context
        self._producer: PartitionProducer | None = None
        self._lock = asyncio.Lock()
        self.left_out: dict[str, int] = {}
        """Source topic -> offsets that a person left out, because they could not be read."""
        self._epoch = 0
        self._groups = GroupWriter(0)
        self._swept = SweptWriter(0)
        self._series = SeriesWriter(0)
        self._overall_t: int | None = None
        self._topic_ids: dict[str, str] = {}
        """As of the recovery: a marker never speaks of a topic that was made anew since."""
        self._told_behind = False
        """Whether the last flush said that nothing is to be published."""

    def _live(self) -> PartitionTask | None:
        """Its running side while its values are published."""
        return self.task if self.valid and self.task is not None and self.task.live else None

    # -- acquiring ------------------------------------------------------------------------------------

    async def acquire(self, slots: asyncio.Semaphore) -> None:
        """Become the owner, with a state that is as good as the log."""
        if self.valid and await self._touch():
            return
        await self._drop_producer()
        async with slots:
            await self._rebuild()

    async def _touch(self) -> bool:
        """Whether a state kept from before may still be written."""
        assert self.task is not None  # noqa: S101 - valid implies it
        self.task.assigned()
        try:
            await self.flush(force=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the log decides
            log.info(
                "partition %d: kept state is no longer ours (%s); rebuilding",
                self.number,
                type(error).__name__,
            )
            return False
        return True

    async def _rebuild(self) -> None:
        context = self._context
        settings = context.settings
        since = perf_counter()
        state = context.new_state(self.number)
        topics = Topics(settings.topic_changelog, settings.topic_totals, settings.topic_dead_letter)
        self._producer = PartitionProducer(context.client, self.number, topics, context.acknowledged)
        await self._producer.start()
        found = await recover(
            context.client,
            state,
            TopicPartition(settings.topic_changelog, self.number),
            settings.source_topics,
            self._marker({}, b""),
        )
        self._epoch = found.epoch + 1
        self.left_out = found.left_out
        self._topic_ids = found.ids
        self._groups = GroupWriter(self._epoch, state.values)
        self._swept = SweptWriter(self._epoch, state.values)
        self._series = SeriesWriter(self._epoch, state.values)
        self._overall_t = None
        self._told_behind = False
        self.task = PartitionTask(
            self.number,
            settings.source_topics,
            state,
            context.clock,
            tick_ms=settings.tick,
            dimension_ms=settings.dimension_interval,
        )
        self.task.start(found.offsets)
        self.durable = {} if found.fresh else dict(found.offsets)
        self.committed_at = monotonic()
        self.valid = True
        self.recovery_seconds = perf_counter() - since
        context.stats.recoveries += 1
        context.stats.recovered_records += found.records
        log.info(
            "partition %d: recovered %d records in %.2f s", self.number, found.records, self.recovery_seconds
        )

    # -- flushing -------------------------------------------------------------------------------------

    def may_wait(self, room: int) -> bool:
        """Whether this tick's flush may be left out: who is busy is then written once for several ticks.

        So it is while everybody knows that the partition is behind, for ``CATCH_UP_FLUSH_S`` at the longest.

        Args:
            room: customers that may be unwritten, since they are in memory unpacked.
        """
        task = self.task
        return (
            task is not None
            and self._told_behind
            and not (task.live or task.dead)
            and task.state.unwritten < room
            and monotonic() - self.committed_at < CATCH_UP_FLUSH_S
        )

    async def flush(self, *, force: bool = False) -> None:
        """Evaluate, and write what changed in one transaction.

        Args:
            force: write at least the marker, as proof of ownership.

        Raises:
            NotOwnedError: there is nothing that may be written.
            Exception: of any kind from Kafka; the state is then void.
        """
        async with self._lock:
            if not self.valid or self.task is None or self._producer is None:
                raise NotOwnedError(f"partition {self.number} is not owned")
            try:
                await self._flush(self.task, self._producer, force=force)
            except BaseException:
                self.valid = False  # its snapshot is gone
                self._context.stats.flushes["failed"] += 1
                raise

    async def _flush(self, task: PartitionTask, producer: PartitionProducer, *, force: bool) -> None:
        since = perf_counter()
        try:
            flush, offsets = await self._collect(task, force=force)
        finally:
            task.resume()
        if flush is None:
            return
        await producer.write(flush)
        self.durable = offsets
        self.committed_at = monotonic()
        self._told_behind = not flush.live
        stats = self._context.stats
        stats.flushed(perf_counter() - since)
        stats.dead(flush.dead)
        if flush.dead:
            task.proceed()

    async def _collect(self, task: PartitionTask, *, force: bool) -> tuple[Flush | None, dict[str, int]]:
        """Everything that changed, if anything did, and the offsets that it goes with: of one state."""
        evaluation = await in_slices(task.evaluating())
        offsets = task.offsets()
        if not (force or evaluation or task.dead or task.state.dirty or offsets != self.durable):
            return None, offsets
        totals = await self._totals(task, evaluation)
        dead = task.dead.drain()
        marker = encode(self._marker(offsets, task.state.header()))
        changes = await in_slices(task.state.draining())
        return Flush(changes, (MARKER_KEY, marker), totals, dead, evaluation is not None), offsets

    async def _totals(self, task: PartitionTask, evaluation: Evaluation | None) -> list[Pair]:
        """The records for the totals topic; the header last."""
        found = None if evaluation is None else self.sweeper.take(task)
        pairs = await in_slices(self._swept.changing(found, task.state.erased))
        if evaluation is not None:
            if evaluation.dimensions is not None:
                pairs += await in_slices(self._groups.changing(evaluation.dimensions, dimensions=True))
                told = await in_slices(task.state.telling_series())
                pairs += self._series.pairs(told, task.state.clock)
            pairs += await in_slices(self._groups.changing(evaluation.overall, dimensions=False))
            self._overall_t = evaluation.overall.t
        standing = task.state.accounting_only() if evaluation is None else evaluation.overall
        header = TotalsHeader(
            epoch=self._epoch,
            t=task.state.clock,
            live=evaluation is not None,
            overall_t=self._overall_t,
            dimensions_t=task.dimensions_t,
            definition_hash=self._context.definition.counting_hash,
            lag=task.lag,
            accounting=standing.accounting,
            newest=standing.newest,
            swept_t=self._swept.t,
            series_t=self._series.t,
            layout=FINGERPRINT,
        )
        pairs.append((HEADER_KEY, encode_header(header)))
        return pairs

    def _marker(self, offsets: dict[str, int], header: bytes) -> Marker:
        context = self._context
        expected = blank(context.settings, context.definition, context.fingerprint, header)
        return msgspec.structs.replace(
            expected, offsets=offsets, epoch=self._epoch, left_out=self.left_out, topic_ids=self._topic_ids
        )

    async def next_tick(self) -> None:
        """Sleep until the wall clock reaches the next evaluation instant, and not a moment less.

        Timers follow another clock: while the wall clock is slewed they end early.
        """
        tick, clock = self._context.settings.tick, self._context.clock
        now = clock()
        instant = now - now % tick + tick
        while now < instant <= now + tick:  # else the clock was set
            await asyncio.sleep((instant - now) / 1_000)
            now = clock()

    # -- closing --------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Stop writing; the state is void from here on."""
        self.valid = False
        for task in (self.recovering, self.ticking, self.sweeping):
            if task is not None and not task.done():
                task.cancel()
        await self._drop_producer()

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    def __str__(self) -> str:
        return f"partition {self.number}"
