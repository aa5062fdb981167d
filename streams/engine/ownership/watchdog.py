"""The cure for tasks that die silently and clients that hang: end the process, recovery is fast.

Three things are watched, each for ``stuck`` seconds: assigned and recovered but never resumed; changed state
that no flush makes durable; records waiting in a source of which none is applied.
"""

from collections.abc import Callable
from time import monotonic

from streams.engine.exits import ExitCode, OnFatal
from streams.engine.ownership.assignment import Store
from streams.engine.ownership.owned_partition import Partition


class Watchdog:
    """Watches one store.

    Args:
        store: what is watched.
        stuck_s: how long nothing may happen.
        on_fatal: ends the process.
        clock: seconds, monotonic.
    """

    def __init__(
        self, store: Store, stuck_s: float, on_fatal: OnFatal, clock: Callable[[], float] = monotonic
    ) -> None:
        self._store = store
        self._stuck = stuck_s
        self._fatal = on_fatal
        self._clock = clock
        self._resumed = clock()
        self._flushed: dict[int, float] = {}
        self._moved: dict[int, tuple[dict[str, int], float]] = {}

    def look(self) -> None:
        """Check everything once."""
        now = self._clock()
        store = self._store
        acquiring = any(
            p.recovering is not None and not p.recovering.done() for p in store.partitions.values()
        )
        if store.ready or acquiring or not store.partitions:
            self._resumed = now
        elif now - self._resumed > self._stuck:
            self._fatal(
                ExitCode.NEVER_RESUMED, f"recovered {self._stuck:.0f} s ago, but the streams never resumed"
            )
        for number in self._flushed.keys() - store.partitions.keys():
            del self._flushed[number]
            self._moved.pop(number, None)
        for partition in store.partitions.values():
            self._look_at(partition, now)

    def _look_at(self, partition: Partition, now: float) -> None:
        owned = partition.owned
        number = partition.number
        offsets = {} if owned is None else owned.offsets()
        if owned is None or not (self._store.ready and partition.valid):
            self._flushed[number] = now
            self._moved[number] = (offsets, now)
            return
        if partition.durable == offsets and not owned.state.dirty:
            self._flushed[number] = now
        since = max(self._flushed.setdefault(number, now), partition.committed_at)
        if now - since > self._stuck:
            self._fatal(ExitCode.NO_DURABLE_FLUSH, f"partition {number}: no flush for {now - since:.0f} s")
        before, moved = self._moved.get(number, (offsets, now))
        if before != offsets or not owned.lag:
            moved = now
        self._moved[number] = (offsets, moved)
        if now - moved > self._stuck:
            self._fatal(
                ExitCode.NO_PROGRESS,
                f"partition {number}: {owned.lag} records wait, none applied for {now - moved:.0f} s",
            )
