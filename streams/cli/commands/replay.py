"""``kpi replay``: the KPIs of a file of events, or of what Kafka holds, recounted as of any instants."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TextIO

import click

from streams.cli.closing import KAFKA, closing
from streams.cli.definitions import chosen_definition, definition_option, from_kafka_option
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.mappings import foreigns, load_mapping, mapping_option, topic_option
from streams.cli.recounting import Source, recounted
from streams.cli.snapshots import write_json, write_openmetrics, write_text
from streams.cli.types import DURATION, INSTANT
from streams.core.definition.definition import Definition, DefinitionError
from streams.core.kpi.snapshot import Snapshot

_WRITERS: dict[str, Callable[[Iterable[Snapshot], Definition, TextIO], None]] = {
    "json": write_json,
    "text": write_text,
    "openmetrics": write_openmetrics,
}


@click.command(
    epilog=closing(
        "kpi replay events.jsonl --format text",
        "kpi simulate | kpi replay - --every 1d --windows 24h,7d",
        "kpi replay --from-kafka --definition new.toml",
        "kpi replay --mapping mine.toml orders.csv --format text",
        reads=f"KPI_DEFINITION_FILE; with --from-kafka {KAFKA}, KPI_PARTITIONER, KPI_TOPIC_*",
        ends="0 recounted, malformed records too; 4 the file cannot be read, or is no file of events",
    )
)
@click.argument("events", required=False)
@from_kafka_option
@click.option(
    "--as-of",
    metavar="INSTANT",
    multiple=True,
    type=INSTANT,
    help="Evaluate here, like 2026-04-15T00:00:00Z or milliseconds since 1970; may be repeated. Default: at "
    "the newest event.",
)
@click.option(
    "--every",
    metavar="DURATION",
    type=DURATION,
    help="Evaluate at every multiple of this (ms, s, m, h or d, like 1d) up to the newest event; default: "
    "only at --as-of.",
)
@click.option(
    "--windows", metavar="LIST", help="Windows to evaluate, like 1h,24h,30d; default: the definition's."
)
@mapping_option
@topic_option
@definition_option
@click.option(
    "--format",
    "form",
    type=click.Choice(tuple(_WRITERS)),
    default="json",
    show_default=True,
    help="How snapshots are written.",
)
def command(
    *,
    events: str | None,
    from_kafka: bool,
    as_of: tuple[int, ...],
    every: int | None,
    windows: str | None,
    mapping_file: str | None,
    topic: str | None,
    file: str | None,
    form: str,
) -> None:
    """Recount the KPIs from EVENTS, a file of one Kafka record a line (- for standard input).

    The file may be packed by gzip or zstd, whatever its name; malformed records are listed by line. With
    --mapping it holds records of your own: JSON lines, or a CSV table.

    Needs no broker: the same core, the same numbers as the live service; --from-kafka recounts what the
    source topics hold instead, with another --definition if you like. The same log gives the same bytes.
    "json" prints one object, {"<instant in ms>": snapshot} with each instant, "text" tables, "openmetrics"
    what "promtool tsdb create-blocks-from openmetrics" reads.
    """
    definition = _with_windows(chosen_definition(file), windows)
    foreign = None
    if mapping_file is not None:
        mapping, _ = load_mapping(mapping_file, definition if file else None)
        foreign = foreigns(mapping, mapping_file, topic, definition)
    elif topic is not None:
        raise CliError(Exit.USAGE, "--topic: goes with --mapping")
    source = Source(events, from_kafka, foreign)
    output = click.get_text_stream("stdout")
    _WRITERS[form](recounted(source, definition, as_of=as_of, every_ms=every), definition, output)


def _with_windows(definition: Definition, windows: str | None) -> Definition:
    if windows is None:
        return definition
    names = tuple(name.strip() for name in windows.split(","))
    try:
        return replace(definition, window_names=names)
    except DefinitionError as error:
        raise CliError(Exit.USAGE, f"--windows: {error}") from error
