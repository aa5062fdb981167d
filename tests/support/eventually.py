"""Waiting for a condition with a deadline: what tests do instead of sleeping.

Rules: the condition is asked at once and then every 20 ms; its first true value is returned; an exception
that it raises is the test's failure and is not swallowed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

_POLL_S = 0.02
T = TypeVar("T")


def eventually(predicate: Callable[[], T], *, within: float) -> T:
    """Wait until `predicate()` is true and return what it gave.

    Raises:
        AssertionError: it is still false after `within` seconds; the message holds its last value.
    """
    deadline = time.monotonic() + within
    while not (value := predicate()):
        if time.monotonic() > deadline:
            raise AssertionError(_still_false(predicate, value, within))
        time.sleep(_POLL_S)
    return value


async def eventually_async(predicate: Callable[[], Awaitable[T]], *, within: float) -> T:
    """Wait until `await predicate()` is true and return what it gave; other tasks run meanwhile.

    Raises:
        AssertionError: it is still false after `within` seconds, or one call of it lasts longer than what
            was left of them; the message holds its last value.
    """
    deadline = time.monotonic() + within
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
    return f"{name} still gives {value!r} after {within:g} s"
