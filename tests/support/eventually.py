"""Waiting for a condition with a deadline: what tests do instead of sleeping.

Rules: the condition is asked at once and then every 20 ms; its first true value is returned; an exception
that it raises is the test's failure and is not swallowed. Seconds are those of a machine with nothing else to
do: a deadline is PATIENCE times as long, which costs only a test that fails, and by which a slow machine or
others at work on it make none fail.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

PATIENCE = 6
_POLL_S = 0.02
T = TypeVar("T")


def patient(seconds: float) -> float:
    """Return how long to wait for what takes at most so long on a machine with nothing else to do."""
    return seconds * PATIENCE


def eventually(predicate: Callable[[], T], *, within: float) -> T:
    """Wait until `predicate()` is true and return what it gave.

    Raises:
        AssertionError: it is still false after `patient(within)` seconds; the message holds its last value.
    """
    deadline = time.monotonic() + patient(within)
    while not (value := predicate()):
        if time.monotonic() > deadline:
            raise AssertionError(_still_false(predicate, value, within))
        time.sleep(_POLL_S)
    return value


async def eventually_async(predicate: Callable[[], Awaitable[T]], *, within: float) -> T:
    """Wait until `await predicate()` is true and return what it gave; other tasks run meanwhile.

    Raises:
        AssertionError: it is still false after `patient(within)` seconds, or one call of it lasts longer than
            what was left of them; the message holds its last value.
    """
    deadline = time.monotonic() + patient(within)
    value: T | None = None
    while True:
        try:
            value = await asyncio.wait_for(predicate(), max(deadline - time.monotonic(), _POLL_S))
        except TimeoutError as error:
            raise AssertionError(_still_false(predicate, value, within)) from error
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(_still_false(predicate, value, within))
        await asyncio.sleep(_POLL_S)


def _still_false(predicate: Callable[[], object], value: object, within: float) -> str:
    name = getattr(predicate, "__qualname__", repr(predicate))
    return f"{name} still gives {value!r} after {patient(within):g} s"
