"""What a worker's watchdog looks for beside the base's.

Two things, each for ``stuck`` seconds: changed state that no flush makes durable; records waiting in a source
of which none is applied.
"""

from collections.abc import Callable
from time import monotonic

from streams.engine.exits import ExitCode, OnFatal
from streams.engine.ownership.assignment import Assignment
from streams.engine.ownership.base_watchdog import BaseWatchdog
from streams.engine.ownership.owned_partition import OwnedPartition


class Watchdog(BaseWatchdog[int, OwnedPartition]):
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
        super().__init__(assignment, stuck_s, on_fatal, clock)
        self._flushed: dict[int, float] = {}

    def forget(self, key: int) -> None:
        """One that is no longer ours."""
        super().forget(key)
        del self._flushed[key]

    def look_at(self, key: int, partition: OwnedPartition, now: float) -> None:
        """Check one partition."""
        task = partition.task
        offsets = {} if task is None else task.offsets()
        if task is None or not (self._assignment.ready and partition.valid):
            self._flushed[key] = now
            self.stood(key, offsets, now, idle=True)
            return
        if partition.durable == offsets and not task.state.dirty:
            self._flushed[key] = now
        since = max(self._flushed.setdefault(key, now), partition.committed_at)
        if now - since > self._stuck:
            self._fatal(ExitCode.NO_DURABLE_FLUSH, f"{partition}: no flush for {now - since:.0f} s")
        stood = self.stood(key, offsets, now, idle=not task.lag)
        if stood > self._stuck:
            self._fatal(
                ExitCode.NO_PROGRESS, f"{partition}: {task.lag} records wait, none applied for {stood:.0f} s"
            )
