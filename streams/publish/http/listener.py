"""The port of a process: listening, few and busy connections, and why it cannot be listened on.

Never: knows what is answered.
"""

import asyncio
import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

from aiohttp import web

from streams.publish.http.answering import Answering, requests_log
from streams.publish.http.doorkeeper import HEAD_S, Doorkeeper, most_connections
from streams.publish.prometheus.metrics import Sample

_IDLE_S = 30.0
"""How long a connection may be kept between two requests."""

_LINGER_S = 1.0
"""How long the rest of a request that nobody wants is read."""


class HttpError(Exception):
    """The server cannot start; the message names the address, the reason and the setting to change."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str = "127.0.0.1"
    port: int = 8700

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Listener:
    """Serves an application.

    Args:
        address: where to listen; port 0 takes a free one (see `port`).
        most: how many connections there may be at once; by default what descriptors allow.
        head_s: how long the head of a request may take to come, in seconds.
    """

    def __init__(self, address: Address, *, most: int | None = None, head_s: float = HEAD_S) -> None:
        self._address = address
        self._most = most_connections() if most is None else most
        self._head_s = head_s
        self._keeper: Doorkeeper | None = None
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        sockets = self._listening.sockets if self._listening is not None else ()
        return int(sockets[0].getsockname()[1]) if sockets else self._address.port

    def samples(self) -> Iterator[Sample]:
        """Connections now, and those that were ended."""
        if self._keeper is not None:
            yield Sample("kpi_streams_http_connections", len(self._keeper))
            yield Sample("kpi_streams_http_connections_closed_total", self._keeper.closed)

    async def start(self, application: web.Application) -> None:
        """Listen.

        Raises:
            HttpError: the address cannot be listened on, most often because something else does.
        """
        runner = web.AppRunner(
            application,
            access_log=None,
            logger=requests_log(),
            handle_signals=False,
            shutdown_timeout=2.0,
            keepalive_timeout=_IDLE_S,
            lingering_time=_LINGER_S,
        )
        await runner.setup()
        loop = asyncio.get_running_loop()
        server = cast("web.Server", runner.server)  # there since it was set up
        make = partial(Answering, server, loop=loop, **server._kwargs)  # noqa: SLF001
        keeper = Doorkeeper(make, most=self._most, head_s=self._head_s)
        try:
            self._listening = await loop.create_server(keeper, self._address.host, self._address.port)
        except OSError as error:
            await runner.cleanup()
            raise HttpError(f"HTTP cannot listen on {self._address} ({_why(error)})") from error
        self._runner, self._keeper = runner, keeper

    async def stop(self) -> None:
        """Close the port and end what is being answered."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, None)
"""asyncio leaves out addresses that are not there and then has a text alone (Python 3.13 on)."""


def _why(error: OSError) -> str:
    """What is the matter, and which setting to change."""
    if isinstance(error, socket.gaierror):
        return "the name cannot be resolved; KPI_HTTP_HOST names an address of this machine"
    if isinstance(error, PermissionError):
        return "a port below 1024 needs a right that this process lacks; KPI_HTTP_PORT sets another one"
    if error.errno in _NO_SUCH_ADDRESS:
        return "this machine has no such address; KPI_HTTP_HOST names one that it has, or 0.0.0.0 for all"
    if error.errno == errno.EADDRINUSE:
        return "the port is in use, most likely by another worker; KPI_HTTP_PORT sets another one"
    return f"{error.strerror or type(error).__name__}; KPI_HTTP_HOST and KPI_HTTP_PORT set another place"
