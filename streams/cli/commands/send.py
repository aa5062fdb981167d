"""``kpi send FILE``: a file of events into Kafka, going on where an earlier run stopped."""

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import click

from streams.cli.closing import KAFKA, closing
from streams.cli.definitions import chosen_definition
from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.kafka_errors import answered
from streams.cli.mappings import Foreigns, foreigns, load_mapping, mapping_option, topic_option
from streams.cli.output import LineFile, is_kept
from streams.cli.progress import Progress
from streams.cli.send_customers import send_customers
from streams.cli.send_limits import KeptTooShortError, TopicLimits, ask
from streams.cli.sent_state import SUFFIX, SentState, load, save
from streams.cli.terminal import say
from streams.core.decoding.arrival import arrival_ms
from streams.core.decoding.decoder import Decoder
from streams.core.decoding.expected import described
from streams.core.definition.definition import Definition
from streams.core.events import Kind, Malformed
from streams.core.partition.placement import Partitioner
from streams.engine.kafka.client import Client
from streams.ingest.sender import Sender
from streams.mapping import Ignored, Refused
from streams.mapping.tables import Unit
from streams.replay.lines import Line, LineError, parse_line
from streams.settings import Settings
from streams.simulate.records import SimRecord, topic_of

_CHUNK = 10_000
_STOPPED = (Exit.UNREACHABLE, Exit.DENIED)


@click.command(
    epilog=closing(
        "kpi send events.jsonl.gz",
        "kpi send --customers customers.csv",
        "kpi send --mapping mine.toml orders.csv.gz",
        reads=f"{KAFKA}, KPI_DEFINITION_FILE, KPI_PARTITIONER, KPI_TOPIC_*",
        ends="0 all lines are sent; 1 a topic would not keep them; 4 some lines are not sent, or FILE cannot "
        "be read",
    )
)
@click.argument("file")
@click.option("--no-validate", is_flag=True, help="Send values as they are, malformed ones too.")
@click.option(
    "--customers", is_flag=True, help="FILE is an opening balance: a customer a line (.csv or JSON)."
)
@mapping_option
@topic_option
def command(
    file: str, *, no_validate: bool, customers: bool, mapping_file: str | None, topic: str | None
) -> None:
    """Send FILE (- for standard input) to Kafka: one record a line, as "kpi simulate" writes it.

    The file may be packed by gzip or zstd, whatever its name. Lines that are no records, or whose events are
    malformed, are left out and listed at the end. How far it got in these topics is kept in FILE.kpi-sent: a
    second run goes on there. A pipe is read once. Repeats do no harm: the service counts an event once.

    With --customers a line is a customer the company has already: id, since, and if known the dimensions of
    the definition (segment, plan, channel, region), acquisition_cost, last_purchase_at, last_purchase_amount,
    last_purchase_id (with them), last_purchase_currency, last_purchase_source. Each becomes a signup and a
    purchase with these dates. The purchase has the event_id and source your purchase events give it, so that
    it counts once beside them.

    With --mapping a line is a record of your own, or FILE a CSV table of them; the mapping says what event it
    is ("kpi map try" shows it). What it ignores is counted and not sent; what is malformed is listed.
    """
    settings = client_settings()
    if mapping_file is not None and (customers or no_validate):
        other = "--customers" if customers else "--no-validate"
        raise CliError(Exit.USAGE, f"--mapping and {other}: give one of them")
    if topic is not None and mapping_file is None:
        raise CliError(Exit.USAGE, "--topic: goes with --mapping")
    if customers:
        send_customers(file, settings, chosen_definition(settings.definition_file or None))
        return
    definition = None if no_validate else chosen_definition(settings.definition_file or None)
    foreign: Foreigns | None = None
    identity: tuple[str, ...] = ()
    if mapping_file is not None and definition is not None:
        mapping, digest = load_mapping(mapping_file, definition if settings.definition_file else None)
        foreign = foreigns(mapping, mapping_file, topic, definition)
        identity = (digest, foreign.topic)
    target = ask(settings)
    state = _load(file, (target.cluster, *settings.source_topics, *identity))
    before = state.sent
    if state.lines:
        say(f"{file}: going on after line {state.lines:,} ({SUFFIX})", err=True)
    whole = False
    try:
        _send(file, state, settings, Screen(settings, definition, target.limits, foreign))
        whole = True
    finally:
        if whole or state.rejected or state.sent > before:
            _report(state, before, foreign)
    if state.rejected:
        raise CliError(Exit.BAD_DATA, f"{state.rejected:,} lines of {file} were not sent")


