"""The HTTP side of a worker: the board, metrics, health and the snapshot, read only.

Rules: answers come from the newest snapshot and from the health given at construction. Every answer says that
it is not to be stored, sniffed or framed. A HEAD is a GET without a body; another method is a 405.

Never: serves files of the machine, takes input that changes anything, or logs requests.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import MappingProxyType

import msgspec
from aiohttp import web

from streams.core.snapshot import Snapshot
from streams.publish.board.board import Board
from streams.publish.health import Health
from streams.publish.prometheus import Exposition

OK, NOT_MODIFIED, UNAVAILABLE = 200, 304, 503

HEADERS = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Server": "kpi-streams",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)

_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Content-Security-Policy of what brings none of its own: nothing may be loaded."""


class HttpError(Exception):
    """The server cannot start; the message names the address, the reason and the setting to change."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, and how an operator changes it."""

    host: str = "127.0.0.1"
    port: int = 8700
    setting: str = "KPI_HTTP_PORT"

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
    """

    def __init__(
        self,
        address: Address,
        exposition: Exposition,
        board: Board,
        *,
        alive: Callable[[], Health],
        ready: Callable[[], Health],
    ) -> None:
        self._address = address
        self._exposition = exposition
        self._board = board
        self._alive = alive
        self._ready = ready
        self._snapshot: Snapshot | None = None
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else self._address.port

    def application(self) -> web.Application:
        """The routes, bound to this server's state."""
        application = web.Application()
        application.on_response_prepare.append(_harden)
        application.router.add_routes(self._board.routes())
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/healthz", _health(self._alive))
        application.router.add_get("/readyz", _health(self._ready))
        application.router.add_get("/api/snapshot", self._document)
        return application

    async def start(self) -> None:
        """Listen.

        Raises:
            HttpError: the address cannot be listened on, most often because something else does.
        """
        runner = web.AppRunner(
            self.application(), access_log=None, handle_signals=False, shutdown_timeout=2.0
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._address.host, self._address.port).start()
        except OSError as error:
            await runner.cleanup()
            reason = error.strerror or type(error).__name__
            raise HttpError(
                f"HTTP cannot listen on {self._address} ({reason}); {self._address.setting} sets another port"
            ) from error
        self._runner = runner
        await self._board.start()

    def publish(self, snapshot: Snapshot) -> None:
        """Serve this snapshot from now on."""
        self._snapshot = snapshot
        self._board.publish(snapshot)

    async def stop(self) -> None:
        """Close the port and end what is being answered."""
        await self._board.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = await self._exposition.scrape(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

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


def _health(source: Callable[[], Health]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        health = source()
        body = {"status": "ok" if health.ok else "unavailable", "reasons": list(health.reasons)}
        return _json(body, OK if health.ok else UNAVAILABLE)

    return answer


async def _harden(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.update(HEADERS)


def _json(body: object, status: int) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")
