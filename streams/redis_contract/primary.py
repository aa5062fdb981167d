"""Finds the server that holds a tenant: the primary that Sentinels name, or the owner of a slot in a cluster.

Rules: a tenant lives in one slot (its keys share a hash tag), hence on one server, in a cluster too. So every
client is redis-py's plain one over its Sentinel pool, and scripts, transactions and channels mean the same
everywhere; only the question whom to connect to differs, and it is asked before every new connection. A
server that turns out not to be it any more (READONLY, MOVED) is left, and asked for anew, at once. Each
search begins with another node, so none with an old view holds us; it takes at most twice the timeout.

Why not redis-py's RedisCluster: a tenant would depend on all shards (it asks the first one what commands
there are, and loads scripts on every one), its errors are no RedisError, and in asyncio it starts a thread
and a loop for each command of a transaction.

Never: follows a slot while it moves (ASK; an error until it has moved), or reads from replicas.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast

import redis
from redis import asyncio as aioredis
from redis.asyncio import sentinel as aiosentinel
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import AuthenticationError, ClusterDownError, MovedError, NoPermissionError
from redis.retry import Retry
from redis.sentinel import SentinelConnectionPool, SentinelManagedConnection, SentinelManagedSSLConnection

from streams.redis_contract.url import Host

_MOST = 8
"""How many nodes one search asks; the next search goes on with others."""

Credentials = Mapping[str, str]


class NoPrimaryError(redis.RedisError):
    """No server for this tenant is known at present; the message says why, and holds no secret."""

    def __init__(self, says: str, errors: Iterable[Exception] = ()) -> None:
        super().__init__(says)
        self.errors = tuple(errors)
        """What those said or did that were asked."""


class Places(ABC):
    """Whom to ask, and what their answers mean.

    Args:
        nodes: those that the address names.
        credentials: with which to ask, one after the other while the node says it needs others.
    """

    command: ClassVar[str]
    asked: ClassVar[str]
    """What a node is called in messages."""

    def __init__(self, nodes: Iterable[Host], credentials: Sequence[Credentials]) -> None:
        self.credentials = credentials
        self._named = tuple(nodes)
        self._learned: tuple[Host, ...] = ()
        self._moved: Host | None = None
        self._searches = 0

    def moved(self, error: MovedError) -> None:
        """A server named its successor, of which others may not have heard yet."""
        self._moved = (error.host, error.port) if error.host else None

    def successor(self) -> Host | None:
        """Where to look first, once."""
        moved, self._moved = self._moved, None
        return moved

    def order(self) -> tuple[Host, ...]:
        """Whom to ask now, one after the other."""
        known = tuple(dict.fromkeys((*self._named, *self._learned)))
        first = self._searches % len(known)
        self._searches += 1
        return (known[first:] + known[:first])[:_MOST]

    @abstractmethod
    def found(self, node: Host, answer: Any) -> Host:  # noqa: ANN401 - as the server says it
        """The server, by the answer of a node.

        Raises:
            NoPrimaryError: it knows none.
        """

    def none(self, errors: Mapping[Host, Exception]) -> NoPrimaryError:
        """Nobody knew one: the word of one who answered says more than silence."""
        for node, error in errors.items():
            if isinstance(error, NoPrimaryError):
                return error
            if isinstance(error, AuthenticationError):
                return NoPrimaryError(f"{self.asked} {_text(node)} refuses our user or password", (error,))
            if isinstance(error, NoPermissionError):
                return NoPrimaryError(f"{_text(node)} forbids us {self.command}", (error,))
            if isinstance(error, redis.ResponseError):
                return NoPrimaryError(f"{_text(node)} is no {self.asked}")
        return NoPrimaryError(f"no {self.asked} answers at {', '.join(map(_text, errors))}", errors.values())


class Sentinels(Places):
    """The Sentinels of a service; they are asked without credentials first, as most have none."""

    command = "SENTINEL MASTERS"
    asked = "Sentinel"

    def __init__(self, nodes: Iterable[Host], credentials: Credentials, service: str) -> None:
        super().__init__(nodes, ({}, credentials) if credentials else ({},))
        self._service = service

    def found(self, node: Host, answer: Any) -> Host:  # noqa: ANN401, ARG002 - as Places says
        """The primary that is not known to be down."""
        state = answer.get(self._service)
        if state is None:
            known = ", ".join(sorted(answer)) or "none"
            raise NoPrimaryError(f"the Sentinels watch no service {self._service}; they know {known}")
        if not state["is_master"] or state["is_sdown"] or state["is_odown"]:
            raise NoPrimaryError(f"the primary of {self._service} is down, and no replica has taken over yet")
        return str(state["ip"]), int(state["port"])


class Cluster(Places):
    """The nodes of a Redis Cluster, and the slot that the keys of one tenant share."""

    command = "CLUSTER SLOTS"
    asked = "Redis Cluster node"

    def __init__(self, nodes: Iterable[Host], credentials: Credentials, key: str) -> None:
        super().__init__(nodes, (credentials,))
        self._slot = key_slot(key.encode())

    def found(self, node: Host, answer: Any) -> Host:  # noqa: ANN401 - as Places says
        """The owner of the slot; the others are asked as well from now on."""
        owner: Host | None = None
        learned: list[Host] = []
        for first, last, *servers in answer:
            hosts = [(str(server[0] or node[0]), int(server[1])) for server in servers]
            learned += hosts
            if first <= self._slot <= last:
                owner = hosts[0]
        self._learned = tuple(dict.fromkeys(learned))
        if owner is None:
            raise NoPrimaryError(f"no node of the Redis Cluster serves slot {self._slot}")
        return owner


class Finder:
    """Asks the nodes; the part of redis-py's Sentinel that its pool needs."""

    def __init__(self, places: Places, options: Mapping[str, Any], timeout_s: float) -> None:
        self.places, self._options, self._timeout_s = places, options, timeout_s

    def discover_master(self, _name: str) -> Host:
        """Find the server.

        Raises:
            NoPrimaryError: nobody knows it.
        """
        if moved := self.places.successor():
            return moved
        errors = dict[Host, Exception]()
        for node, options in _questions(self.places, self._options, self._timeout_s):
            if errors.get(node) and not isinstance(errors[node], AuthenticationError):
                continue
            try:
                with redis.Redis(retry=Retry(NoBackoff(), 0), **options) as client:
                    asked: Any = client  # redis-py's is untyped
                    return self.places.found(node, asked.execute_command(self.places.command))
            except (redis.RedisError, OSError) as error:
                errors[node] = error
        raise self.places.none(errors)


