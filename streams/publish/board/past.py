"""Reads the history stream in Redis (docs/contract.md, section 10) once, when a process starts.

Rules: in pages of some entries, so that neither Redis nor the event loop is held up; tried again until it
worked. Entries that are no history of ours are passed over.

Never writes, and is never needed: without Redis the board shows what the process has seen itself.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

import redis

from streams.publish.board.history import History
from streams.redis_contract.connection import BackOff, RedisAddress, answered
from streams.redis_contract.failures import SETTINGS, Cause
from streams.redis_contract.layout import Keys

_PAGE = 40
_log = logging.getLogger(__name__)


class Past:
    """Where the minutes before this process are kept.

    Args:
        address: where Redis is; its timeout bounds every wait for it.
        tenant: whose history.
    """

    def __init__(self, address: RedisAddress, tenant: str) -> None:
        self._address, self._tenant = address, tenant
        self._key = Keys(tenant).history
        self._told = False

    async def read_into(self, history: History) -> None:
        """Fill the history; ends when all that there is has been read, however long Redis is away."""
        back_off = BackOff()
        client = self._address.async_client(self._tenant)
        async with client:
            while True:
                try:
                    return await self._read(client, history)
                except (redis.RedisError, OSError) as error:  # an outage is told by the Redis sink, once
                    self._refused(error)
                    await asyncio.sleep(back_off.next_s())

    def _refused(self, error: Exception) -> None:
        """Say, once, that a person has to change something: what may be written need not be readable."""
        failure = self._address.explain(error)
        if failure.cause is Cause.REFUSED and not self._told:
            self._told = True
            _log.warning("the board has no history yet: %s", failure.line(SETTINGS))

    async def _read(self, client: Any, history: History) -> None:  # noqa: ANN401 - see read_into
        since = "-"
        while entries := await answered(client.xrange(self._key, since, "+", count=_PAGE)):
            for identifier, fields in entries:
                _take(history, identifier, fields)
                since = f"({identifier}"


def _take(history: History, identifier: str, fields: Mapping[str, str]) -> None:
    with contextlib.suppress(ValueError):
        history.fill(int(identifier.partition("-")[0]), fields)
