"""The partitions that a worker owns, and what it does with them: ticks, sweeps, totals of the log's ends.

How they are taken and given back stands in ``base_assignment``.
"""

import asyncio
from collections.abc import Iterable, Mapping
from time import monotonic

from faust.types import TP

from streams.engine.exits import ExitCode, OnFatal
from streams.engine.garbage import calm_collector
from streams.engine.kafka.fetch import Batch
from streams.engine.ownership.base_assignment import BaseAssignment
from streams.engine.ownership.owned_partition import Context, OwnedPartition
from streams.engine.ownership.stats import Sample
from streams.engine.ownership.task import Admission
from streams.engine.verdict import damaged_source

_CONCURRENT_RECOVERIES = 4
_UNWRITTEN = 32_768
"""Customers of all partitions that may be unwritten before a flush is due, whatever the hurry."""


class Assignment(BaseAssignment[int, OwnedPartition]):
    """Owned partitions and their assignment.

    Args:
        context: what partitions share.
        on_fatal: ends the process.
    """

    acquiring = "recovery"
    writing = "writing a flush"

    def __init__(self, context: Context, on_fatal: OnFatal) -> None:
        super().__init__(context.client, context.stats, on_fatal, _CONCURRENT_RECOVERIES)
        self._context = context
        self._topics = set(context.settings.source_topics)

    # -- assignments ----------------------------------------------------------------------------------

    def key(self, place: TP) -> int:
        """A partition has the same number in all source topics."""
        return place.partition

    def wanted(self, assigned: Iterable[TP]) -> set[int]:
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

    def new(self, key: int) -> OwnedPartition:
        """A partition, not recovered yet."""
        return OwnedPartition(key, self._context)

    def resume(self, partition: OwnedPartition) -> None:
        """Have it tick and sweep."""
        if partition.ticking is None or partition.ticking.done():
            partition.ticking = asyncio.create_task(self._tick(partition))
        if partition.sweeping is None or partition.sweeping.done():
            partition.sweeping = asyncio.create_task(self._sweep(partition))

    async def wait_recovered(self, *args: object, **kwargs: object) -> None:
        """Return when all partitions are recovered, or the assignment is outdated; Faust resumes then."""
        await super().wait_recovered(*args, **kwargs)
        if self.ready:
            calm_collector()

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
                self.failed(partition.number, partition, error)
                return  # during a rebalance: acquire decides
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

    def take(self, partition: OwnedPartition, place: TP, batch: Batch) -> Admission:
        """Apply a batch, or refuse it."""
        assert partition.task is not None  # noqa: S101 - valid implies it
        admission = partition.task.take(place.topic, batch)
        if admission is Admission.TAKEN:
            self._stats.records[place.topic] += len(batch)
        return admission

    def received(self, partition: OwnedPartition, place: TP) -> int:
        """Where a source is to be read on."""
        assert partition.task is not None  # noqa: S101 - valid implies it
        return partition.task.received[place.topic]

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
        samples = self._stats.samples()
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
