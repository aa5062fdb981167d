"""``kpi map``: mappings of foreign records to events, tried on a file, checked, and drafted from one."""

import time
from collections.abc import Iterator

import click

from streams.cli.closing import FullGroup, closing
from streams.cli.definitions import chosen_definition, definition_option
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.mappings import Foreigns, foreigns, load_mapping, sampled, topic_like, topic_option
from streams.cli.output import LineFile
from streams.cli.terminal import say
from streams.mapping import Ignored, Mapped, Outcome, Refused
from streams.mapping.presence import Presence
from streams.mapping.suggesting import suggested

_READS = "KPI_DEFINITION_FILE"


@click.group(
    cls=FullGroup,
    epilog=closing(
        "kpi map suggest orders.jsonl > mine.toml", "kpi map try mine.toml orders.jsonl", reads=_READS
    ),
)
def command() -> None:
    """Try, check or draft mappings: files that say how records of your own become events.

    docs/own-events.md tells the whole language; schemas/mappings has some that are ready ("kpi files DIR").
    """


@command.command(
    "try",
    epilog=closing(
        "kpi map try mine.toml orders.csv",
        reads=_READS,
        ends="0 every record is mapped or ignored; 2 MAPPING cannot be used; 4 some are malformed, or FILE "
        "cannot be read",
    ),
)
@click.argument("mapping")
@click.argument("records", metavar="FILE")
@topic_option
@definition_option
def try_(mapping: str, records: str, topic: str | None, file: str | None) -> None:
    """Show what MAPPING makes of each record of FILE (- for standard input), and how many became what.

    FILE is JSON lines, or CSV where MAPPING says so; it may be packed by gzip or zstd. Nothing is sent.
    """
    read = _opened(mapping, topic, file)
    now_ms = time.time_ns() // 1_000_000
    for number, value in read.units(LineFile(records), records):
        for text in _shown(read.outcome(value, now_ms)):
            say(f"line {number}: {text}")
    say(read.told())
    if malformed := read.counts["malformed"]:
        raise CliError(Exit.BAD_DATA, f"{malformed:,} records of {records} are malformed")


@command.command(
    epilog=closing(
        "kpi map check mine.toml",
        "kpi map check mine.toml orders.jsonl.gz",
        reads=_READS,
        ends="0 it can be used; 1 no record has some field that it names; 2 it cannot be used; 4 FILE "
        "cannot be read",
    )
)
@click.argument("mapping")
@click.argument("records", metavar="[FILE]", required=False)
@topic_option
@definition_option
def check(mapping: str, records: str | None, topic: str | None, file: str | None) -> None:
    """Say whether MAPPING can be used, and which of its fields no record of a sample FILE has.

    A field that no record has is often misspelt. FILE is JSON lines, or CSV where MAPPING says so.
    """
    loaded, _ = load_mapping(mapping, chosen_definition(file) if file else None)
    if records is None:
        say(f"{mapping}: version {loaded.version}, {len(loaded.sources)} sources")
        for number, source in enumerate(loaded.sources):
            say(f"source[{number}]: {source.topic} ({source.format}) gives {', '.join(source.kind.kinds)}")
        return
    lacking = _checked(_opened(mapping, topic, file), records)
    if lacking:
        raise CliError(Exit.FAILED, f"{lacking} fields of {mapping} are in no record of {records}")


@command.command(
    epilog=closing(
        "kpi map suggest orders.jsonl > mine.toml",
        "kpi map suggest --topic shop.orders orders.csv",
        reads="none",
        ends="0 a draft is written; 4 FILE cannot be read, or has no records",
    )
)
@click.argument("records", metavar="FILE")
@click.option("--topic", metavar="NAME", help="The topic whose records FILE holds; default: the file's name.")
def suggest(records: str, topic: str | None) -> None:
    """Draft a mapping from the first records of FILE, JSON lines or CSV: by names, and by how values look.

    It is a draft: a person finishes it. What was chosen among several, and what was not found, stands beside
    it; fields that look like e-mail addresses are never taken.
    """
    sample, form = sampled(records)
    if not sample:
        raise CliError(Exit.BAD_DATA, f"{records}: has no records: a JSON object a line, or a CSV table")
    named = topic or topic_like(records)
    click.echo(suggested(sample, named, form), nl=False)


def _opened(mapping: str, topic: str | None, definition_file: str | None) -> Foreigns:
    definition = chosen_definition(definition_file)
    loaded, _ = load_mapping(mapping, definition if definition_file else None)
    return foreigns(loaded, mapping, topic, definition)


def _shown(outcome: Outcome) -> Iterator[str]:
    if isinstance(outcome, Mapped):
        for event in outcome.events:
            yield f"{event.kind} {event.value.decode()}"
    elif isinstance(outcome, Ignored):
        yield f"ignored ({outcome.why}): {outcome.reason}"
    else:
        yield f"malformed: {outcome.described()}"


def _checked(read: Foreigns, records: str) -> int:
    """Tell of each source what the records of a file have; how many fields are in none."""
    asked = [
        (number, Presence(source))
        for number, source in enumerate(read.mapping.sources)
        if source.reads(read.topic) and source.format != "event"
    ]
    now_ms = time.time_ns() // 1_000_000
    for _, value in read.units(LineFile(records), records):
        read.outcome(value, now_ms)
        for _, presence in asked:
            if not isinstance(value, Refused):
                presence.note(read.record(value, now_ms))
    lacking = 0
    for number, presence in asked:
        say(f"source[{number}]: takes {presence.records:,} of {read.counts.total():,} records")
        for (key, path), count in presence.found.items():
            if presence.records and not count:
                lacking += 1
                say(f"source[{number}].{key}: {path} is in none of {presence.records:,} records")
    say(read.told())
    return lacking
