"""The cure for tasks that die silently and clients that hang: end the process, recovery is fast.

Three things are watched, each for ``stuck`` seconds: assigned and recovered but never resumed; changed state
that no flush makes durable; records waiting in a source of which none is applied.
"""

from collections.abc import Callable
from time import monotonic

from streams.engine.exits import ExitCode, OnFatal
from streams.engine.ownership.assignment import Assignment
from streams.engine.ownership.owned_partition import OwnedPartition


class Watchdog:
    """Watches the partitions of this worker.

    Args:
        assignment: what is watched.
        stuck_s: how long nothing may happen.
        on_fatal: ends the process.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        assignment: Assignment,
        stuck_s: float,
        on_fatal: OnFatal,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._assignment = assignment
        self._stuck = stuck_s
        self._fatal = on_fatal
        self._clock = clock
        self._resumed = clock()
        self._flushed: dict[int, float] = {}
        self._moved: dict[int, tuple[dict[str, int], float]] = {}

    def look(self) -> None:
        """Check everything once."""
        now = self._clock()
        assignment = self._assignment
        acquiring = any(
            p.recovering is not None and not p.recovering.done() for p in assignment.partitions.values()
        )
        if assignment.ready or acquiring or not assignment.partitions:
            self._resumed = now
        elif now - self._resumed > self._stuck:
            self._fatal(
                ExitCode.NEVER_RESUMED, f"recovered {self._stuck:.0f} s ago, but the streams never resumed"
            )
        for number in self._flushed.keys() - assignment.partitions.keys():
            del self._flushed[number]
            self._moved.pop(number, None)
        for partition in assignment.partitions.values():
            self._look_at(partition, now)

    def _look_at(self, partition: OwnedPartition, now: float) -> None:
        task = partition.task
        number = partition.number
        offsets = {} if task is None else task.offsets()
        if task is None or not (self._assignment.ready and partition.valid):
            self._flushed[number] = now
            self._moved[number] = (offsets, now)
            return
        if partition.durable == offsets and not task.state.dirty:
            self._flushed[number] = now
        since = max(self._flushed.setdefault(number, now), partition.committed_at)
        if now - since > self._stuck:
            self._fatal(ExitCode.NO_DURABLE_FLUSH, f"partition {number}: no flush for {now - since:.0f} s")
        before, moved = self._moved.get(number, (offsets, now))
        if before != offsets or not task.lag:
            moved = now
        self._moved[number] = (offsets, moved)
        if now - moved > self._stuck:
            self._fatal(
                ExitCode.NO_PROGRESS,
                f"partition {number}: {task.lag} records wait, none applied for {now - moved:.0f} s",
            )
