"""Long work leaves room for others, and for a flush everything is of one state."""

import asyncio
from collections.abc import Generator

import pytest

from streams.core.partition.sweep.steps import finish
from streams.engine.ownership import slices
from streams.engine.ownership.producer import SLICE_S
from streams.engine.ownership.slices import in_slices


class Clock:
    """A clock that moves with the work alone, as if nobody else used the machine."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def busy(self, steps: int, each_s: float) -> Generator[None, None, str]:
        """So many steps, each of which takes so long."""
        for _ in range(steps):
            self.now_s += each_s
            yield
        return "done"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that slices are measured by."""
    made = Clock()
    monkeypatch.setattr(slices, "perf_counter", lambda: made.now_s)
    return made


async def turns_beside(work: Generator[None, None, str], pause_s: float = 0.0) -> tuple[str, int]:
    """The result of the work, and how often somebody else had a turn meanwhile."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    result = await in_slices(work, pause_s=pause_s)
    task.cancel()
    return result, turns


def test_others_have_their_turn_after_every_slice(clock: Clock) -> None:
    """Fifty steps, of which four or five make a slice."""
    result, turns = asyncio.run(turns_beside(clock.busy(50, SLICE_S / 4)))
    assert result == "done"
    assert turns >= 10


def test_short_work_is_done_at_once(clock: Clock) -> None:
    """Nobody else has a turn in it."""
    assert asyncio.run(turns_beside(clock.busy(3, 0))) == ("done", 0)


def test_a_pause_is_kept_between_slices(clock: Clock) -> None:
    """Three slices, two pauses: no shorter than what is asked for."""

    async def lasts_s() -> float:
        loop = asyncio.get_running_loop()
        since = loop.time()
        await turns_beside(clock.busy(7, SLICE_S / 2), pause_s=0.05)
        return loop.time() - since

    assert asyncio.run(lasts_s()) > 0.09  # timers may be a tick of the loop's clock early


def test_finished_at_once_the_result_is_the_same(clock: Clock) -> None:
    """For those who need not share."""
    assert finish(clock.busy(3, 0)) == "done"
