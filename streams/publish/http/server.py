"""The HTTP side of a worker: the board, metrics, health and the snapshot, read only.

Rules: answers come from the newest snapshot and from the health given at construction; who is answered, and
how, stands in answering.py. A HEAD is a GET without a body; another method is a 405.

Never: serves files of the machine, takes input that changes anything, or logs requests.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator

import msgspec
from aiohttp import web

from streams.core.kpi.snapshot import Snapshot
from streams.publish.board.board import Board
from streams.publish.http.answering import harden, only_ours
from streams.publish.http.doorkeeper import HEAD_S
from streams.publish.http.health import Health
from streams.publish.http.listener import Address, Listener
from streams.publish.prometheus.exposition import Exposition
from streams.publish.prometheus.metrics import Sample

OK, NOT_MODIFIED, UNAVAILABLE = 200, 304, 503


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
        self._exposition = exposition
        self._board = board
        self._alive = alive
        self._ready = ready
        self._snapshot: Snapshot | None = None
        self._listener = Listener(address, most=most, head_s=head_s)
        self._names = frozenset(name.strip().lower() for name in names)

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return self._listener.port

    def application(self) -> web.Application:
        """The routes, bound to this server's state."""
        application = web.Application(middlewares=[only_ours(self._names)])
        application.on_response_prepare.append(harden)
        application.router.add_routes(self._board.routes())
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/healthz", health_page(self._alive))
        application.router.add_get("/readyz", health_page(self._ready))
        application.router.add_get("/api/snapshot", self._document)
        application.router.add_get("/api/alarms", self._alarms)
        return application

    def samples(self) -> Iterator[Sample]:
        """Connections now, and those that were ended."""
        yield from self._listener.samples()

    async def start(self) -> None:
        """Listen.

        Raises:
            HttpError: the address cannot be listened on, most often because something else does.
        """
        await self._listener.start(self.application())
        await self._board.start()

    def publish(self, snapshot: Snapshot) -> None:
        """Serve this snapshot from now on."""
        self._snapshot = snapshot
        self._board.publish(snapshot)

    async def stop(self) -> None:
        """Close the port and end what is being answered."""
        await self._board.stop()
        await self._listener.stop()

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = await self._exposition.scrape(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _alarms(self, _request: web.Request) -> web.Response:
        alarms = None if self._snapshot is None else self._snapshot.alarms
        if alarms is None:
            reasons = ["nothing is known of alarms"]
            return json_answer({"status": "unavailable", "reasons": reasons}, UNAVAILABLE)
        return web.Response(body=alarms.json, content_type="application/json")

    async def _document(self, request: web.Request) -> web.Response:
        snapshot = self._snapshot
        if snapshot is None:
            return json_answer({"status": "unavailable", "reasons": ["no snapshot yet"]}, UNAVAILABLE)
        tag = f"{snapshot.t_ms}-{snapshot.computed_at_ms}"
        if request.if_none_match and tag in {known.value for known in request.if_none_match}:
            return web.Response(status=NOT_MODIFIED, headers={"ETag": f'"{tag}"'})
        return web.Response(
            body=snapshot.json(), content_type="application/json", headers={"ETag": f'"{tag}"'}
        )


def health_page(source: Callable[[], Health]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A page that says whether something is well: 200 or 503, and why."""

    async def answer(_request: web.Request) -> web.Response:
        health = source()
        body = {"status": "ok" if health.ok else "unavailable", "reasons": list(health.reasons)}
        return json_answer(body, OK if health.ok else UNAVAILABLE)

    return answer


def json_answer(body: object, status: int) -> web.Response:
    """An answer in JSON."""
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")