class AsyncFinder:
    """The same for asyncio."""

    def __init__(self, places: Places, options: Mapping[str, Any], timeout_s: float) -> None:
        self.places, self._options, self._timeout_s = places, options, timeout_s

    async def discover_master(self, _name: str) -> Host:
        """Find the server.

        Raises:
            NoPrimaryError: nobody knows it.
        """
        if moved := self.places.successor():
            return moved
        errors = dict[Host, Exception]()
        for node, options in _questions(self.places, self._options, self._timeout_s):
            if errors.get(node) and not isinstance(errors[node], AuthenticationError):
                continue
            try:
                async with aioredis.Redis(retry=AsyncRetry(NoBackoff(), 0), **options) as client:
                    asked: Any = client  # redis-py's is untyped
                    return self.places.found(node, await asked.execute_command(self.places.command))
            except (redis.RedisError, OSError) as error:
                errors[node] = error
        raise self.places.none(errors)


def _questions(
    places: Places, options: Mapping[str, Any], timeout_s: float
) -> Iterator[tuple[Host, dict[str, Any]]]:
    """Whom to ask, and with which keyword arguments for redis-py; all together wait twice the timeout."""
    order = places.order()
    waits = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), timeout_s / len(order))
    for node in order:
        for credentials in places.credentials:
            yield node, {**options, **waits, **credentials, "host": node[0], "port": node[1]}


class _Connection(SentinelManagedConnection):
    """A connection that asks for the server whenever it connects, and leaves one that names another."""

    def connect_check_health(self, *args: bool, **options: bool) -> None:
        """Connect; redis-py itself would go back to the old server where a question is repeated."""
        if options.get("retry_socket_connect", True):
            self.connect()  # type: ignore[no-untyped-call] # redis-py's
        else:
            super().connect_check_health(*args, **options)

    def read_response(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - redis-py's
        """Read an answer, or leave."""
        try:
            return super().read_response(*args, **options)
        except (MovedError, ClusterDownError) as error:
            self.disconnect()  # type: ignore[no-untyped-call] # redis-py's
            raise _left(self.connection_pool.sentinel_manager.places, error) from None


class _TlsConnection(_Connection, SentinelManagedSSLConnection):
    """The same over TLS."""


class _AsyncConnection(aiosentinel.SentinelManagedConnection):
    """The same for asyncio."""

    async def connect_check_health(self, *args: bool, **options: bool) -> None:
        """Connect, as above."""
        if options.get("retry_socket_connect", True):
            await self.connect()  # type: ignore[no-untyped-call] # redis-py's
        else:
            await super().connect_check_health(*args, **options)

    async def read_response(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - redis-py's
        """Read an answer, or leave."""
        try:
            return await super().read_response(*args, **options)
        except (MovedError, ClusterDownError) as error:
            await self.disconnect()
            raise _left(self.connection_pool.sentinel_manager.places, error) from None


class _AsyncTlsConnection(_AsyncConnection, aiosentinel.SentinelManagedSSLConnection):
    """The same over TLS."""


def pool(finder: Finder, *, tls: bool, **options: Any) -> SentinelConnectionPool:  # noqa: ANN401 - redis-py's
    """Connections to the server that is found."""
    kind = _TlsConnection if tls else _Connection
    made: Any = SentinelConnectionPool  # redis-py's is untyped
    return cast("SentinelConnectionPool", made("", finder, connection_class=kind, **options))


def async_pool(finder: AsyncFinder, *, tls: bool, **options: Any) -> aiosentinel.SentinelConnectionPool:  # noqa: ANN401 - redis-py's
    """The same for asyncio."""
    kind = _AsyncTlsConnection if tls else _AsyncConnection
    made: Any = aiosentinel.SentinelConnectionPool  # redis-py's is untyped
    return cast("aiosentinel.SentinelConnectionPool", made("", finder, connection_class=kind, **options))


def _left(places: Places, error: redis.RedisError) -> redis.RedisError:
    """A moved slot is asked for once more at once, a cluster that is down is not."""
    if isinstance(error, MovedError):
        places.moved(error)
        return redis.ConnectionError("the slot has another owner")
    return NoPrimaryError("the Redis Cluster is down")


def _text(node: Host) -> str:
    host, port = node
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
