"""``kpi replay``: the KPIs of a file of events, or of what Kafka holds, recounted as of any instants."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TextIO

import click

from streams.cli.definitions import chosen_definition
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.recounting import Source, recounted
from streams.cli.snapshots import write_json, write_openmetrics, write_text
from streams.cli.types import DURATION, INSTANT
from streams.core.definition import Definition, DefinitionError
from streams.core.snapshot import Snapshot

_WRITERS: dict[str, Callable[[Iterable[Snapshot], Definition, TextIO], None]] = {
    "json": write_json,
    "text": write_text,
    "openmetrics": write_openmetrics,
}


@click.command()
@click.argument("events", required=False)
@click.option("--from-kafka", is_flag=True, help="Recount what the source topics hold (KPI_BROKERS).")
@click.option(
    "--as-of", multiple=True, type=INSTANT, help="Evaluate here; may be repeated. Default: newest event."
)
@click.option(
    "--every", type=DURATION, help="Evaluate at every multiple of this, like 1d, up to the newest event."
)
@click.option("--windows", help="Other windows than the definition's, like 1h,24h,30d.")
@click.option(
    "--definition", "file", envvar="KPI_DEFINITION_FILE", help="Definition file; default: documented one."
)
@click.option("--format", "form", type=click.Choice(tuple(_WRITERS)), default="json", show_default=True)
def command(
    *,
    events: str | None,
    from_kafka: bool,
    as_of: tuple[int, ...],
    every: int | None,
    windows: str | None,
    file: str | None,
    form: str,
) -> None:
    """Recount the KPIs from EVENTS, a file of one Kafka record a line (.gz, or - for standard input).

    Needs no broker: the same core, the same numbers as the live service; --from-kafka recounts what the
    source topics hold instead, with another --definition if you like. The same log gives the same bytes.
    "json" prints one object {"<instant in ms>": snapshot, ...}, "text" tables, "openmetrics" what
    "promtool tsdb create-blocks-from openmetrics" reads.
    """
    definition = _with_windows(chosen_definition(file), windows)
    source = Source(events, from_kafka)
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
