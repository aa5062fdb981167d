"""The foreign partitions that this process owns: taken and given back with the group's assignments.

An ``Owner`` (engine/owner.py), as the worker's assignment is: Faust decides who reads what, the transactional
id of a partition decides who writes of it. Records are dropped while an assignment is not complete; their
offsets are not passed, so they come again. What is left in doubt ends the process.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from time import monotonic
from typing import Any

from faust.types import TP

from streams.engine.exits import ExitCode, OnFatal, log_traceback
from streams.engine.kafka.fetch import Batch
from streams.engine.owner import Seeker
from streams.engine.ownership.assignment import REVOKE_LIMIT_S
from streams.engine.ownership.stats import Sample
from streams.engine.ownership.task import Admission
from streams.engine.verdict import verdict
from streams.foreign.partition import Context, ForeignPartition

log = logging.getLogger(__name__)

_POLL_S = 0.2
_CONCURRENT_STARTS = 8


class ForeignAssignment:
    """Owned foreign partitions and their assignment.

    Args:
        context: what partitions share.
        on_fatal: ends the process.
    """

    def __init__(self, context: Context, on_fatal: OnFatal) -> None:
        self.partitions: dict[TP, ForeignPartition] = {}
        self.ready = False
        """Whether every assigned partition is acquired and may be fed."""
        self.generation = -1
        self._context = context
        self._fatal = on_fatal
        self._slots = asyncio.Semaphore(_CONCURRENT_STARTS)
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
        self.generation = generation
        self._context.stats.stage.rebalances += 1
        places = set(assigned)
        self._give_up([place for place in self.partitions if place not in places])
        for place in sorted(places):
            partition = self.partitions.setdefault(place, ForeignPartition(place, self._context))
            if partition.recovering is None or partition.recovering.done():
                partition.recovering = asyncio.create_task(partition.acquire(self._slots))
        log.info("assigned %d foreign partitions (generation %d)", len(places), generation)

    async def wait_recovered(self, *_args: object, **_kwargs: object) -> None:
        """Return when all partitions are acquired, or the assignment is outdated; Faust resumes then."""
        generation = self.generation
        while self.generation == generation:
            starting = [p.recovering for p in self.partitions.values() if p.recovering is not None]
            pending = [task for task in starting if not task.done()]
            if not pending:
                break
            await asyncio.wait(pending, timeout=_POLL_S)
        if self._closing or self.generation != generation:
            return
        for partition in self.partitions.values():
            self._check_acquired(partition)
            if partition.working is None or partition.working.done():
                partition.working = asyncio.create_task(self._work(partition))
        self.ready = True
        log.info(
            "ready: %s", ", ".join(map(str, self.partitions.values())) or "no partition is left for this one"
        )

    def _check_acquired(self, partition: ForeignPartition) -> None:
        task = partition.recovering
        error = None if task is None or task.cancelled() else task.exception()
        doing = f"{partition}: taking it over"
        if error is not None:
            self._fatal(*verdict(self._context.client.options, error, doing, ExitCode.RECOVERY_FAILED))
        if not partition.valid:
            self._fatal(ExitCode.RECOVERY_FAILED, f"{doing} was cancelled")

    async def on_revoked(self) -> None:
        """Before partitions move: write out what was converted, as far as time allows."""
        self.ready = False
        flushes = {asyncio.create_task(p.flush()): p for p in self.partitions.values() if p.valid}
        if not flushes:
            return
        done, _ = await asyncio.wait(flushes, timeout=REVOKE_LIMIT_S)
        for task, partition in flushes.items():
            if task not in done or task.exception() is not None:
                log.warning("%s: its last transaction failed; the records are read again", partition)
                task.cancel()
                if self.partitions.get(partition.place) is partition:
                    self._give_up([partition.place])

    async def close(self) -> None:
        """A clean stop: the last transactions, then give everything up and take nothing any more."""
        self._closing = True
        await self.on_revoked()
        self._give_up(list(self.partitions))
        if self._background:
            await asyncio.wait(self._background, timeout=REVOKE_LIMIT_S)

    def _give_up(self, places: list[TP]) -> None:
        for place in places:
            partition = self.partitions.pop(place)
            partition.valid = False
            self._start(partition.close())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # -- running --------------------------------------------------------------------------------------

    async def _work(self, partition: ForeignPartition) -> None:
        """Convert and write; a failure ends the process, unless acquiring anew is about to decide."""
        try:
            await partition.run()
        except Exception as error:  # noqa: BLE001 - nothing may be written any more, whatever it was
            if self.partitions.get(partition.place) is not partition or not self.ready:
                return  # during a rebalance: acquire decides
            doing = f"{partition}: writing its events"
            self._fatal(*verdict(self._context.client.options, error, doing, ExitCode.FLUSH_FAILED))

    def handle(self, place: TP, batch: Batch, seeker: Seeker) -> None:
        """Let a batch wait, or refuse it; an unexpected exception ends the process."""
        stats = self._context.stats.stage
        partition = self.partitions.get(place)
        if partition is None or not (self.ready and partition.valid):
            stats.batches["dropped"] += 1
            return
        try:
            admission = partition.take(batch)
        except Exception as error:  # noqa: BLE001 - going on would lose the batch
            log_traceback("taking a batch", error)
            self._fatal(ExitCode.HANDLER_CRASHED, f"taking a batch failed: {type(error).__name__}")
        if admission is Admission.TAKEN:
            stats.batches["taken"] += 1
        elif admission is Admission.REPEATED:
            stats.batches["repeated"] += 1
        elif place not in self._seeking:
            stats.batches["gap"] += 1
            self._seeking.add(place)
            self._start(self._seek(place, partition.received, seeker))

    async def _seek(self, place: TP, offset: int, seeker: Seeker) -> None:
        try:
            await seeker.seek_wait({place: offset})
        finally:
            self._seeking.discard(place)

    def seen_ends(self, ends: Mapping[TP, int]) -> None:
        """Take note of the ends of the logs."""
        for place, end in ends.items():
            partition = self.partitions.get(place)
            if partition is not None:
                partition.end = end

    # -- what others ask ------------------------------------------------------------------------------

    def holds(self, place: TP) -> bool:
        """Whether fetching should pause there."""
        partition = self.partitions.get(place)
        return partition is not None and partition.full

    def next_offsets(self) -> dict[TP, int]:
        """Where to read on, for every acquired partition."""
        return {place: partition.received for place, partition in self.partitions.items() if partition.valid}

    def durable_offsets(self) -> dict[TP, int]:
        """Nothing: the transactions tell the group."""
        return {}

    @property
    def waiting_for(self) -> str | None:
        """Why the process is not ready, for the readiness probe; None when it is."""
        if not self.ready:
            return "waiting for an assignment" if self.generation < 0 else "taking partitions over"
        schemas = self._context.schemas
        return None if schemas is None else schemas.trouble

    def samples(self) -> list[Sample]:
        """Metrics of this process."""
        samples = self._context.stats.samples()
        samples.append(("kpi_streams_partitions_owned", {}, len(self.partitions)))
        if self._context.schemas is not None:
            samples.append(("kpi_streams_ingest_registry_up", {}, int(self._context.schemas.trouble is None)))
        now = monotonic()
        for place, partition in sorted(self.partitions.items()):
            labels = {"topic": place.topic, "partition": str(place.partition)}
            samples.append(("kpi_streams_ingest_lag", labels, partition.lag))
            age = now - partition.committed_at if partition.lag else 0.0
            samples.append(("kpi_streams_ingest_waiting_seconds", labels, age))
        return samples
