"""``kpi replay``: the KPIs of a file of events, recounted without any broker."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TextIO

import click

from streams.cli.definitions import chosen_definition
from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.output import STANDARD, LineFile
from streams.cli.progress import Progress
from streams.cli.snapshots import write_json, write_openmetrics, write_text
from streams.cli.types import DURATION, INSTANT
from streams.core.definition import Definition, DefinitionError
from streams.core.snapshot import Snapshot
from streams.replay import SOURCE_TOPICS, ReplayError, replay

_TOLD_EVERY = 5_000
_WRITERS: dict[str, Callable[[Iterable[Snapshot], Definition, TextIO], None]] = {
    "json": write_json,
    "text": write_text,
    "openmetrics": write_openmetrics,
}


@click.command()
@click.argument("events", default=STANDARD)
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
    events: str,
    as_of: tuple[int, ...],
    every: int | None,
    windows: str | None,
    file: str | None,
    form: str,
) -> None:
    """Recount the KPIs from EVENTS, a file of one Kafka record a line (.gz, or - for standard input).

    Needs no broker: the same core, the same numbers as the live service. "json" prints one object
    {"<instant in ms>": snapshot, ...}, "text" tables, "openmetrics" what
    "promtool tsdb create-blocks-from openmetrics" reads.
    """
    definition = _with_windows(chosen_definition(file), windows)
    output = click.get_text_stream("stdout")
    with Progress("reading") as progress:
        try:
            told = _told(LineFile(events), progress)
            snapshots = replay(
                told,
                definition=definition,
                as_of=list(as_of) or None,
                every_ms=every,
                wall_ms=time.time_ns() // 1_000_000,
                topics={**SOURCE_TOPICS, **client_settings().source_topics},
            )
            _WRITERS[form](snapshots, definition, output)
        except ReplayError as error:
            raise CliError(Exit.BAD_DATA, str(error)) from error


def _with_windows(definition: Definition, windows: str | None) -> Definition:
    if windows is None:
        return definition
    names = tuple(name.strip() for name in windows.split(","))
    try:
        return replace(definition, window_names=names)
    except DefinitionError as error:
        raise CliError(Exit.USAGE, f"--windows: {error}") from error


def _told(lines: Iterable[bytes], progress: Progress) -> Iterator[bytes]:
    """The lines, with the progress told now and then."""
    for count, line in enumerate(lines, 1):
        if not count % _TOLD_EVERY:
            progress.advance(_TOLD_EVERY)
        yield line
