"""The waiting helpers end as soon as the condition holds, and fail at the deadline."""

import asyncio

import pytest

from tests.support.eventually import PATIENCE, eventually, eventually_async


def test_returns_the_first_true_value() -> None:
    """False values are asked again; the first true one is handed back."""
    values = iter([0, 0, 7, 8])
    assert eventually(lambda: next(values), within=5) == 7


def test_fails_at_the_deadline_with_the_last_value() -> None:
    """The failure tells how the condition looked when time was up."""
    with pytest.raises(AssertionError, match=r"still gives '' after 0\.05 s"):
        eventually(str, within=0.05 / PATIENCE)


def test_lets_an_exception_of_the_condition_through() -> None:
    """A condition that breaks is a failure, not a condition that is still false."""
    with pytest.raises(StopIteration):
        eventually(iter([0]).__next__, within=5)


def test_async_lets_other_tasks_make_it_true() -> None:
    """Waiting yields to the loop, so that a task can bring the condition about."""

    async def run() -> str:
        done = asyncio.Event()

        async def condition() -> str:
            return "done" if done.is_set() else ""

        waiting = asyncio.create_task(eventually_async(condition, within=5))
        await asyncio.sleep(0)
        done.set()
        return await waiting

    assert asyncio.run(run()) == "done"


def test_async_fails_at_the_deadline_even_in_the_middle_of_a_call() -> None:
    """A condition that never returns does not hang the test."""

    async def condition() -> bool:
        return await asyncio.Event().wait()

    with pytest.raises(AssertionError, match=r"still gives None after 0\.05 s"):
        asyncio.run(eventually_async(condition, within=0.05 / PATIENCE))
