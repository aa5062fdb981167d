"""The HTTP side of a worker: the board, metrics, health and the snapshot, read only.

Rules: answers come from the newest snapshot and from the health given at construction; who is answered, and
how, stands in answering.py. A HEAD is a GET without a body; another method is a 405.

Never: serves files of the machine, takes input that changes anything, or logs requests.
"""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

import msgspec
from aiohttp import web

from streams.core.kpi.snapshot import Snapshot
from streams.publish.board.board import Board
from streams.publish.http.answering import Answering, harden, only_ours, requests_log
from streams.publish.http.doorkeeper import HEAD_S, Doorkeeper, most_connections
from streams.publish.http.health import Health
from streams.publish.prometheus.exposition import Exposition
from streams.publish.prometheus.metrics import Sample

OK, NOT_MODIFIED, UNAVAILABLE = 200, 304, 503

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


class HttpServer:
    """Serves the newest snapshot; a Sink.

    Args:
        address: where to listen; port 0 takes a free one (see `port`).
        exposition: what /metrics shows.
        board: what / shows.
        alive: whether the process is well.
        ready: whether its values are complete and published.
        names: under which it is asked for, beside addresses and localhost; ``*``: any.
        most: how many connections there may be at once; by default what descriptors allow.
        head_s: how long the head of a request may take to come, in seconds.
    """

    def __init__(
        self,
        address: Address,
        exposition: Exposition,
        board: Board,
        *,
        alive: Callable[[], Health],
        ready: Callable[[], Health],
        names: Collection[str] = (),
        most: int | None = None,
        head_s: float = HEAD_S,
    ) -> None:
        self._address = address
        self._exposition = exposition
        self._board = board
        self._alive = alive
        self._ready = ready
        self._snapshot: Snapshot | None = None
        self._most = most_connections() if most is None else most
        self._head_s = head_s
        self._names = frozenset(name.strip().lower() for name in names)
        self._keeper: Doorkeeper | None = None
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        sockets = self._listening.sockets if self._listening is not None else ()
        return int(sockets[0].getsockname()[1]) if sockets else self._address.port

    def application(self) -> web.Application:
        """The routes, bound to this server's state."""
        application = web.Application(middlewares=[only_ours(self._names)])
        application.on_response_prepare.append(harden)
        application.router.add_routes(self._board.routes())
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/healthz", _health(self._alive))
        application.router.add_get("/readyz", _health(self._ready))
        application.router.add_get("/api/snapshot", self._document)
        application.router.add_get("/api/alarms", self._alarms)
        return application

    def samples(self) -> Iterator[Sample]:
        """Connections now, and those that were ended."""
        if self._keeper is not None:
            yield Sample("kpi_streams_http_connections", len(self._keeper))
            yield Sample("kpi_streams_http_connections_closed_total", self._keeper.closed)

    async def start(self) -> None:
        """Listen.

        Raises:
            HttpError: the address cannot be listened on, most often because something else does.
        """
        runner = web.AppRunner(
            self.application(),
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
        await self._board.start()

    def publish(self, snapshot: Snapshot) -> None:
        """Serve this snapshot from now on."""
        self._snapshot = snapshot
        self._board.publish(snapshot)

    async def stop(self) -> None:
        """Close the port and end what is being answered."""
        await self._board.stop()
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = await self._exposition.scrape(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _alarms(self, _request: web.Request) -> web.Response:
        alarms = None if self._snapshot is None else self._snapshot.alarms
        if alarms is None:
            return _json({"status": "unavailable", "reasons": ["nothing is known of alarms"]}, UNAVAILABLE)
        return web.Response(body=alarms.json, content_type="application/json")

    async def _document(self, request: web.Request) -> web.Response:
        snapshot = self._snapshot
        if snapshot is None:
            return _json({"status": "unavailable", "reasons": ["no snapshot yet"]}, UNAVAILABLE)
        tag = f"{snapshot.t_ms}-{snapshot.computed_at_ms}"
        if request.if_none_match and tag in {known.value for known in request.if_none_match}:
            return web.Response(status=NOT_MODIFIED, headers={"ETag": f'"{tag}"'})
        return web.Response(
            body=snapshot.json(), content_type="application/json", headers={"ETag": f'"{tag}"'}
        )


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


def _health(source: Callable[[], Health]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        health = source()
        body = {"status": "ok" if health.ok else "unavailable", "reasons": list(health.reasons)}
        return _json(body, OK if health.ok else UNAVAILABLE)

    return answer


def _json(body: object, status: int) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")
