"""Closing an aiokafka consumer while a broker is away.

aiokafka's Fetcher cancels its requests and then awaits each; one that waits to be tried again ends as
cancelled, and so would whoever stops the consumer: a reader that wanted to start anew would end for ever,
without an error. ``install`` makes every consumer of this process wait for its requests, however they end.

Never: hides that the one who stops was cancelled itself.
"""

import asyncio

from aiokafka.consumer import consumer, fetcher


class Fetcher(fetcher.Fetcher):  # type: ignore[misc]  # aiokafka is untyped
    """Fetches as aiokafka's does."""

    async def close(self) -> None:
        """End all requests; whoever waits for records is told."""
        self._closed = True
        tasks = [self._fetch_task, *self._pending_tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for waiter in list(self._fetch_waiters):
            self._notify(waiter)


def install() -> None:
    """Make every aiokafka consumer of this process close so. Safe to call again."""
    consumer.Fetcher = Fetcher
