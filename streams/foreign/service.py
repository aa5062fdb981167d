"""``kpi ingest`` put together: the Faust app where there are topics to read, HTTP, and the pages.

Where every record comes over HTTP there is no Faust app, and no consumer group.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from importlib import import_module

from aiokafka.errors import KafkaError

from streams.core.definition.definition import Definition
from streams.engine.exits import EngineError, OnFatal, end_process
from streams.engine.kafka.client import Client
from streams.engine.kafka.failures import explain
from streams.engine.ownership.stats import Sample
from streams.foreign.app import ForeignApp
from streams.foreign.converting import Converter
from streams.foreign.http_intake import HttpIntake
from streams.foreign.lacking import Lacking
from streams.foreign.names import Names
from streams.foreign.pages import Pages
from streams.foreign.partition import Context
from streams.foreign.stats import ForeignStats
from streams.foreign.topics import ForeignTopics
from streams.mapping import Mapper, Mapping
from streams.mapping.specs import WITH_SCHEMAS
from streams.registry.client import client_of
from streams.registry.formats import formats
from streams.registry.schemas import Schemas
from streams.settings import Settings

log = logging.getLogger(__name__)

_PAUSE_S = 5.0


class IngestService:
    """One process of ``kpi ingest``.

    Args:
        settings: of the process.
        definition: by which events are judged.
        mapping: what to do.
        clock: the wall clock, ms.
        on_fatal: ends the process.

    Raises:
        SettingsError: a name, or an address, that cannot be used.
        ModuleNotFoundError: a package that a format needs is not installed.
    """

    def __init__(
        self,
        settings: Settings,
        definition: Definition,
        mapping: Mapping,
        clock: Callable[[], int],
        *,
        on_fatal: OnFatal = end_process,
    ) -> None:
        names = Names(mapping, settings)
        client = Client(settings)
        self._client = client
        self._fatal = on_fatal
        self._stats = ForeignStats()
        self._missing: str | None = "starting"
        self._topics = ForeignTopics(names, settings, client)
        self._schemas = _schemas(settings, mapping)
        further = {} if self._schemas is None else formats(self._schemas)
        self._lacking = Lacking(mapping.sources, further)
        converter = Converter(Mapper(mapping, definition, further), settings, clock, self._lacking)
        self._intake: HttpIntake | None = None
        if names.over_http:
            over_http = names.over_http
            self._intake = HttpIntake(client, converter, over_http, settings.ingest_token, clock, self._stats)
        self.app: ForeignApp | None = None
        """None where nothing is read from Kafka."""
        if names.in_kafka:
            context = Context(settings, client, converter, self._stats, clock, {}, self._schemas)
            self.app = ForeignApp(context, self._topics, on_fatal)
            self.app.on_begin.append(self._begin)
            self.app.on_topics.append(self._take)
            self.app.on_end.append(self._end)
        self._pages = Pages(settings, definition, self._intake, self._samples, self._waiting_for, on_fatal)

    async def run(self, stop: asyncio.Event) -> None:
        """Take records over HTTP alone, until told to stop."""
        await self._begin()
        beginning = asyncio.create_task(self._prepare())
        await stop.wait()
        beginning.cancel()
        await self._end()

    async def _prepare(self) -> None:
        try:
            await self._topics.wait(self._tell)
        except EngineError as error:
            self._fatal(error.code, str(error))
        await self._take()

    async def _begin(self) -> None:
        await self._pages.start()

    async def _take(self) -> None:
        """Begin to take records over HTTP; a broker that went away just now is waited for."""
        self._missing = None
        while self._intake is not None:
            try:
                await self._intake.start()
            except (KafkaError, OSError) as error:
                log.warning("%s", (await explain(self._client.options, error, "taking records")).text)
                await asyncio.sleep(_PAUSE_S)
            else:
                return

    async def _end(self) -> None:
        await self._pages.stop()
        if self._intake is not None:
            await self._intake.stop()
        if self._schemas is not None:
            await self._schemas.close()

    def _tell(self, reason: str | None) -> None:
        self._missing = reason

    def _waiting_for(self) -> Iterator[str]:
        reason = self._missing if self.app is None else self.app.waiting_for
        if reason is not None:
            yield reason
        if self._intake is not None and self._intake.waiting_for is not None:
            yield self._intake.waiting_for

    def _samples(self) -> list[Sample]:
        samples = self._stats.samples() if self.app is None else self.app.samples()
        return [*samples, *self._lacking.samples()]


def _schemas(settings: Settings, mapping: Mapping) -> Schemas | None:
    """The registry's schemas, if a source needs some."""
    wanted = {source.format for source in mapping.sources} & WITH_SCHEMAS
    if not wanted:
        return None
    for name, package in (("avro", "fastavro"), ("protobuf", "google.protobuf")):
        if name in wanted:
            import_module(package)  # now, and not at the first record
    return Schemas(client_of(settings), mapping.sources)
