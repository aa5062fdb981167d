"""What ``kpi ingest`` serves over HTTP: metrics, whether it is alive and ready, and the door for records."""

from collections.abc import Callable, Iterable, Iterator

from aiohttp import web

from streams.core.definition.definition import Definition
from streams.engine.exits import ExitCode, OnFatal
from streams.engine.ownership.stats import Sample as EngineSample
from streams.foreign.http_intake import MAX_BYTES, HttpIntake
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
        intake: takes records over HTTP, if any come so.
        samples: of the process.
        waiting_for: why it is not ready.
        on_fatal: ends the process.
    """

    def __init__(  # noqa: PLR0917 - what it is made of
        self,
        settings: Settings,
        definition: Definition,
        intake: HttpIntake | None,
        samples: Callable[[], Iterable[EngineSample]],
        waiting_for: Callable[[], Iterable[str]],
        on_fatal: OnFatal,
    ) -> None:
        self._intake, self._told, self._waiting_for = intake, samples, waiting_for
        self._fatal = on_fatal
        self._listener = Listener(Address(settings.http_host, settings.http_port))
        self._process = ProcessSamples()
        self._exposition = Exposition(definition, self._samples)
        self._names = frozenset(name.strip().lower() for name in settings.http_hosts.split(","))

    async def start(self) -> None:
        """Listen; an address that cannot be listened on ends the process."""
        application = web.Application(middlewares=[only_ours(self._names)], client_max_size=MAX_BYTES)
        application.on_response_prepare.append(harden)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/healthz", health_page(Health))
        application.router.add_get("/readyz", health_page(self._ready))
        if self._intake is not None:
            self._intake.route(application)
        try:
            await self._listener.start(application)
        except HttpError as error:
            self._fatal(ExitCode.BAD_ADDRESS, str(error))

    async def stop(self) -> None:
        """Close the port."""
        await self._listener.stop()

    def _ready(self) -> Health:
        return Health(tuple(self._waiting_for()))

    def _samples(self) -> Iterator[Sample]:
        yield from self._process()
        yield from self._listener.samples()
        if self._intake is not None:
            yield from self._intake.samples()
        for name, labels, value in self._told():
            yield Sample(name, value, labels)

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = await self._exposition.scrape(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})
