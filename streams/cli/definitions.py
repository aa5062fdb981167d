"""The definition a command works with: from --definition, KPI_DEFINITION_FILE, or the documented default."""

from pathlib import Path

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.core.definition import Definition, DefinitionError
from streams.definitions import load


def chosen_definition(file: str | None) -> Definition:
    """Read the file; without one the documented default.

    Raises:
        CliError: the file cannot be read, or what it says is not allowed.
    """
    try:
        return load(Path(file)) if file else Definition()
    except DefinitionError as error:
        raise CliError(Exit.USAGE, str(error)) from error
