"""Snapshots for the commands that recount: from a file of events, or from what Kafka holds."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.kafka_errors import answered
from streams.cli.mappings import Foreigns
from streams.cli.output import STANDARD, LineFile
from streams.cli.progress import Progress
from streams.cli.terminal import say
from streams.core.decoding.decoder import Record
from streams.core.decoding.expected import described
from streams.core.definition.definition import Definition
from streams.core.events import Kind, Malformed
from streams.core.kpi.snapshot import Snapshot
from streams.core.partition.placement import Belongs, belongs_as_logged
from streams.engine.garbage import calm_collector
from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import CorruptBatchError
from streams.mapping import Mapped, Refused
from streams.replay.kafka_log import Log, Logged, MissingTopicsError, in_order, read_sources
from streams.replay.recount import SOURCE_TOPICS, LoggedRecord, ReplayError, read_lines, replay_records

_TOLD_EVERY = 5_000
_LISTED = 10

Records = Iterator[tuple[Kind, Record]]


@dataclass(frozen=True)
class Source:
    """Where events come from: a file (``-``: standard input), or the source topics."""

    file: str | None
    from_kafka: bool
    foreign: Foreigns | None = None
    """What makes events of the file's records; None: they are events."""

    def __post_init__(self) -> None:
        if self.from_kafka and self.foreign is not None:
            raise CliError(Exit.USAGE, "--from-kafka and --mapping: give one of them")
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
    told_of = _Told()
    with Progress("reading") as progress:
        belongs: Belongs | None = None
        if source.from_kafka:
            records, belongs = _from_kafka(progress)
        elif source.foreign is not None:
            records = _mapped(source.foreign, source.file or STANDARD, told_of, progress)
        else:
            records = _from_file(source.file, progress)

        def told(done: int, total: int) -> None:
            if not done:
                progress.begin("snapshots", total)
            progress.advance(min(done, 1))

        try:
            yield from replay_records(
                told_of.counting(records),
                definition=definition,
                as_of=list(as_of) or None,
                every_ms=every_ms,
                told=told,
                belongs=belongs,
                refused=told_of.refused,
            )
        except ReplayError as error:
            raise CliError(Exit.BAD_DATA, str(error)) from error
    told_of.report()


class _Told:
    """What is said of the records beside the figures: those that are malformed, and if there is no event."""

    def __init__(self) -> None:
        self._records = 0
        self._malformed = 0
        self._first: list[str] = []

    def counting(self, records: Records) -> Records:
        """The records as they are."""
        for one in records:
            self._records += 1
            yield one

    def refused(self, kind: Kind, record: Record, malformed: Malformed) -> None:
        """Note a malformed record: by its line, or by its place in Kafka."""
        if isinstance(record, Logged):
            place = f"{kind}, partition {record.partition}, offset {record.offset}"
        else:
            place = f"line {cast('LoggedRecord', record).line}"
        self._note(place, described(malformed))

    def not_mapped(self, line: int, why: str) -> None:
        """Note a record of which a mapping could make no event."""
        self._records += 1
        self._note(f"line {line}", why)

    def _note(self, place: str, why: str) -> None:
        self._malformed += 1
        if len(self._first) < _LISTED:
            self._first.append(f"{place}: malformed: {why}")

    def report(self) -> None:
        """Say it on standard error."""
        for line in self._first:
            say(line, err=True)
        if more := self._malformed - len(self._first):
            say(f"... and {more:,} more malformed records", err=True)
        if self._malformed == self._records:
            say(
                f"no events{f': all {self._records:,} records are malformed' if self._records else ''}",
                err=True,
            )


def _from_file(name: str | None, progress: Progress) -> Records:
    lines = LineFile(STANDARD if name is None else name)
    progress.begin("reading", lines.size)
    topics = {**SOURCE_TOPICS, **client_settings().source_topics}
    return read_lines(_told(lines, progress), topics, wall_ms=time.time_ns() // 1_000_000)


def _mapped(foreign: Foreigns, name: str, told_of: _Told, progress: Progress) -> Records:
    lines = LineFile(name)
    progress.begin("reading", lines.size)
    now_ms = time.time_ns() // 1_000_000
    for number, value in foreign.units(_told(lines, progress), name):
        outcome = foreign.outcome(value, now_ms)
        if isinstance(outcome, Mapped):
            for one in outcome.events:
                yield one.kind, LoggedRecord(one.key, one.value, one.timestamp_ms, number)
        elif isinstance(outcome, Refused):
            told_of.not_mapped(number, outcome.described())
    say(foreign.told(), err=True)


def _told(lines: LineFile, progress: Progress) -> Iterable[bytes]:
    """The lines, with the progress told now and then, in bytes of the file."""
    at = 0
    for count, line in enumerate(lines, 1):
        if not count % _TOLD_EVERY:
            progress.advance(lines.bytes_read - at)
            at = lines.bytes_read
        yield line


def _from_kafka(progress: Progress) -> tuple[Records, Belongs]:
    """Records in order, and the check that live workers make of them."""
    settings = client_settings()
    begun = False

    def told(records: int, total: int) -> None:
        nonlocal begun
        if not begun:
            progress.begin("reading", total)
            begun = True
        progress.advance(records)

    topics = settings.source_topics
    gone: dict[str, int] = {}
    client = Client(settings)
    try:
        asked = read_sources(client, topics, told, _left_out, timeout_ms=settings.request_timeout, gone=gone)
        log = answered(client, asked, "reading source topics")
    except MissingTopicsError as error:
        raise CliError(Exit.FAILED, str(error)) from error
    _tell_gone(gone, log)
    partitions = 1 + max(place.partition for place in log)
    records = in_order(log, topics, time.time_ns() // 1_000_000)
    return records, belongs_as_logged(settings.partitioner, partitions)


def _left_out(error: CorruptBatchError) -> None:
    say(f"left out, it cannot be read: {error}", err=True)


def _tell_gone(gone: dict[str, int], log: Log) -> None:
    """Say that the log begins late: then no value is that of the whole history."""
    if not gone:
        return
    oldest = min((record.timestamp for records in log.values() for record in records[:1]), default=None)
    since = (
        ""
        if oldest is None
        else f"; the oldest left is of {datetime.fromtimestamp(oldest / 1000, tz=UTC):%F}"
    )
    topics = ", ".join(f"{topic} {count:,}" for topic, count in sorted(gone.items()))
    say(
        f"the log begins late: {sum(gone.values()):,} records were deleted before this ({topics}){since}; "
        "values lack what they said",
        err=True,
    )
