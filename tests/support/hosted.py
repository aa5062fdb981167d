"""A server of asyncio for callers that are not: it runs in a loop and thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from tests.support.eventually import patient

T = TypeVar("T")


@contextlib.contextmanager
def hosted(server: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Keep it open for the `with` block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    up, done = asyncio.Event(), asyncio.Event()
    opened: list[T] = []

    async def serve() -> None:
        async with server as it:
            opened.append(it)
            up.set()
            await done.wait()

    async def started() -> None:
        await up.wait()

    served = asyncio.run_coroutine_threadsafe(serve(), loop)
    try:
        asyncio.run_coroutine_threadsafe(started(), loop).result(patient(10))
        yield opened[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        served.result(patient(10))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
