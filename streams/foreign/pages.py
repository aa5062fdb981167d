"""What ``kpi ingest`` serves over HTTP: its metrics, whether it is alive, and whether it is ready."""

from collections.abc import Iterator

from aiohttp import web

from streams.core.definition.definition import Definition
from streams.engine.exits import ExitCode, OnFatal
from streams.foreign.app import ForeignApp
from streams.publish.http.answering import harden, only_ours
from streams.publish.http.health import Health
from streams.publish.http.listener import Address, HttpError, Listener
from streams.publish.http.server import health_page
from streams.publish.prometheus.exposition import Exposition
from streams.publish.prometheus.metrics import Sample
from streams.publish.prometheus.process_metrics import ProcessSamples
from streams.settings import Settings


class Pages:
    """The pages of one process.

    Args:
        settings: of the process.
        definition: in force.
        app: what is told of.
        on_fatal: ends the process.
    """

    def __init__(
        self, settings: Settings, definition: Definition, app: ForeignApp, on_fatal: OnFatal
    ) -> None:
        self._app = app
        self._fatal = on_fatal
        self._listener = Listener(Address(settings.http_host, settings.http_port))
        self._process = ProcessSamples()
        self._exposition = Exposition(definition, self._samples)
        self._names = frozenset(name.strip().lower() for name in settings.http_hosts.split(","))

    async def start(self) -> None:
        """Listen; an address that cannot be listened on ends the process."""
        application = web.Application(middlewares=[only_ours(self._names)])
        application.on_response_prepare.append(harden)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/healthz", health_page(Health))
        application.router.add_get("/readyz", health_page(self._ready))
        try:
            await self._listener.start(application)
        except HttpError as error:
            self._fatal(ExitCode.BAD_ADDRESS, str(error))

    async def stop(self) -> None:
        """Close the port."""
        await self._listener.stop()

    def _ready(self) -> Health:
        reason = self._app.waiting_for
        return Health() if reason is None else Health((reason,))

    def _samples(self) -> Iterator[Sample]:
        yield from self._process()
        yield from self._listener.samples()
        for name, labels, value in self._app.samples():
            yield Sample(name, value, labels)

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = await self._exposition.scrape(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})
