"""The cure for tasks that die silently and clients that hang: end the process, beginning again is fast.

Watched by every owner of partitions, for ``stuck`` seconds: acquired, but never resumed. What a partition
has to do within that time is its owner's to say; ``stood`` tells for how long it has not moved.
"""

from collections.abc import Callable
from time import monotonic
from typing import Generic

from streams.engine.exits import ExitCode, OnFatal
from streams.engine.ownership.base_assignment import BaseAssignment, Key, Part


class BaseWatchdog(Generic[Key, Part]):
    """Watches the partitions of this process.

    Args:
        assignment: what is watched.
        stuck_s: how long nothing may happen.
        on_fatal: ends the process.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        assignment: BaseAssignment[Key, Part],
        stuck_s: float,
        on_fatal: OnFatal,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._assignment: BaseAssignment[Key, Part] = assignment
        self._stuck = stuck_s
        self._fatal = on_fatal
        self._clock = clock
        self._resumed = clock()
        self._moved: dict[Key, tuple[object, float]] = {}

    def look_at(self, key: Key, partition: Part, now: float) -> None:
        """Check one partition."""
        raise NotImplementedError

    def forget(self, key: Key) -> None:
        """One that is no longer ours."""
        del self._moved[key]

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
                ExitCode.NEVER_RESUMED, f"acquired {self._stuck:.0f} s ago, but the streams never resumed"
            )
        for key in self._moved.keys() - assignment.partitions.keys():
            self.forget(key)
        for key, partition in assignment.partitions.items():
            self.look_at(key, partition, now)

    def stood(self, key: Key, position: object, now: float, *, idle: bool) -> float:
        """For how many seconds a partition has stood at a position; one that is idle does not stand."""
        before, moved = self._moved.get(key, (position, now))
        if idle or before != position:
            moved = now
        self._moved[key] = (position, moved)
        return now - moved
