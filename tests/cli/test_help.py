"""Every command's help: whole, in one form, true where a test can tell, and readable on 80 columns."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields

import click
import pytest

from streams.cli.main import SUMMARIES, cli
from streams.settings import Settings

COLUMNS = 80
KEYS = {f"KPI_{item.name.upper()}" for item in fields(Settings)}


def walked(command: click.Command, parent: click.Context | None = None) -> Iterator[click.Context]:
    """The context of a command and of all below it."""
    name = command.name if parent else "kpi"
    context = click.Context(command, info_name=name, parent=parent, **command.context_settings)
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            found.name = below
            yield from walked(found, context)


ALL = {context.command_path: context for context in walked(cli)}
BELOW = {path: context for path, context in ALL.items() if path != "kpi"}
OPTIONS = [
    pytest.param(context, param, id=f"{path} {param.opts[0]}")
    for path, context in BELOW.items()
    for param in context.command.params
    if isinstance(param, click.Option)
]


def written(context: click.Context, columns: int = COLUMNS) -> str:
    """The help of a command on a terminal of so many columns."""
    formatter = click.HelpFormatter(width=columns - 2, max_width=columns)
    context.command.format_help(context, formatter)
    return formatter.getvalue()


def examples(context: click.Context) -> list[str]:
    """The command lines that a help shows."""
    _, _, block = (context.command.epilog or "").partition("\b\nExample")
    return [line.strip() for line in block.partition("\n\n")[0].splitlines()[1:]]


@pytest.mark.parametrize("path", ALL)
def test_nothing_is_cut_or_wider_than_a_terminal(path: str) -> None:
    """On 80 columns, and on more."""
    for columns in (COLUMNS, 200):
        text = written(ALL[path], columns)
        assert [line for line in text.splitlines() if len(line) > columns] == []
    assert max(map(len, ALL[path].get_help().splitlines())) <= COLUMNS
    assert "..." not in text.replace("COMMAND [ARGS]...", "")


@pytest.mark.parametrize("path", BELOW)
def test_a_command_says_what_it_does_reads_and_takes(path: str) -> None:
    """A sentence, its arguments by name, the settings it reads, examples."""
    command = BELOW[path].command
    text = written(BELOW[path])
    assert command.help
    assert re.match(r"[A-Z][a-z]", command.help)
    assert all(paragraph.rstrip().endswith(".") for paragraph in command.help.split("\n\n"))
    assert "\n  Settings: " in text
    for argument in command.params:
        if isinstance(argument, click.Argument):
            for name in re.findall(r"[A-Z_]+", argument.make_metavar(BELOW[path])):
                assert re.search(rf"\b{name}\b", command.help), name
    assert examples(BELOW[path])


@pytest.mark.parametrize(("context", "option"), OPTIONS)
def test_an_option_says_what_it_is_for_and_what_it_is_without_it(
    context: click.Context, option: click.Option
) -> None:
    """A sentence; for a value its default, and for a number its bounds, beside it."""
    told = option.get_help_record(context)
    assert told is not None
    name, says = told
    assert option.help
    assert option.help.endswith(".")
    if option.is_flag:
        return
    assert re.search(r"\bdefault\b", says, re.IGNORECASE) or option.required, says
    if isinstance(option.type, click.IntRange | click.FloatRange):
        assert "x" in says.rpartition("[")[2]
    assert re.search(r" ([A-Z ]+|\[[a-z|]+\])$", name), name


@pytest.mark.parametrize("path", BELOW)
def test_examples_can_be_typed(path: str) -> None:
    """Each is a command line that is taken, and one at least is of this very command."""
    lines = examples(BELOW[path])
    assert any(re.search(rf"\b{path}( |$)", line) for line in lines)
    for part in (part for line in lines for part in line.partition(" > ")[0].split("|")):
        words = shlex.split(part)
        while "=" in words[0]:
            assert words.pop(0).partition("=")[0] in KEYS
        assert words.pop(0) == "kpi"
        called = "kpi"
        while words and f"{called} {words[0]}" in ALL:
            called = f"{called} {words.pop(0)}"
        assert ALL[called].command.make_context(called, words)


@pytest.mark.parametrize("path", ALL)
def test_settings_that_are_named_exist(path: str) -> None:
    """By their whole name, or by how several begin."""
    for named in re.findall(r"KPI_[A-Z_]+\*?", written(ALL[path])):
        assert any(key.startswith(named[:-1]) if named.endswith("*") else key == named for key in KEYS)


def test_the_list_says_the_same_as_the_commands() -> None:
    """The table stands apart, for quickness; every name in it is a command's, and each is one sentence."""
    assert [path.split()[1] for path in ALL if path.count(" ") == 1] == list(SUMMARIES)
    assert all(re.fullmatch(r"[A-Z][^.]+\.", says) for says in SUMMARIES.values())
