"""``kpi definition``: what the numbers mean, shown and checked."""

from pathlib import Path

import click

from streams.cli.definitions import chosen_definition
from streams.definitions import DEFAULT

_FILE = click.argument("file", required=False, envvar="KPI_DEFINITION_FILE")


@click.group()
def command() -> None:
    """Show or check the definition: every choice that changes a published number."""


@command.command()
@_FILE
def show(file: str | None) -> None:
    """Print the text of FILE, or of the documented default: a file to copy and change."""
    chosen_definition(file)
    click.echo(Path(file or DEFAULT).read_text(encoding="utf-8"), nl=False)


@command.command()
@_FILE
def check(file: str | None) -> None:
    """Say whether FILE can be used, and the hash under which its numbers are published."""
    definition = chosen_definition(file)
    windows = " ".join(window.name for window in definition.windows)
    click.echo(
        f"{file or 'the default'}: version {definition.version}, hash {definition.hash}, windows {windows}"
    )
