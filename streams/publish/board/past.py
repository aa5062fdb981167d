"""Reads the history stream in Redis (docs/contract.md, section 10) once, when a process starts.

Rules: in pages of some entries, so that neither Redis nor the event loop is held up; tried again until it
worked. Entries that are no history of ours are passed over.

Never writes, and is never needed: without Redis the board shows what the process has seen itself.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import redis
from redis.asyncio import Redis

from streams.publish.board.history import History
from streams.publish.connection import BackOff, RedisAddress, answered
from streams.publish.layout import Keys

_PAGE = 40


class Past:
    """Where the minutes before this process are kept.

    Args:
        address: where Redis is; its timeout bounds every wait for it.
        tenant: whose history.
    """

    def __init__(self, address: RedisAddress, tenant: str) -> None:
        self._address = address
        self._key = Keys(tenant).history

    async def read_into(self, history: History) -> None:
        """Fill the history; ends when all that there is has been read, however long Redis is away."""
        address, back_off = self._address, BackOff()
        # Any: redis-py's types cannot say that answers come decoded
        client: Any = Redis.from_url(address.url, retry=address.async_retry(), **address.options())
        async with client:
            while True:
                try:
                    return await self._read(client, history)
                except (redis.RedisError, OSError):  # the Redis sink says so, once
                    await asyncio.sleep(back_off.next_s())

    async def _read(self, client: Any, history: History) -> None:  # noqa: ANN401 - see read_into
        since = "-"
        while entries := await answered(client.xrange(self._key, since, "+", count=_PAGE)):
            for identifier, fields in entries:
                _take(history, identifier, fields)
                since = f"({identifier}"


def _take(history: History, identifier: str, fields: Mapping[str, str]) -> None:
    with contextlib.suppress(ValueError):
        history.fill(int(identifier.partition("-")[0]), fields)
