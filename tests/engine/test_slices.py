"""Long work leaves room for others, and for a flush everything is of one state."""

import asyncio
from collections.abc import Generator
from time import perf_counter

from streams.core.steps import finish
from streams.engine.producer import SLICE_S
from streams.engine.slices import in_slices


def busy(steps: int, each_s: float) -> Generator[None, None, str]:
    """So many steps, each of which takes so long."""
    for _ in range(steps):
        until = perf_counter() + each_s
        while perf_counter() < until:
            pass
        yield
    return "done"


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


def test_others_have_their_turn_after_every_slice() -> None:
    """Ten slices of work."""
    result, turns = asyncio.run(turns_beside(busy(50, SLICE_S / 4)))
    assert result == "done"
    assert turns >= 9


def test_short_work_is_done_at_once() -> None:
    """Nobody else has a turn in it."""
    assert asyncio.run(turns_beside(busy(3, 0))) == ("done", 0)


def test_a_pause_is_kept_between_slices() -> None:
    """Three slices, two pauses at least."""
    since = perf_counter()
    asyncio.run(turns_beside(busy(7, SLICE_S / 2), pause_s=0.05))
    assert perf_counter() - since > 0.1


def test_finished_at_once_the_result_is_the_same() -> None:
    """For those who need not share."""
    assert finish(busy(3, 0)) == "done"
