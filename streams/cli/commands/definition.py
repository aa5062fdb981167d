"""``kpi definition``: what the numbers mean, shown, checked, compared, and told KPI by KPI."""

from pathlib import Path

import click

from streams.cli.closing import FullGroup, closing
from streams.cli.definitions import chosen_definition
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.guide import guide as written
from streams.cli.terminal import say
from streams.core.definition.definition import Definition, DefinitionError
from streams.definitions import DEFAULT, text_of
from streams.definitions.diff import differences, side_of
from streams.definitions.toml_file import parse_definition

_TWO = 2
_FILE = click.argument("file", required=False, envvar="KPI_DEFINITION_FILE")


_READS = "KPI_DEFINITION_FILE, where FILE is not given"


@click.group(cls=FullGroup, epilog=closing("kpi definition show > mine.toml", reads="KPI_DEFINITION_FILE"))
def command() -> None:
    """Show, check or compare definitions: every choice that changes a published number."""


@command.command(epilog=closing("kpi definition show > mine.toml", reads=_READS))
@_FILE
def show(file: str | None) -> None:
    """Print the text of FILE, or of the documented default: a file to copy and change."""
    path = Path(file or DEFAULT)
    try:
        text = text_of(path)
        parse_definition(text, str(path))
    except DefinitionError as error:
        raise CliError(Exit.USAGE, str(error)) from error
    click.echo(text, nl=False)


@command.command(
    epilog=closing("kpi definition check mine.toml", reads=_READS, ends="0 it can be used; 2 it cannot")
)
@_FILE
def check(file: str | None) -> None:
    """Say whether FILE can be used, and the hash under which its numbers are published."""
    definition = chosen_definition(file)
    windows = " ".join(window.name for window in definition.windows)
    say(f"{_named(file, definition)}, windows {windows}")


@command.command(
    epilog=closing(
        "kpi definition diff mine.toml",
        "kpi definition diff old.toml new.toml",
        reads="none",
        ends="0 they choose the same; 1 they do not",
    )
)
@click.argument("files", nargs=-1, required=True, metavar="[OLD] NEW")
@click.pass_context
def diff(context: click.Context, files: tuple[str, ...]) -> None:
    """Say what NEW chooses otherwise than OLD (without it: than the documented default).

    "kpi replay --definition NEW" shows what the numbers would be. What is marked "needs a recount" workers
    change over to with "kpi worker --rebuild"; everything else applies when they are started with NEW.
    """
    if len(files) > _TWO:
        raise CliError(Exit.USAGE, f"diff compares two files, not {len(files)}")
    old, new = files if len(files) == _TWO else (None, files[0])
    before, after = chosen_definition(old), chosen_definition(new)
    say(f"old: {_named(old, before)}")
    say(f"new: {_named(new, after)}")
    found = differences(before, after)
    for key, was, will_be in found:
        admits = key == "allow" and before.admitted != after.admitted
        recount = " (needs a recount)" if admits or side_of(key) == "counting" else ""
        say(f"{key}: {was} -> {will_be}{recount}")
    if not found:
        say("they choose the same")
    elif before.hash == after.hash:
        say("the numbers mean the same")
    elif before.counting_hash == after.counting_hash:
        say("nothing needs a recount: start workers and publishers with the new file")
    context.exit(Exit.FAILED if found else Exit.OK)


@command.command(epilog=closing("kpi definition guide mine.toml > kpis.md", reads=_READS))
@_FILE
def guide(file: str | None) -> None:
    """Print every KPI under FILE: formula, meaning, edge cases, and an example with its numbers."""
    click.echo(written(chosen_definition(file)), nl=False)


def _named(file: str | None, definition: Definition) -> str:
    return f"{file or 'the default'}: version {definition.version}, hash {definition.hash}"