class Screen:
    """Tells which lines are sent, and as what record; default topic names stand for those of the settings."""

    def __init__(
        self,
        settings: Settings,
        definition: Definition | None,
        limits: Mapping[str, TopicLimits],
        foreign: Foreigns | None = None,
    ) -> None:
        self._foreign = foreign
        self._topics = {kind: topic for topic, kind in settings.source_topics.items()}
        targets: dict[Kind, str] = {kind: topic for topic, kind in settings.source_topics.items()}
        self._targets = {topic_of(kind): (kind, topic) for kind, topic in targets.items()}
        self._targets |= {topic: (kind, topic) for kind, topic in targets.items()}
        self._decoder = None if definition is None else Decoder(definition)
        self._limits = limits

    def units(self, lines: Iterable[bytes], file: str) -> Iterable[Unit]:
        """The lines of a file with their numbers; where a mapping reads it, its records."""
        return enumerate(lines, 1) if self._foreign is None else self._foreign.units(lines, file)

    def records(self, text: bytes | Refused) -> list[SimRecord]:
        """The records of a line; none of an empty one, or of one that the mapping ignores.

        Raises:
            LineError: the line is not to be sent.
            KeptTooShortError: the topic would not keep it.
        """
        if self._foreign is not None:
            return self._mapped(self._foreign, text)
        return [] if isinstance(text, Refused) or text.isspace() else [self._record(text)]

    def _mapped(self, foreign: Foreigns, value: bytes | Refused) -> list[SimRecord]:
        now_ms = time.time_ns() // 1_000_000
        outcome = foreign.outcome(value, now_ms)
        if isinstance(outcome, Refused):
            raise LineError(f"malformed: {outcome.described()}")
        made = [] if isinstance(outcome, Ignored) else outcome.events
        records = [SimRecord(self._topics[one.kind], one.key, one.value, one.timestamp_ms) for one in made]
        for record in records:
            self._limits[record.topic].check(record, now_ms)
        return records

    def _record(self, text: bytes) -> SimRecord:
        line = parse_line(text)
        if line.topic not in self._targets:
            raise LineError("a topic the service does not read")
        kind, topic = self._targets[line.topic]
        now_ms = time.time_ns() // 1_000_000
        timestamp_ms = arrival_ms(line.timestamp_ms, now_ms)
        record = SimRecord(topic, self._key(kind, line, timestamp_ms), line.value or b"", timestamp_ms)
        self._limits[topic].check(record, now_ms)
        return record

    def _key(self, kind: Kind, line: Line, timestamp_ms: int) -> bytes | None:
        if self._decoder is None:
            return line.key
        event = self._decoder.one(kind, line.key, line.value, timestamp_ms)
        if isinstance(event, Malformed):
            raise LineError(f"malformed: {described(event)}")
        return event.customer_id.encode()


def _send(file: str, state: SentState, settings: Settings, screen: Screen) -> None:
    client = Client(settings)
    try:
        answered(client, _sent(file, state, client, settings.partitioner, screen), "sending records")
    except CliError as error:
        if state.lines and error.code in _STOPPED:
            raise CliError(error.code, f"{error} ({file}, after line {state.lines:,})") from error
        raise


async def _sent(
    file: str, state: SentState, client: Client, partitioner: Partitioner, screen: Screen
) -> None:
    lines = LineFile(file)
    async with Sender(client.options, partitioner) as sender:
        with Progress("sending", lines.size) as progress:
            at = 0
            for chunk in _chunks(screen.units(lines, file), state.lines):
                records = list(_screened(chunk, screen, state))
                await sender.submit(records)
                await sender.drain()
                _done(file, state, len(chunk), len(records))
                progress.advance(lines.bytes_read - at)
                at = lines.bytes_read


def _chunks(units: Iterable[Unit], skip: int) -> Iterator[list[Unit]]:
    rest = islice(units, skip, None)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _screened(chunk: Iterable[Unit], screen: Screen, state: SentState) -> Iterator[SimRecord]:
    for number, text in chunk:
        try:
            yield from screen.records(text)
        except LineError as error:
            state.reject(number, str(error))
        except KeptTooShortError as error:
            raise CliError(Exit.FAILED, f"line {number} {error}") from error


def _load(file: str, target: tuple[str, ...]) -> SentState:
    """What is remembered of a file; nothing of what can be read only once."""
    if not is_kept(file):
        return SentState(target, "", 0)
    try:
        state = load(Path(file), target)
    except OSError as error:
        raise CliError(Exit.BAD_DATA, f"{file} cannot be read: {error.strerror}") from error
    _keep(file, state, Exit.USAGE)  # before anything is sent: what cannot be kept would be sent twice
    return state


def _done(file: str, state: SentState, lines: int, sent: int) -> None:
    state.lines += lines
    state.sent += sent
    if is_kept(file):
        _keep(file, state, Exit.FAILED)


def _keep(file: str, state: SentState, otherwise: Exit) -> None:
    try:
        save(Path(file), state)
    except OSError as error:
        done = f", after line {state.lines:,}" if state.lines else ""
        why = error.strerror or type(error).__name__
        raise CliError(otherwise, f"{file}{SUFFIX} cannot be written ({why}){done}") from error


def _report(state: SentState, before: int, foreign: Foreigns | None) -> None:
    for rejected in state.rejections:
        say(f"line {rejected.line}: {rejected.reason}", err=True)
    more = state.rejected - len(state.rejections)
    if more:
        say(f"... and {more:,} more lines", err=True)
    earlier = f" ({before:,} were sent before)" if before else ""
    done = f"{state.sent - before:,} records sent{earlier}"
    counted = "; kpi explain tells which of them count" if state.sent > before else ""
    ignored = "" if foreign is None else f", {foreign.ignored:,} lines ignored by the mapping"
    say(f"{done}, {state.rejected:,} lines rejected{ignored}{counted}", err=True)
