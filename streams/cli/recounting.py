"""Snapshots for the commands that recount: from a file of events, or from what Kafka holds."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aiokafka.errors import KafkaError

from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.output import STANDARD, LineFile
from streams.cli.progress import Progress
from streams.collector import calm_collector
from streams.core.decode import Record
from streams.core.definition import Definition
from streams.core.events import Kind
from streams.core.snapshot import Snapshot
from streams.engine.client import Client
from streams.replay import SOURCE_TOPICS, ReplayError, read_lines, replay_records
from streams.source_log import MissingTopicsError, in_order, read_sources

_TOLD_EVERY = 5_000

Records = Iterator[tuple[Kind, Record]]


@dataclass(frozen=True)
class Source:
    """Where events come from: a file (``-``: standard input), or the source topics."""

    file: str | None
    from_kafka: bool

    def __post_init__(self) -> None:
        if self.from_kafka and self.file is not None:
            raise CliError(Exit.USAGE, "--from-kafka and a file of events: give one of them")


def recounted(
    source: Source, definition: Definition, *, as_of: tuple[int, ...] = (), every_ms: int | None = None
) -> Iterator[Snapshot]:
    """The snapshots of a source, in order of time, with the progress on standard error.

    Raises:
        CliError: the source cannot be read.
    """
    calm_collector()
    with Progress("reading") as progress:
        records = _from_kafka(progress) if source.from_kafka else _from_file(source.file, progress)

        def told(done: int, total: int) -> None:
            if not done:
                progress.begin("snapshots", total)
            progress.advance(min(done, 1))

        try:
            yield from replay_records(
                records, definition=definition, as_of=list(as_of) or None, every_ms=every_ms, told=told
            )
        except ReplayError as error:
            raise CliError(Exit.BAD_DATA, str(error)) from error


def _from_file(name: str | None, progress: Progress) -> Records:
    lines = LineFile(STANDARD if name is None else name)
    progress.begin("reading", lines.size)
    topics = {**SOURCE_TOPICS, **client_settings().source_topics}
    return read_lines(_told(lines, progress), topics, wall_ms=time.time_ns() // 1_000_000)


def _told(lines: LineFile, progress: Progress) -> Iterable[bytes]:
    """The lines, with the progress told now and then, in bytes of the file."""
    at = 0
    for count, line in enumerate(lines, 1):
        if not count % _TOLD_EVERY:
            progress.advance(lines.bytes_read - at)
            at = lines.bytes_read
        yield line


def _from_kafka(progress: Progress) -> Records:
    settings = client_settings()
    begun = False

    def told(records: int, total: int) -> None:
        nonlocal begun
        if not begun:
            progress.begin("reading", total)
            begun = True
        progress.advance(records)

    topics = settings.source_topics
    try:
        log = asyncio.run(read_sources(Client(settings), topics, told, timeout_ms=settings.request_timeout))
    except MissingTopicsError as error:
        raise CliError(Exit.FAILED, str(error)) from error
    except (KafkaError, OSError) as error:
        where = ", ".join(settings.brokers)
        raise CliError(
            Exit.UNREACHABLE, f"Kafka at {where} does not answer ({type(error).__name__})"
        ) from error
    return in_order(log, topics)
