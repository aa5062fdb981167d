"""The composition root: settings in, running service out.

``faust -A streams.app worker`` finds ``app`` here, and ``kpi worker`` calls ``run_worker``; both start the
same thing. Importing this module has no effect: ``app`` is made from the environment when it is asked for.

A process of role ``all`` counts and publishes, ``worker`` counts and serves its own metrics and health,
``publisher`` publishes what workers count.
"""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import faust

from streams.build import build
from streams.core.customer.identity import Identity
from streams.core.definition.definition import Definition, DefinitionError
from streams.core.partition.placement import belongs_in
from streams.core.partition.state import PartitionState
from streams.definitions import load
from streams.engine import app as engine
from streams.engine.app import EngineApp
from streams.engine.batch_app import BatchApp
from streams.engine.exits import EngineError, end_process
from streams.engine.kafka.client import Client
from streams.engine.topics.topics import ensure_patiently
from streams.foreign.service import IngestService
from streams.log_lines import formatter
from streams.mapping import Mapping
from streams.service import Service
from streams.settings import Settings, SettingsError, read

_CHATTY = ("aiokafka", "faust", "mode")

log = logging.getLogger(__name__)


def wall_clock() -> int:
    """The time in ms since the epoch."""
    return time.time_ns() // 1_000_000


def make_app(settings: Settings) -> EngineApp:
    """The Faust app of a process that counts.

    Raises:
        SettingsError: a setting that cannot be used.
        DefinitionError: the definition file cannot be used.
    """
    definition = _definition(settings)
    identity = Identity(settings.secret_bytes)

    def state(number: int) -> PartitionState:
        belongs = belongs_in(settings.partitioner, settings.partitions, number)
        return PartitionState(definition, identity, belongs=belongs)

    app = engine.build(settings, definition, identity.fingerprint, state, wall_clock)
    service = Service(settings, definition, app.client, wall_clock, end_process, worker=app)
    app.on_begin.append(service.start)
    app.on_topics.append(service.follow)
    app.on_end.append(service.stop)
    return app


def run_worker(settings: Settings) -> int:
    """Run a process of the settings' role until a signal ends it.

    Returns:
        The exit code: 0 after a clean stop. Ends of another kind leave the process at once, see
        streams.engine.exits.

    Raises:
        SettingsError: a setting that cannot be used.
        DefinitionError: the definition file cannot be used.
    """
    set_up_logging(settings)
    if settings.role == "publisher":
        return asyncio.run(_publish(settings))
    app = make_app(settings)
    log.info("%s", build())
    return run_app(app, settings)


def run_ingest(settings: Settings, mapping: Mapping, definition: Definition) -> int:
    """Run ``kpi ingest`` until a signal ends it.

    Returns:
        The exit code, as ``run_worker``.

    Raises:
        SettingsError: a setting that cannot be used.
    """
    set_up_logging(settings)
    service = IngestService(settings, definition, mapping, wall_clock)
    log.info("%s", build())
    if service.app is None:
        return asyncio.run(_until_told(service.run))
    return run_app(service.app, settings)


async def _until_told(run: Callable[[asyncio.Event], Awaitable[None]]) -> int:
    """Run until a signal comes."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(stop)
    return 0


def run_app(app: BatchApp, settings: Settings) -> int:
    """Run a Faust app until a signal ends it, and return the exit code."""
    worker = faust.Worker(app, loglevel=settings.log_level, override_logging=False, quiet=True)
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        return int(ended.code or 0)


def set_up_logging(settings: Settings) -> None:
    """Log to standard error; of the libraries only what is wrong, unless asked for everything."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings.log_format))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    if settings.log_level != "DEBUG":
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
    for key in settings.unknown:
        log.warning("%s is no setting of this service and is ignored", key)


async def _publish(settings: Settings) -> int:
    """Publish until a signal comes."""
    client = Client(settings)
    service = Service(settings, _definition(settings), client, wall_clock, end_process, worker=None)
    log.info("%s", build())

    async def run(stop: asyncio.Event) -> None:
        await service.start()
        begin = asyncio.create_task(_follow(settings, client, service))
        await stop.wait()
        begin.cancel()
        await service.stop()

    return await _until_told(run)


async def _follow(settings: Settings, client: Client, service: Service) -> None:
    try:
        await ensure_patiently(settings, client, service.waits_for)
    except EngineError as error:
        end_process(error.code, str(error))
    await service.follow()


def _definition(settings: Settings) -> Definition:
    return load(Path(settings.definition_file)) if settings.definition_file else Definition()


def __getattr__(name: str) -> EngineApp:
    """``app``, made when first asked for; a user's mistake is one line."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        settings = read(os.environ)
        made = make_app(settings)
    except (SettingsError, DefinitionError) as error:
        raise SystemExit(f"kpi: {error}") from None
    globals()["app"] = made
    return made
