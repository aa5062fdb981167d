"""How to reach Redis, and how long to wait for it: the same for the writer and the readers.

Rules: every wait is bounded; a dropped connection is tried once more at once, a silent one never (that would
double the wait). Credentials may stand in the URL or be given apart; they appear in no message and no repr.

Never opens a connection itself.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from redis import ConnectionError  # noqa: A004 - redis' own, of dropped connections
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")

TLS_SCHEME = "rediss"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where Redis is: ``redis://host:6379/0``, ``rediss://`` (TLS) or ``unix://path``.

    Raises:
        ValueError: a CA file without TLS.
    """

    url: str = field(repr=False)
    username: str | None = None
    """An ACL user; None: the URL's, or the default user."""
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    """PEM file of the authority that signed the server's certificate; None: the system's authorities."""
    timeout_s: float = 2.0
    """Longest wait for a connection and for an answer."""

    def __post_init__(self) -> None:
        if self.ca_file and urlsplit(self.url).scheme != TLS_SCHEME:
            raise ValueError(f"a CA file needs TLS: the Redis URL must begin with {TLS_SCHEME}://")

    def options(self) -> dict[str, Any]:
        """Keyword arguments for ``from_url`` of redis-py, sync or async, but for ``retry``."""
        options: dict[str, Any] = {
            "decode_responses": True,
            "socket_timeout": self.timeout_s,
            "socket_connect_timeout": self.timeout_s,
        }
        if self.username is not None:
            options["username"] = self.username
        if self.password is not None:
            options["password"] = self.password
        if self.ca_file is not None:
            options["ssl_ca_certs"] = self.ca_file
        return options

    def retry(self) -> Retry:
        """How redis-py repeats a question."""
        return Retry(NoBackoff(), 1, supported_errors=(ConnectionError,))

    def async_retry(self) -> AsyncRetry:
        """The same for asyncio."""
        return AsyncRetry(NoBackoff(), 1, supported_errors=(ConnectionError,))


@dataclass(slots=True)
class BackOff:
    """Growing waits between attempts: 0.1 s doubling up to 5 s."""

    _next_s: float = 0.1

    def next_s(self) -> float:
        """Seconds to wait before the next attempt."""
        wait_s, self._next_s = self._next_s, min(2 * self._next_s, 5.0)
        return wait_s

    def reset(self) -> None:
        """An attempt succeeded."""
        self._next_s = 0.1


async def answered(answer: Awaitable[T]) -> T:
    """Await an answer of redis-py such that a cancellation of the task is never lost.

    redis-py sends through ``asyncio.wait_for``, which in Python 3.11 drops a cancellation that comes in the
    very moment when what it waits for is done: whoever is to be ended by one would go on for ever.

    Raises:
        redis.RedisError, OSError: as redis-py does.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    try:
        return await answer
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError
