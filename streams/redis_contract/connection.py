"""How to reach Redis, and how long to wait for it: the same for the writer and the readers.

Rules: every wait is bounded; a dropped connection is tried once more at once, a silent one never (that would
double the wait). Credentials may stand in the URL or be given apart; they appear in no message and no repr.

Never opens a connection itself.
"""

import asyncio
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

import redis
from redis import asyncio as aioredis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from streams.quoting import quoted
from streams.redis_contract.explaining import explain
from streams.redis_contract.failures import Failure
from streams.redis_contract.layout import Keys
from streams.redis_contract.primary import (
    AsyncFinder,
    Cluster,
    Finder,
    Places,
    Sentinels,
    async_pool,
    pool,
)
from streams.redis_contract.url import TLS_SCHEMES, RedisUrl, read_url

T = TypeVar("T")

TLS_FILES: Final = {
    "ca_file": ("CA file", "a PEM file of certificates"),
    "cert_file": ("client certificate", "a PEM file, with its key apart, without a pass phrase"),
}
"""What the files for TLS are called, and what they must be."""
_ONCE_MORE = (redis.ConnectionError,)
"""What is tried once more at once."""


class TlsFileError(ValueError):
    """A file for TLS that cannot be used; the message says why.

    Attributes:
        setting, wrong, allowed: the same as an error of a setting says it.
    """

    def __init__(self, argument: Literal["ca_file", "cert_file"], path: str, why: str) -> None:
        name, self.allowed = TLS_FILES[argument]
        self.setting = f"redis_{argument.replace('_', '')}"
        self.wrong = f"{quoted(path)} cannot be used ({why})"
        super().__init__(f"the {name} {self.wrong}")


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where Redis is: one server, a service of Sentinels or a cluster (redis_url.py).

    Raises:
        ValueError: an address that cannot be, or files for TLS without it.
        TlsFileError: a ValueError too: one of these files cannot be used.
    """

    url: str = field(repr=False)
    username: str | None = None
    """An ACL user; None: the URL's, or the default user."""
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    """PEM file of the authority that signed the server's certificate; None: the system's authorities."""
    timeout_s: float = 2.0
    """Longest wait for a connection and for an answer."""
    cert_file: str | None = None
    """PEM file of the client certificate, for a server that asks for one; together with its key."""
    key_file: str | None = None
    """PEM file of its key, without a pass phrase."""

    def __post_init__(self) -> None:
        url = read_url(self.url)
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("a client certificate and its key go together: one of the two is missing")
        for what, path in (("CA file", self.ca_file), ("client certificate", self.cert_file)):
            if path and not url.tls:
                allowed = " or ".join(f"{scheme}://" for scheme in TLS_SCHEMES)
                raise ValueError(f"a {what} needs TLS: the Redis URL must begin with {allowed}")
        _check_files(self)

    def client(self, tenant: str) -> Any:  # noqa: ANN401 - redis-py cannot say that answers come decoded
        """A client for the keys of a tenant; it connects when it is first asked.

        Raises:
            ValueError: redis-py cannot read the address.
        """
        url = read_url(self.url)
        options = self._options(url) | {"retry": Retry(NoBackoff(), 1, supported_errors=_ONCE_MORE)}
        if url.kind == "server":
            return redis.Redis.from_url(self._bare(), **options)
        finder = Finder(self._places(url, tenant), self._asking(url), self.timeout_s)
        return redis.Redis.from_pool(pool(finder, tls=url.tls, db=url.db, **options))

    def async_client(self, tenant: str) -> Any:  # noqa: ANN401 - as in client
        """The same for asyncio."""
        url = read_url(self.url)
        options = self._options(url) | {"retry": AsyncRetry(NoBackoff(), 1, supported_errors=_ONCE_MORE)}
        if url.kind == "server":
            return aioredis.Redis.from_url(self._bare(), **options)
        finder = AsyncFinder(self._places(url, tenant), self._asking(url), self.timeout_s)
        return aioredis.Redis.from_pool(async_pool(finder, tls=url.tls, db=url.db, **options))

    def explain(self, error: Exception) -> Failure:
        """What is the matter with this Redis."""
        return explain(error, tls=read_url(self.url).tls)

    def _bare(self) -> str:
        """The address without credentials: redis-py would take these before those of the settings."""
        scheme, _, rest = self.url.partition("://")
        place, slash, path = rest.partition("/")
        return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"

    def _places(self, url: RedisUrl, tenant: str) -> Places:
        if url.kind == "sentinel":
            return Sentinels(url.hosts, self._credentials(url), url.service)
        return Cluster(url.hosts, self._credentials(url), Keys(tenant).prefix)

    def _options(self, url: RedisUrl) -> dict[str, Any]:
        """Keyword arguments for the connections to the server that holds the tenant."""
        waits = {"socket_timeout": self.timeout_s, "socket_connect_timeout": self.timeout_s}
        options = {"decode_responses": True, **waits, **self._credentials(url)}
        return options | (self._files() if url.tls else {})

    def _asking(self, url: RedisUrl) -> dict[str, Any]:
        """The part of them for the nodes that are asked where it is."""
        options: dict[str, Any] = {"decode_responses": True}
        if url.tls:
            options |= {"ssl": True, **self._files()}
        return options

    def _files(self) -> dict[str, str | None]:
        return {
            "ssl_ca_certs": self.ca_file or None,
            "ssl_certfile": self.cert_file or None,
            "ssl_keyfile": self.key_file or None,
        }

    def _credentials(self, url: RedisUrl) -> dict[str, str]:
        own = {"username": self.username, "password": self.password}
        in_url = {"username": url.username, "password": url.password}
        return {
            name: said for name, text in own.items() if (said := text if text is not None else in_url[name])
        }


def _check_files(address: RedisAddress) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if address.ca_file:
            context.load_verify_locations(address.ca_file)
    except OSError as error:
        raise TlsFileError("ca_file", address.ca_file or "", _why(error)) from None
    try:
        if address.cert_file:  # without an answer for a pass phrase it would be asked for on the terminal
            context.load_cert_chain(address.cert_file, address.key_file, password="")
    except OSError as error:
        raise TlsFileError("cert_file", address.cert_file or "", _why(error)) from None


def _why(error: OSError) -> str:
    return getattr(error, "reason", None) or error.strerror or type(error).__name__


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
