"""The publisher's loop: at every tick the snapshot of now, given to every sink.

Rules: the snapshot is computed once a tick and shared; a tick that was missed is not made up for. Nothing is
published before all that the partitions had said when we started is read: half of them known would look like
half of them recovering.

Never: waits for a sink, or hides an error in computing a snapshot: that is a bug and ends the loop.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence

from streams.core.kpi.snapshot import Snapshot
from streams.publish.http.health import Health
from streams.publish.merge.merger import Merger
from streams.publish.prometheus.metrics import Sample
from streams.publish.sink import Sink

Clock = Callable[[], int]
"""The wall clock in ms since the epoch."""


class Publisher:
    """Computes and hands out snapshots.

    Args:
        merger: holds what the partitions said.
        sinks: who gets the snapshots.
        clock: the wall clock.
        tick_ms: how often.
        caught_up: whether all that was said before we started is read.
    """

    def __init__(
        self,
        merger: Merger,
        sinks: Sequence[Sink],
        clock: Clock,
        *,
        tick_ms: int = 1_000,
        caught_up: Callable[[], bool] = lambda: True,
    ) -> None:
        self._merger = merger
        self._sinks = sinks
        self._clock = clock
        self._tick_ms = tick_ms
        self._caught_up = caught_up
        self._snapshots = 0
        self._seconds = 0.0
        self.current: Snapshot | None = None
        """The newest snapshot."""

    async def run(self) -> None:
        """Start the sinks and publish until cancelled; the sinks are stopped then.

        Raises:
            Exception: what a sink's start raises; what is wrong with a snapshot.
        """
        started: list[Sink] = []
        merging: asyncio.Task[None] | None = None
        try:
            for sink in self._sinks:
                await sink.start()
                started.append(sink)
            while True:
                self.step()
                merging = self._merge_sweeps(merging)
                await asyncio.sleep(self._until_tick_s())
        finally:
            if merging is not None:
                merging.cancel()
            await asyncio.gather(*(sink.stop() for sink in reversed(started)))

    def step(self) -> None:
        """One tick."""
        if not self._caught_up():
            return
        began_s = time.perf_counter()
        snapshot = self._merger.snapshot(self._clock())
        if snapshot is not None:
            self.current = snapshot
            for sink in self._sinks:
                sink.publish(snapshot)
            self._snapshots += 1
        self._seconds += time.perf_counter() - began_s

    def _merge_sweeps(self, merging: asyncio.Task[None] | None) -> asyncio.Task[None] | None:
        """Merge what sweeps found beside the loop, one merge at a time.

        Raises:
            Exception: what was wrong with the merge before.
        """
        if merging is not None:
            if not merging.done():
                return merging
            merging.result()
        if not (self._caught_up() and self._merger.sweeps_wait):
            return None
        return asyncio.create_task(asyncio.to_thread(self._merger.merge_sweeps))

    def health(self) -> Health:
        """Why the values are not complete and current, if they are not."""
        if not self._caught_up():
            return Health(("the totals of the partitions are still being read",))
        if self.current is None:
            return Health(("no partition has published totals yet",))
        if self.current.condition == "ok":
            return Health()
        states = {number: info["state"] for number, info in self.current.partitions.items()}
        reasons = [f"partition {number} is {state}" for number, state in states.items() if state != "ok"]
        return Health((f"values are {self.current.condition}", *reasons))

    def samples(self) -> Iterator[Sample]:
        """What the metrics say of the publisher."""
        yield Sample("kpi_streams_snapshots_total", self._snapshots)
        yield Sample("kpi_streams_snapshot_seconds_total", self._seconds)
        yield Sample("kpi_streams_totals_refused_total", self._merger.refused)

    def _until_tick_s(self) -> float:
        """Until half a tick after partitions evaluate: most have committed by then."""
        return (self._tick_ms - (self._clock() + self._tick_ms // 2) % self._tick_ms) / 1000
