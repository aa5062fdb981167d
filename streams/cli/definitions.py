"""The definition a command works with: from --definition, KPI_DEFINITION_FILE, or the documented default."""

import os
from pathlib import Path

import click

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.core.definition.definition import Definition, DefinitionError
from streams.definitions import load

_KEY = "KPI_DEFINITION_FILE"
definition_option = click.option(
    "--definition",
    "file",
    metavar="FILE",
    envvar=_KEY,
    help="Definition file (TOML); default: KPI_DEFINITION_FILE, else the documented one.",
)
from_kafka_option = click.option(
    "--from-kafka", is_flag=True, help="Recount what the source topics hold instead of a file."
)


def chosen_definition(file: str | None) -> Definition:
    """Read the file; without one the documented default.

    Raises:
        CliError: the file cannot be read, or what it says is not allowed.
    """
    try:
        return load(Path(file)) if file else Definition()
    except DefinitionError as error:
        named = f"{_KEY}: " if file == os.environ.get(_KEY) else ""
        raise CliError(Exit.USAGE, f"{named}{error}") from error
