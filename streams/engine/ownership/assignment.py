"""The partitions this process owns: taken and given back with the consumer group's assignments.

Faust decides who reads what, Kafka's transactions decide who owns what: an assignment only starts
``acquire``. Records are dropped while an assignment is not complete; their offsets are not passed, so they
come again. Every failure that leaves the state in doubt ends the process (see exits); nothing here writes
a state whose flush failed.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from time import monotonic
from typing import Any

from faust.types import TP

from streams.engine.exits import ExitCode, OnFatal, log_traceback
from streams.engine.garbage import calm_collector
from streams.engine.kafka.fetch import Batch
from streams.engine.owner import Seeker
from streams.engine.ownership.owned_partition import Context, OwnedPartition
from streams.engine.ownership.stats import Sample
from streams.engine.ownership.task import Admission
from streams.engine.verdict import damaged_source, verdict

log = logging.getLogger(__name__)

REVOKE_LIMIT_S = 5.0
_POLL_S = 0.2
_CONCURRENT_RECOVERIES = 4
_UNWRITTEN = 32_768
"""Customers of all partitions that may be unwritten before a flush is due, whatever the hurry."""


class Assignment:
    """Owned partitions and their assignment.

    Args:
        context: what partitions share.
        on_fatal: ends the process.
    """

    def __init__(self, context: Context, on_fatal: OnFatal) -> None:
        self.partitions: dict[int, OwnedPartition] = {}
        self.ready = False
        """Whether every assigned partition is recovered and may be fed."""
        self.generation = -1
        self._context = context
        self._topics = set(context.settings.source_topics)
        self._fatal = on_fatal
        self._slots = asyncio.Semaphore(_CONCURRENT_RECOVERIES)
        self._background: set[asyncio.Task[None]] = set()
        self._seeking: set[TP] = set()
        self._closing = False

    # -- assignments ----------------------------------------------------------------------------------

    def on_assigned(self, assigned: Iterable[TP], generation: int) -> None:
        """Take note of an assignment and start acquiring; returns at once."""
        self.ready = False
        self._seeking.clear()
        if self._closing:
            return
        if not self._context.client.exactly_once and generation != self.generation + 1:
            self._give_up(list(self.partitions))  # nobody fences us: what we hold may be old
        self.generation = generation
        self._context.stats.rebalances += 1
        numbers = self._copartitioned(assigned)
        self._give_up([number for number in self.partitions if number not in numbers])
        for number in sorted(numbers):
            partition = self.partitions.setdefault(number, OwnedPartition(number, self._context))
            if partition.recovering is None or partition.recovering.done():
                partition.recovering = asyncio.create_task(partition.acquire(self._slots))
        log.info("assigned partitions %s (generation %d)", sorted(numbers), generation)

    def _copartitioned(self, assigned: Iterable[TP]) -> set[int]:
        """The assigned partitions; each must come with all of its source topics."""
        topics: dict[int, set[str]] = {}
        for place in assigned:
            topics.setdefault(place.partition, set()).add(place.topic)
        for number, found in topics.items():
            if number >= self._context.settings.partitions:
                self._fatal(
                    ExitCode.BAD_TOPICS,
                    f"a source topic has a partition {number} now, and KPI_PARTITIONS is "
                    f"{self._context.settings.partitions}; see kpi topics check",
                )
            if found != self._topics:
                missing = ", ".join(sorted(self._topics - found))
                self._fatal(
                    ExitCode.NOT_COPARTITIONED,
                    f"partition {number} was assigned without {missing}; see kpi topics check",
                )
        return set(topics)

    async def wait_recovered(self, *_args: object, **_kwargs: object) -> None:
        """Return when all partitions are acquired, or the assignment is outdated; Faust resumes then."""
        generation = self.generation
        while self.generation == generation:
            pending = [task for task in self._recovering() if not task.done()]
            if not pending:
                break
            await asyncio.wait(pending, timeout=_POLL_S)
        if self._closing or self.generation != generation:
            return
        for partition in self.partitions.values():
            self._check_recovered(partition)
            if partition.ticking is None or partition.ticking.done():
                partition.ticking = asyncio.create_task(self._tick(partition))
            if partition.sweeping is None or partition.sweeping.done():
                partition.sweeping = asyncio.create_task(self._sweep(partition))
        calm_collector()
        self.ready = True
        log.info("ready: partitions %s", sorted(self.partitions))

    def _recovering(self) -> list[asyncio.Task[None]]:
        return [p.recovering for p in self.partitions.values() if p.recovering is not None]

    def _check_recovered(self, partition: OwnedPartition) -> None:
        task = partition.recovering
        error = None if task is None or task.cancelled() else task.exception()
        doing = f"partition {partition.number}: recovery"
        if error is not None:
            self._fatal(*verdict(self._context.client.options, error, doing, ExitCode.RECOVERY_FAILED))
        if not partition.valid:
            self._fatal(ExitCode.RECOVERY_FAILED, f"{doing} was cancelled")

    async def on_revoked(self) -> None:
        """Before partitions move: write out what is in memory, as far as time allows."""
        self.ready = False
        flushes = {asyncio.create_task(p.flush()): p for p in self.partitions.values() if p.valid}
        if not flushes:
            return
        done, _ = await asyncio.wait(flushes, timeout=REVOKE_LIMIT_S)
        for task, partition in flushes.items():
            if task not in done or task.exception() is not None:
                log.warning("partition %d: last flush failed; it will be replayed", partition.number)
                task.cancel()
                if self.partitions.get(partition.number) is partition:  # else it is given up already
                    self._give_up([partition.number])

    async def close(self) -> None:
        """A clean stop: last flush, then give everything up and take nothing any more."""
        self._closing = True
        await self.on_revoked()
        self._give_up(list(self.partitions))
        if self._background:
            await asyncio.wait(self._background, timeout=REVOKE_LIMIT_S)

    def _give_up(self, numbers: list[int]) -> None:
        for number in numbers:
            partition = self.partitions.pop(number)
            partition.valid = False
            self._start(partition.close())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # -- running --------------------------------------------------------------------------------------

    async def _tick(self, partition: OwnedPartition) -> None:
        """Flush right after every tick; partitions never wait for each other."""
        while True:
            await partition.next_tick()
            if not (self.ready and partition.valid):
                continue
            if partition.may_wait(_UNWRITTEN // max(1, len(self.partitions))):
                continue
            try:
                await partition.flush()
            except Exception as error:  # noqa: BLE001 - the state is void, whatever it was
                if self.partitions.get(partition.number) is not partition or not self.ready:
                    return  # during a rebalance: acquire decides
                doing = f"partition {partition.number}: writing a flush"
                self._fatal(*verdict(self._context.client.options, error, doing, ExitCode.FLUSH_FAILED))
            self._check_readable(partition)

    def _check_readable(self, partition: OwnedPartition) -> None:
        """End the process where a source cannot be read on and everything before that is written."""
        task = partition.task
        if task is None:
            return
        for topic, error in task.corrupt.items():
            if partition.durable.get(topic, -1) >= task.received[topic]:
                self._fatal(ExitCode.SOURCE_DAMAGED, damaged_source(error))

    async def _sweep(self, partition: OwnedPartition) -> None:
        """Sweep over the customers of a partition for as long as it is ours."""
        try:
            await partition.sweeper.run()
        except Exception as error:  # noqa: BLE001 - a bug: going on would freeze what it publishes
            self._crashed(error, "sweeping over customers")

    def handle(self, place: TP, batch: Batch, seeker: Seeker) -> None:
        """Apply a batch, or refuse it; an unexpected exception ends the process."""
        partition = self.partitions.get(place.partition)
        if partition is None or not (self.ready and partition.valid) or partition.task is None:
            self._context.stats.batches["dropped"] += 1
            return
        try:
            admission = partition.task.take(place.topic, batch)
        except Exception as error:  # noqa: BLE001 - acknowledging it and going on would lose the batch
            self._crashed(error, "applying a batch")
        stats = self._context.stats
        if admission is Admission.TAKEN:
            stats.batches["taken"] += 1
            stats.records[place.topic] += len(batch)
        elif admission is Admission.REPEATED:
            stats.batches["repeated"] += 1
        elif place not in self._seeking:
            stats.batches["gap"] += 1
            self._seeking.add(place)
            self._start(self._seek(place, partition.task.received[place.topic], seeker))

    async def _seek(self, place: TP, offset: int, seeker: Seeker) -> None:
        try:
            await seeker.seek_wait({place: offset})
        finally:
            self._seeking.discard(place)

    def seen_ends(self, ends: Mapping[TP, int]) -> None:
        """Take note of the ends of the source logs; what waited for them goes on."""
        if not self.ready:
            return
        behind = set()
        for place, end in ends.items():
            partition = self.partitions.get(place.partition)
            if partition is not None and partition.valid and partition.task is not None:
                partition.task.seen_end(place.topic, end)
                if not partition.task.live:
                    behind.add(partition.task)
        try:
            for task in behind:
                task.proceed()
        except Exception as error:  # noqa: BLE001 - as in handle
            self._crashed(error, "applying a batch")

    def _crashed(self, error: Exception, doing: str) -> None:
        log_traceback(doing, error)
        self._fatal(ExitCode.HANDLER_CRASHED, f"{doing} failed: {type(error).__name__}")

    # -- what others ask ------------------------------------------------------------------------------

    def holds(self, place: TP) -> bool:
        """Whether fetching should pause there."""
        partition = self.partitions.get(place.partition)
        return partition is not None and partition.task is not None and partition.task.holds(place.topic)

    def next_offsets(self) -> dict[TP, int]:
        """Where to read on, for every source of every recovered partition."""
        return {
            TP(topic, number): offset
            for number, partition in self.partitions.items()
            if partition.valid and partition.task is not None
            for topic, offset in partition.task.received.items()
        }

    def durable_offsets(self) -> dict[TP, int]:
        """What the changelog holds, for tools that show the lag of a group."""
        return {
            TP(topic, number): offset
            for number, partition in self.partitions.items()
            for topic, offset in partition.durable.items()
            if offset > 0
        }

    @property
    def waiting_for(self) -> str | None:
        """Why the worker is not ready, for the readiness probe; None when it is."""
        if not self.ready:
            return "waiting for an assignment" if self.generation < 0 else "recovering"
        behind = sorted(n for n, p in self.partitions.items() if p.task is None or not p.task.live)
        return f"catching up: partitions {behind}" if behind else None

    def samples(self) -> list[Sample]:
        """Engine metrics of this process."""
        samples = self._context.stats.samples()
        now = monotonic()
        live = sum(1 for p in self.partitions.values() if p.task is not None and p.task.live)
        samples.append(("kpi_streams_partitions_owned", {}, len(self.partitions)))
        samples.append(("kpi_streams_partitions_live", {}, live))
        for number, partition in sorted(self.partitions.items()):
            labels = {"partition": str(number)}
            samples.append(("kpi_streams_commit_age_seconds", labels, now - partition.committed_at))
            samples.append(("kpi_streams_recovery_seconds", labels, partition.recovery_seconds))
            samples.append(("kpi_streams_offsets_left_out", labels, sum(partition.left_out.values())))
            if partition.task is not None:
                samples.append(("kpi_streams_owned_lag", labels, partition.task.lag))
        return samples
