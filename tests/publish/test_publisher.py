"""The publisher's loop: one snapshot a tick, the same for all sinks, and nothing before all is read."""

import asyncio

import pytest

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.publish.merge.merger import Merger
from streams.publish.publisher import Publisher
from tests.publish.world import T0, part
from tests.support.eventually import eventually_async

HOUR = Definition(window_names=("1h",))


class Recorder:
    """A sink that remembers what happened to it."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.snapshots: list[Snapshot] = []
        self.events: list[str] = []
        self._refuses = refuses

    async def start(self) -> None:
        """Start, or not."""
        if self._refuses:
            raise OSError("refused")
        self.events.append("start")

    def publish(self, snapshot: Snapshot) -> None:
        """Remember it."""
        self.snapshots.append(snapshot)

    async def stop(self) -> None:
        """Stop."""
        self.events.append("stop")


class WallClock:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.now_ms = T0

    def __call__(self) -> int:
        """The time."""
        return self.now_ms


def live_merger() -> Merger:
    """One live partition."""
    merger = Merger(HOUR, 1)
    merger.offer(part(HOUR, 0, T0, with_dimensions=True))
    return merger


def test_every_sink_gets_the_very_same_snapshot() -> None:
    """It is computed once and shared."""
    sinks = [Recorder(), Recorder()]
    publisher = Publisher(live_merger(), sinks, WallClock())
    publisher.step()
    assert publisher.current is not None
    assert [sink.snapshots for sink in sinks] == [[publisher.current]] * 2
    assert sinks[0].snapshots[0] is sinks[1].snapshots[0]


def test_nothing_is_published_until_all_that_was_said_is_read() -> None:
    """Half of the totals read would look like half of the partitions recovering."""
    read = False
    sink = Recorder()
    publisher = Publisher(live_merger(), [sink], WallClock(), caught_up=lambda: read)
    publisher.step()
    assert (sink.snapshots, publisher.health().reasons) == (
        [],
        ("the totals of the partitions are still being read",),
    )
    read = True
    publisher.step()
    assert len(sink.snapshots) == 1


def test_the_loop_publishes_at_every_tick_and_stops_its_sinks() -> None:
    """Sinks start before the first snapshot and stop with the loop."""

    async def scene() -> Recorder:
        sink = Recorder()
        task = asyncio.create_task(Publisher(live_merger(), [sink], WallClock(), tick_ms=20).run())

        async def ticked() -> bool:
            return len(sink.snapshots) > 3

        await eventually_async(ticked, within=10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return sink

    assert asyncio.run(scene()).events == ["start", "stop"]


def test_a_sink_that_cannot_start_ends_the_loop_and_stops_the_others() -> None:
    """A taken port, for one, is for the user to see."""
    first = Recorder()
    with pytest.raises(OSError, match="refused"):
        asyncio.run(Publisher(live_merger(), [first, Recorder(refuses=True)], WallClock()).run())
    assert first.events == ["start", "stop"]


def test_health_names_what_is_missing() -> None:
    """Well with complete and current values; else the condition and the partitions behind it."""
    clock = WallClock()
    assert Publisher(Merger(HOUR, 1), [], clock).health().reasons == (
        "no partition has published totals yet",
    )
    merger = live_merger()
    publisher = Publisher(merger, [], clock)
    publisher.step()
    assert publisher.health().ok
    clock.now_ms = T0 + 60_000
    publisher.step()
    assert publisher.health().reasons == ("values are stale", "partition 0 is silent")
    merger.offer(part(HOUR, 0, T0 + 60_000, live=False))
    publisher.step()
    assert publisher.health().reasons == ("values are recovering", "partition 0 is recovering")


def test_the_metrics_count_snapshots_and_refused_totals() -> None:
    """What an operator sees of the publisher itself."""
    merger = live_merger()
    merger.offer(part(HOUR, 0, T0 - 1, definition_hash="other"))
    publisher = Publisher(merger, [], WallClock())
    publisher.step()
    told = {sample.name: sample.value for sample in publisher.samples()}
    assert told.pop("kpi_streams_snapshot_seconds_total") > 0
    assert told == {"kpi_streams_snapshots_total": 1, "kpi_streams_totals_refused_total": 1}
