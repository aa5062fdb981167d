"""What every owner of partitions does with the consumer group's assignments, whatever its partitions are.

Faust decides who reads what, Kafka's transactions decide who owns what: an assignment only starts
``acquire``. Records are dropped while an assignment is not complete; their offsets are not passed, so they
come again. Every failure that leaves in doubt what is written ends the process (see exits); nothing here
writes through a partition whose flush failed.
"""

import asyncio
import logging
from collections.abc import Collection, Coroutine, Iterable
from typing import Any, Generic, Protocol, TypeVar

from faust.types import TP

from streams.engine.exits import ExitCode, OnFatal, log_traceback
from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import Batch
from streams.engine.owner import Seeker
from streams.engine.ownership.stats import Stats
from streams.engine.ownership.task import Admission
from streams.engine.verdict import verdict

log = logging.getLogger(__name__)

REVOKE_LIMIT_S = 5.0
_POLL_S = 0.2


class Acquired(Protocol):
    """A partition that is acquired, written and closed; ``str`` of it names it in logs."""

    valid: bool
    """Whether it may be written."""
    recovering: asyncio.Task[None] | None

    async def acquire(self, slots: asyncio.Semaphore) -> None:
        """Become its only owner."""

    async def flush(self, *, force: bool = False) -> None:
        """Write what is in memory."""

    async def close(self) -> None:
        """Write nothing any more."""


Key = TypeVar("Key", int, TP)
Part = TypeVar("Part", bound=Acquired)


class BaseAssignment(Generic[Key, Part]):
    """Owned partitions and their assignment.

    Args:
        client: to reach Kafka with.
        stats: what is counted.
        on_fatal: ends the process.
        at_once: so many partitions are acquired at the same time.
    """

    acquiring = "acquiring"
    """What acquiring is called in messages."""
    writing = "writing"
    """What a flush is called there."""

    def __init__(self, client: Client, stats: Stats, on_fatal: OnFatal, at_once: int) -> None:
        self.partitions: dict[Key, Part] = {}
        self.ready = False
        """Whether every assigned partition is acquired and may be fed."""
        self.generation = -1
        self._client = client
        self._stats = stats
        self._fatal = on_fatal
        self._slots = asyncio.Semaphore(at_once)
        self._background: set[asyncio.Task[None]] = set()
        self._seeking: set[TP] = set()
        self._closing = False

    # -- what an owner says ---------------------------------------------------------------------------

    def key(self, place: TP) -> Key:
        """Under what the partition that a place belongs to is kept."""
        raise NotImplementedError

    def wanted(self, assigned: Iterable[TP]) -> Collection[Key]:
        """The partitions that an assignment is about; an impossible one ends the process."""
        raise NotImplementedError

    def new(self, key: Key) -> Part:
        """A partition, not acquired yet."""
        raise NotImplementedError

    def resume(self, partition: Part) -> None:
        """Have it do its work, if it does not."""
        raise NotImplementedError

    def take(self, partition: Part, place: TP, batch: Batch) -> Admission:
        """Let it take a batch."""
        raise NotImplementedError

    def received(self, partition: Part, place: TP) -> int:
        """Where it is to be read on."""
        raise NotImplementedError

    # -- assignments ----------------------------------------------------------------------------------

    def on_assigned(self, assigned: Iterable[TP], generation: int) -> None:
        """Take note of an assignment and start acquiring; returns at once."""
        self.ready = False
        self._seeking.clear()
        if self._closing:
            return
        if not self._client.exactly_once and generation != self.generation + 1:
            self._give_up(list(self.partitions))  # nobody fences us: what we hold may be old
        self.generation = generation
        self._stats.rebalances += 1
        wanted = self.wanted(assigned)
        self._give_up([key for key in self.partitions if key not in wanted])
        for key in sorted(wanted):
            partition = self.partitions.get(key)
            if partition is None:
                partition = self.partitions[key] = self.new(key)
            if partition.recovering is None or partition.recovering.done():
                partition.recovering = asyncio.create_task(partition.acquire(self._slots))
        log.info("assigned (generation %d): %s", generation, self._named())

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
            self.resume(partition)
        self.ready = True
        log.info("ready: %s", self._named())

    def _named(self) -> str:
        return ", ".join(map(str, self.partitions.values())) or "no partition is left for this process"

    def _check_acquired(self, partition: Part) -> None:
        task = partition.recovering
        error = None if task is None or task.cancelled() else task.exception()
        doing = f"{partition}: {self.acquiring}"
        if error is not None:
            self._fatal(*verdict(self._client.options, error, doing, ExitCode.RECOVERY_FAILED))
        if not partition.valid:
            self._fatal(ExitCode.RECOVERY_FAILED, f"{doing} was cancelled")

    async def on_revoked(self) -> None:
        """Before partitions move: write out what is in memory, as far as time allows."""
        self.ready = False
        held = [(key, p) for key, p in self.partitions.items() if p.valid]
        flushes = {asyncio.create_task(p.flush()): (key, p) for key, p in held}
        if not flushes:
            return
        done, _ = await asyncio.wait(flushes, timeout=REVOKE_LIMIT_S)
        for task, (key, partition) in flushes.items():
            if task not in done or task.exception() is not None:
                log.warning("%s: last flush failed; its records are read again", partition)
                task.cancel()
                if self.partitions.get(key) is partition:  # else it is given up already
                    self._give_up([key])

    async def close(self) -> None:
        """A clean stop: last flush, then give everything up and take nothing any more."""
        self._closing = True
        await self.on_revoked()
        self._give_up(list(self.partitions))
        if self._background:
            await asyncio.wait(self._background, timeout=REVOKE_LIMIT_S)

    def _give_up(self, keys: list[Key]) -> None:
        for key in keys:
            partition = self.partitions.pop(key)
            partition.valid = False
            self._start(partition.close())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # -- running --------------------------------------------------------------------------------------

    def failed(self, key: Key, partition: Part, error: Exception) -> None:
        """End the process because a flush failed, unless acquiring anew is about to decide."""
        if self.partitions.get(key) is partition and self.ready:
            doing = f"{partition}: {self.writing}"
            self._fatal(*verdict(self._client.options, error, doing, ExitCode.FLUSH_FAILED))

    def handle(self, place: TP, batch: Batch, seeker: Seeker) -> None:
        """Take a batch, or refuse it; an unexpected exception ends the process."""
        partition = self.partitions.get(self.key(place))
        if partition is None or not (self.ready and partition.valid):
            self._stats.batches["dropped"] += 1
            return
        try:
            admission = self.take(partition, place, batch)
        except Exception as error:  # noqa: BLE001 - acknowledging it and going on would lose the batch
            self._crashed(error, "taking a batch")
        if admission is Admission.TAKEN:
            self._stats.batches["taken"] += 1
        elif admission is Admission.REPEATED:
            self._stats.batches["repeated"] += 1
        elif place not in self._seeking:
            self._stats.batches["gap"] += 1
            self._seeking.add(place)
            self._start(self._seek(place, self.received(partition, place), seeker))

    async def _seek(self, place: TP, offset: int, seeker: Seeker) -> None:
        try:
            await seeker.seek_wait({place: offset})
        finally:
            self._seeking.discard(place)

    def _crashed(self, error: Exception, doing: str) -> None:
        log_traceback(doing, error)
        self._fatal(ExitCode.HANDLER_CRASHED, f"{doing} failed: {type(error).__name__}")
