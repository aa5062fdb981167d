"""The cure for what dies silently and for clients that hang: end the process, beginning again is fast.

Two things are watched, each for ``stuck`` seconds: acquired but never resumed; records waiting of which no
transaction comes.
"""

from collections.abc import Callable
from time import monotonic

from faust.types import TP

from streams.engine.exits import ExitCode, OnFatal
from streams.foreign.assignment import ForeignAssignment


class ForeignWatchdog:
    """Watches the partitions of this process.

    Args:
        assignment: what is watched.
        stuck_s: how long nothing may happen.
        on_fatal: ends the process.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        assignment: ForeignAssignment,
        stuck_s: float,
        on_fatal: OnFatal,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._assignment = assignment
        self._stuck = stuck_s
        self._fatal = on_fatal
        self._clock = clock
        self._resumed = clock()
        self._moved: dict[TP, tuple[int, float]] = {}

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
                ExitCode.NEVER_RESUMED,
                f"took partitions over {self._stuck:.0f} s ago, but they never resumed",
            )
        for place in self._moved.keys() - assignment.partitions.keys():
            del self._moved[place]
        for place, partition in assignment.partitions.items():
            before, moved = self._moved.get(place, (partition.durable, now))
            idle = not partition.lag or not (assignment.ready and partition.valid) or partition.patient
            if idle or before != partition.durable:
                moved = now
            self._moved[place] = (partition.durable, moved)
            if now - moved > self._stuck:
                self._fatal(
                    ExitCode.NO_PROGRESS,
                    f"{partition}: {partition.lag} records wait, none written for {now - moved:.0f} s",
                )
