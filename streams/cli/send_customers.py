"""``kpi send --customers FILE``: opening balances into Kafka.

Rules: what is malformed is listed and left out; a record's timestamp is the wall clock, whatever the event's
date, so that a topic with a retention keeps it. Nothing is remembered of the file: a repeat is a duplicate.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.kafka_errors import answered
from streams.cli.output import LineFile
from streams.cli.progress import Progress
from streams.cli.terminal import say
from streams.core.decoding.decoder import Decoder
from streams.core.decoding.expected import described
from streams.core.definition.definition import Definition
from streams.core.events import Kind, Malformed
from streams.engine.kafka.client import Client
from streams.ingest.customer_rows import read_csv, read_jsonl
from streams.ingest.opening_balance import Opening, OpeningError, column_of, columns_of, events_of
from streams.ingest.sender import Sender
from streams.settings import Settings
from streams.simulate.records import SimRecord

_CHUNK = 10_000
_TOLD = 100


@dataclass
class Sending:
    """What became of the rows."""

    settings: Settings
    definition: Definition
    customers: int = 0
    purchases: int = 0
    rejected: int = 0
    reasons: list[str] = field(default_factory=list)

    def records(self, lines: LineFile, name: str, now_ms: int) -> Iterator[SimRecord]:
        """The records of a file's customers, those that are all right.

        Raises:
            OpeningError: the file as a whole cannot be read as a table of customers.
        """
        decoder = Decoder(self.definition)
        topics: dict[Kind, str] = {kind: topic for topic, kind in self.settings.source_topics.items()}
        read = read_csv if is_csv(name) else read_jsonl
        for number, row in read(lines, columns_of(self.definition)):
            try:
                if isinstance(row, OpeningError):
                    raise row
                opened = events_of(row, self.definition)
                made = [_record(one, topics, decoder, now_ms) for one in opened]
            except OpeningError as error:
                self._reject(number, str(error))
                continue
            self.customers += 1
            self.purchases += len(made) - 1
            yield from made

    def _reject(self, line: int, reason: str) -> None:
        self.rejected += 1
        if len(self.reasons) < _TOLD:
            self.reasons.append(f"line {line}: {reason}")

    def report(self) -> None:
        """Say on standard error what was done."""
        for reason in self.reasons:
            say(reason, err=True)
        if self.rejected > len(self.reasons):
            say(f"... and {self.rejected - len(self.reasons):,} more lines", err=True)
        done = f"{self.customers:,} customers and {self.purchases:,} last purchases sent"
        say(f"{done}, {self.rejected:,} lines rejected", err=True)


def is_csv(name: str) -> bool:
    """Whether a name says that the file is a table; it may end in .gz or .zst besides."""
    return ".csv" in (suffix.lower() for suffix in Path(name).suffixes[-2:])


def send_customers(file: str, settings: Settings, definition: Definition) -> None:
    """Send the opening balances of a file.

    Raises:
        CliError: Kafka gives no answer, or not all of the file could be sent.
    """
    sending = Sending(settings, definition)
    client = Client(settings)
    try:
        answered(client, _send(file, sending, client), "sending records")
    except OpeningError as error:
        raise CliError(Exit.BAD_DATA, f"{file}: {error}") from error
    sending.report()
    if sending.rejected:
        raise CliError(Exit.BAD_DATA, f"{sending.rejected:,} lines of {file} were not sent")


async def _send(file: str, sending: Sending, client: Client) -> None:
    lines = LineFile(file)
    records = sending.records(lines, file, time.time_ns() // 1_000_000)
    async with Sender(client.options, sending.settings.partitioner) as sender:
        with Progress("sending", lines.size) as progress:
            at = 0
            while chunk := list(islice(records, _CHUNK)):
                await sender.submit(chunk)
                progress.advance(lines.bytes_read - at)
                at = lines.bytes_read
            await sender.drain()


def _record(one: Opening, topics: dict[Kind, str], decoder: Decoder, now_ms: int) -> SimRecord:
    value = msgspec.json.encode(one.value)
    key = str(one.value["customer_id"]).encode()
    judged = decoder.one(one.kind, key, value, now_ms)
    if isinstance(judged, Malformed):
        column = column_of(one.kind, judged.field)
        raise OpeningError(f"its {one.kind} is malformed: {described(judged, column)}")
    return SimRecord(topics[one.kind], key, value, now_ms)
