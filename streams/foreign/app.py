"""The Faust app of ``kpi ingest``: batches of foreign topics to an assignment of foreign partitions."""

import logging
from collections.abc import Callable
from importlib import import_module
from typing import cast

from streams import log_limit
from streams.core.definition.definition import Definition
from streams.engine.batch_app import BatchApp
from streams.engine.exits import OnFatal, end_process
from streams.engine.kafka.client import Client
from streams.engine.ownership.stats import Sample
from streams.foreign.assignment import ForeignAssignment
from streams.foreign.converting import Converter
from streams.foreign.partition import Context
from streams.foreign.stats import ForeignStats
from streams.foreign.topics import ForeignTopics
from streams.foreign.watch import ForeignWatchdog
from streams.foreign.writing import group_of
from streams.mapping import Mapper, Mapping
from streams.mapping.specs import WITH_SCHEMAS
from streams.registry.client import client_of
from streams.registry.formats import formats
from streams.registry.schemas import Schemas
from streams.settings import Settings

log = logging.getLogger(__name__)

_PLACES = 64
"""For so many partitions what is fetched at once is meant; how many there are is known after the start."""


class ForeignApp(BatchApp):
    """The app of a process that makes events of foreign records.

    Args:
        settings: of the process.
        mapping: what to do.
        converter: does it.
        clock: the wall clock, ms.
        on_fatal: ends the process.
        schemas: of records that need some.
    """

    def __init__(
        self,
        settings: Settings,
        mapping: Mapping,
        converter: Converter,
        clock: Callable[[], int],
        on_fatal: OnFatal,
        *,
        schemas: Schemas | None,
    ) -> None:
        client = Client(settings)
        self.converter = converter
        self._topics = ForeignTopics(mapping, settings, client)
        self._ids: dict[str, str] = {}
        self._stats = ForeignStats()
        self._context = Context(settings, client, converter, self._stats, clock, self._ids, schemas)
        self._watchdog: ForeignWatchdog | None = None
        self._summary = log_limit.Summary(
            log, "%d malformed records went to the dead-letter topic since the last such line (%d in all)"
        )
        super().__init__(group_of(settings.app_id), settings, client, on_fatal, places=_PLACES)

    @property
    def owned(self) -> ForeignAssignment:
        """The owned partitions; there is one assignment of them in a process's life."""
        return cast("ForeignAssignment", super().owned)

    def new_owner(self) -> ForeignAssignment:
        """The assignment, and what watches it."""
        owner = ForeignAssignment(self._context, self.on_fatal)
        self._watchdog = ForeignWatchdog(owner, self.settings.stuck_timeout / 1_000, self.on_fatal)
        return owner

    async def prepare(self) -> None:
        """Wait for Kafka and the topics, and read those that are there."""
        found = await self._topics.wait(self.tell)
        self.converter.keeps = found.keeps
        self._ids.update({name: topic.id for name, topic in found.foreign.items()})
        self.declare(sorted(found.foreign), max(topic.partitions for topic in found.foreign.values()))
        log.info("reads %s", ", ".join(sorted(found.foreign)))

    async def watch_topics(self) -> None:
        """End as soon as a topic is no longer what it was, or there is one more."""
        await self._topics.run()

    def look(self) -> None:
        """Have the watchdog look, and tell of dead letters."""
        if self._watchdog is not None:
            self._watchdog.look()
        self._stats.stage.log_suppressed = self.log_suppressed
        self._summary.tell(self._stats.stage.dead_letters)

    def samples(self) -> list[Sample]:
        """Metrics of this process."""
        return self.owned.samples()


def build(
    settings: Settings,
    definition: Definition,
    mapping: Mapping,
    clock: Callable[[], int],
    *,
    on_fatal: OnFatal = end_process,
) -> ForeignApp:
    """An app that does what a mapping says.

    Args:
        settings: of the process.
        definition: by which events are judged.
        mapping: what to do.
        clock: the wall clock, ms.
        on_fatal: ends the process.

    Raises:
        SettingsError: the schema registry's address is needed, and cannot be used.
        ModuleNotFoundError: a package that a format needs is not installed.
    """
    schemas = _schemas(settings, mapping)
    mapper = Mapper(mapping, definition, {} if schemas is None else formats(schemas))
    app = ForeignApp(settings, mapping, Converter(mapper, settings, clock), clock, on_fatal, schemas=schemas)
    if schemas is not None:
        app.on_end.append(schemas.close)
    return app


def _schemas(settings: Settings, mapping: Mapping) -> Schemas | None:
    """The registry's schemas, if a source needs some."""
    wanted = {source.format for source in mapping.sources} & WITH_SCHEMAS
    if not wanted:
        return None
    for name, package in (("avro", "fastavro"), ("protobuf", "google.protobuf")):
        if name in wanted:
            import_module(package)  # now, and not at the first record
    return Schemas(client_of(settings), mapping.sources)
