"""Files of foreign records for the commands that take ``--mapping``, and the mapping they are read by.

Rules: a file holds records of one topic: JSON lines, a value a line, or a CSV table where the mapping says
``csv``. Lines have no Kafka timestamp: the wall clock stands for it. What a mapping ignores is counted and
never an error.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import click

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.output import LineFile
from streams.core.definition.definition import Definition, DefinitionError
from streams.definitions import text_of
from streams.mapping import (
    Foreign,
    Ignored,
    Mapped,
    Mapper,
    Mapping,
    MappingError,
    Outcome,
    Refused,
    parse_mapping,
)
from streams.mapping.specs import WITH_SCHEMAS, FormatName
from streams.mapping.tables import TableError, Unit, rows

_SAMPLE = 1_000

mapping_option = click.option(
    "--mapping",
    "mapping_file",
    metavar="MAPPING",
    help="The file holds records of your own, which this mapping file (TOML) makes events of; default: it "
    "holds events already.",
)
topic_option = click.option(
    "--topic",
    metavar="NAME",
    help="The topic whose records the file holds; default: the only one that the mapping names.",
)


def load_mapping(file: str, definition: Definition | None = None) -> tuple[Mapping, str]:
    """Read a mapping file: the mapping, and a digest of its text.

    Raises:
        CliError: it cannot be read, or what it says is not allowed.
    """
    try:
        text = text_of(Path(file))
        mapping = parse_mapping(text, file, definition)
    except (DefinitionError, MappingError) as error:
        raise CliError(Exit.USAGE, str(error)) from error
    return mapping, hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass
class Foreigns:
    """The records of a file: what becomes of each, and how many became what."""

    mapping: Mapping
    topic: str
    format: FormatName
    mapper: Mapper
    counts: Counter[str] = field(default_factory=Counter)
    """Outcomes: mapped, where, unmapped, malformed."""
    events: Counter[str] = field(default_factory=Counter)
    """Events by kind."""
    left_out: int = 0
    """Elements of lists that ``where`` or the kind left out."""

    def units(self, lines: Iterable[bytes], name: str) -> Iterator[Unit]:
        """The records of a file, each with the number of its line; empty lines are none.

        Raises:
            CliError: the rest of the file cannot be read.
        """
        if self.format != "csv":
            for number, line in enumerate(lines, 1):
                if not line.isspace():
                    yield number, line.rstrip(b"\r\n")
            return
        try:
            yield from rows(lines)
        except TableError as error:
            raise CliError(Exit.BAD_DATA, f"{name} cannot be read: {error}") from error

    def outcome(self, value: bytes | Refused, timestamp_ms: int) -> Outcome:
        """What becomes of one record, counted."""
        outcome = value if isinstance(value, Refused) else self.mapper.one(self.record(value, timestamp_ms))
        if isinstance(outcome, Mapped):
            self.counts["mapped"] += 1
            self.events.update(event.kind for event in outcome.events)
            self.left_out += outcome.left_out
        else:
            self.counts[outcome.why if isinstance(outcome, Ignored) else "malformed"] += 1
        return outcome

    def record(self, value: bytes, timestamp_ms: int) -> Foreign:
        """A line as a record of the topic."""
        return Foreign(self.topic, None, value, timestamp_ms)

    def told(self) -> str:
        """How many records became what, as one line."""
        counts, left = self.counts, self.left_out
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.events.items())
        mapped = (
            f"{counts['mapped']:,} mapped to {self.events.total():,} events{f' ({kinds})' if kinds else ''}"
        )
        where = f"where {counts['where']:,}, unmapped {counts['unmapped']:,}"
        told = f"{mapped}, {self.ignored:,} ignored ({where}), {counts['malformed']:,} malformed"
        return f"{counts.total():,} records: {told}{f'; {left:,} elements left out' if left else ''}"

    @property
    def ignored(self) -> int:
        """Records that the mapping does not want."""
        return self.counts["where"] + self.counts["unmapped"]


def foreigns(mapping: Mapping, file: str, topic: str | None, definition: Definition) -> Foreigns:
    """What reads a file by a mapping.

    Args:
        mapping: what to do.
        file: the mapping's name, for messages.
        topic: whose records the file holds; None: the mapping names one only.
        definition: of the events.

    Raises:
        CliError: the topic cannot be told, or is none of the mapping's.
    """
    names = list(dict.fromkeys(source.topic for source in mapping.sources))
    if topic is None:
        if len(names) > 1 or "*" in names[0]:
            raise CliError(Exit.USAGE, f"--topic: is missing: {file} is for {', '.join(names)}")
        topic = names[0]
    formats = list(dict.fromkeys(source.format for source in mapping.sources if source.reads(topic)))
    if not formats:
        raise CliError(Exit.USAGE, f"--topic: {topic}: {file} is for {', '.join(names)}")
    if formats[0] in WITH_SCHEMAS:
        raise CliError(Exit.USAGE, f"{file}: {formats[0]} is read from Kafka alone, by kpi ingest")
    if len(formats) > 1:
        raise CliError(Exit.USAGE, f"--topic: {topic}: {file} reads it as {' and as '.join(formats)}")
    return Foreigns(mapping, topic, formats[0], Mapper(mapping, definition))


def sampled(file: str) -> tuple[list[bytes], FormatName]:
    """The first records of a file, and of what format they seem.

    Raises:
        CliError: it cannot be read.
    """
    lines = iter(LineFile(file))
    first = next(lines, b"")
    form: FormatName = "json" if first.lstrip()[:1] in (b"{", b"[", b"") else "csv"
    if form == "json":
        return [line for line in islice(chain([first], lines), _SAMPLE) if not line.isspace()], form
    try:
        units = islice(rows(chain([first], lines)), _SAMPLE)
        return [value for _, value in units if not isinstance(value, Refused)], form
    except TableError as error:
        raise CliError(Exit.BAD_DATA, f"{file} cannot be read: {error}") from error


def topic_like(file: str) -> str:
    """A name for a topic, made of a file's."""
    stem = Path(file).name.partition(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-") or "my-topic"
