"""``kpi send FILE``: a file of events into Kafka, going on where an earlier run stopped."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import click

from streams.cli.definitions import chosen_definition
from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.output import STANDARD, LineFile
from streams.cli.progress import Progress
from streams.cli.send_customers import send_customers
from streams.cli.sent_state import SUFFIX, SentState, load, save
from streams.core.decode import Decoder
from streams.core.definition import Definition
from streams.core.events import Kind, Malformed
from streams.engine.client import Client
from streams.lines import Line, LineError, parse_line
from streams.sending import MAX_RECORD_BYTES, Sender, SendingError
from streams.settings import Settings
from streams.simulate.records import SimRecord, topic_of

_CHUNK = 10_000


@click.command()
@click.argument("file")
@click.option("--no-validate", is_flag=True, help="Send values as they are, malformed ones too.")
@click.option(
    "--customers", is_flag=True, help="FILE is an opening balance: a customer a line (.csv or JSON)."
)
def command(file: str, *, no_validate: bool, customers: bool) -> None:
    """Send FILE (.gz, or - for standard input) to Kafka: one record a line, as "kpi simulate" writes it.

    Lines that are no records, or whose events are malformed, are left out and listed at the end. How far
    it got is kept in FILE.kpi-sent: a second run goes on there. Repeats do no harm: the service counts an
    event once.

    With --customers a line is a customer the company has already: id, since, and if known segment, plan,
    channel, region, acquisition_cost, last_purchase_at, last_purchase_amount, last_purchase_currency. Each
    becomes a signup and a purchase with these dates. Sent again, whatever changed, it changes nothing.
    """
    settings = client_settings()
    if customers:
        send_customers(file, settings, chosen_definition(settings.definition_file or None))
        return
    state = SentState(settings.brokers, "", 0) if file == STANDARD else _load(file, settings)
    if state.lines:
        click.echo(f"{file}: going on after line {state.lines:,} ({SUFFIX})", err=True)
    try:
        asyncio.run(_send(file, state, settings, validate=not no_validate))
    finally:
        _report(state)
    if state.rejected:
        raise CliError(Exit.BAD_DATA, f"{state.rejected:,} lines of {file} were not sent")


class Screen:
    """Tells which lines are sent, and as what record; default topic names stand for those of the settings."""

    def __init__(self, settings: Settings, *, validate: bool) -> None:
        targets: dict[Kind, str] = {kind: topic for topic, kind in settings.source_topics.items()}
        self._targets = {topic_of(kind): (kind, topic) for kind, topic in targets.items()}
        self._targets |= {topic: (kind, topic) for kind, topic in targets.items()}
        self._decoder = Decoder(Definition()) if validate else None

    def record(self, text: bytes) -> SimRecord:
        """The record of a line.

        Raises:
            LineError: the line is not to be sent.
        """
        line = parse_line(text)
        if line.topic not in self._targets:
            raise LineError("a topic the service does not read")
        kind, topic = self._targets[line.topic]
        value, timestamp_ms = line.value or b"", line.timestamp_ms
        if timestamp_ms is None:
            timestamp_ms = int(time.time() * 1000)
        if len(value) + len(line.key or b"") > MAX_RECORD_BYTES:
            raise LineError(f"more than {MAX_RECORD_BYTES:,} bytes")
        return SimRecord(topic, self._key(kind, line, timestamp_ms), value, timestamp_ms)

    def _key(self, kind: Kind, line: Line, timestamp_ms: int) -> bytes | None:
        if self._decoder is None:
            return line.key
        event = self._decoder.one(kind, line.key, line.value, timestamp_ms)
        if isinstance(event, Malformed):
            raise LineError(f"malformed: {event.reason}")
        return event.customer_id.encode()


async def _send(file: str, state: SentState, settings: Settings, *, validate: bool) -> None:
    screen, lines = Screen(settings, validate=validate), LineFile(file)
    try:
        async with Sender(Client(settings).options) as sender:
            with Progress("sending", lines.size) as progress:
                at = 0
                for chunk in _chunks(lines, state.lines):
                    records = list(_screened(chunk, screen, state))
                    await sender.submit(records)
                    await sender.drain()
                    _done(file, state, len(chunk), len(records))
                    progress.advance(lines.bytes_read - at)
                    at = lines.bytes_read
    except SendingError as error:
        raise CliError(Exit.UNREACHABLE, str(error)) from error


def _chunks(lines: Iterable[bytes], skip: int) -> Iterator[list[bytes]]:
    rest = islice(lines, skip, None)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _screened(chunk: Iterable[bytes], screen: Screen, state: SentState) -> Iterator[SimRecord]:
    for number, text in enumerate(chunk, state.lines + 1):
        if text.isspace():
            continue
        try:
            yield screen.record(text)
        except LineError as error:
            state.reject(number, str(error))


def _load(file: str, settings: Settings) -> SentState:
    try:
        return load(Path(file), settings.brokers)
    except OSError as error:
        raise CliError(Exit.BAD_DATA, f"{file} cannot be read: {error.strerror}") from error


def _done(file: str, state: SentState, lines: int, sent: int) -> None:
    state.lines += lines
    state.sent += sent
    if file != STANDARD:
        save(Path(file), state)


def _report(state: SentState) -> None:
    for rejected in state.rejections:
        click.echo(f"line {rejected.line}: {rejected.reason}", err=True)
    more = state.rejected - len(state.rejections)
    if more:
        click.echo(f"... and {more:,} more lines", err=True)
    click.echo(f"{state.sent:,} records sent, {state.rejected:,} lines rejected", err=True)
