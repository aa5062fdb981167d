"""``kpi definition``: what the numbers mean, shown, checked, compared, and told KPI by KPI."""

from pathlib import Path

import click

from streams.cli.definitions import chosen_definition
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.guide import guide as written
from streams.core.definition import Definition
from streams.core.definition_diff import differences
from streams.definitions import DEFAULT

_TWO = 2
_FILE = click.argument("file", required=False, envvar="KPI_DEFINITION_FILE")


@click.group()
def command() -> None:
    """Show, check or compare definitions: every choice that changes a published number."""


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
    click.echo(f"{_named(file, definition)}, windows {windows}")


@command.command()
@click.argument("files", nargs=-1, required=True, metavar="[OLD] NEW")
@click.pass_context
def diff(context: click.Context, files: tuple[str, ...]) -> None:
    """Say what NEW chooses otherwise than OLD (without it: than the documented default).

    Ends with 0 if they choose the same, with 1 if not. "kpi replay --definition NEW" shows what the numbers
    would be; workers change over with "kpi worker --rebuild".
    """
    if len(files) > _TWO:
        raise CliError(Exit.USAGE, f"diff compares two files, not {len(files)}")
    old, new = files if len(files) == _TWO else (None, files[0])
    before, after = chosen_definition(old), chosen_definition(new)
    click.echo(f"old: {_named(old, before)}")
    click.echo(f"new: {_named(new, after)}")
    found = differences(before, after)
    for key, was, will_be in found:
        click.echo(f"{key}: {was} -> {will_be}")
    if not found:
        click.echo("they choose the same")
    elif before.hash == after.hash:
        click.echo("the numbers mean the same")
    context.exit(Exit.FAILED if found else Exit.OK)


@command.command()
@_FILE
def guide(file: str | None) -> None:
    """Print every KPI under FILE: formula, meaning, edge cases, and an example with its numbers."""
    click.echo(written(chosen_definition(file)), nl=False)


def _named(file: str | None, definition: Definition) -> str:
    return f"{file or 'the default'}: version {definition.version}, hash {definition.hash}"
