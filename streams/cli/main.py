"""``kpi``: puts the commands together, turns every failure into one line and an exit code.

Rules: a command's module is imported when the command runs, so that help is quick; its one-line help
stands here. Never a traceback for a user's mistake; ``--debug`` shows it for anything.
"""

import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

import click

from streams.cli.errors import CliError, missing_package
from streams.cli.exits import EPILOG, Exit
from streams.cli.terminal import shown

SUMMARIES = {
    "demo": "Show everything at work on this machine: Kafka, Valkey, two workers, a live table.",
    "worker": "Run a worker: count events from Kafka, publish KPIs.",
    "ingest": "Make events of records of other topics, by a mapping.",
    "status": "Show what the workers do: owner, state, lag and age of each partition.",
    "doctor": "Check everything a worker needs, and say what to do where it is wrong.",
    "topics": "Create, check, mend, list or repartition the Kafka topics.",
    "dead-letters": "List, show, export, send again or delete malformed records.",
    "replay": "Recount KPIs from a file of events, or from what Kafka holds.",
    "get": "Print one KPI from Redis.",
    "alarms": "Print what is out of the ordinary, from Redis.",
    "explain": "Explain a KPI: its formula filled in, where it comes from, what was left out.",
    "watch": "Show the KPIs in Redis as a live table.",
    "simulate": "Make up the events of a business: to a file or to Kafka.",
    "send": "Send a file of events to Kafka; goes on where it stopped.",
    "map": "Try, check or draft mappings of your own records to events.",
    "hash": "Print the keyed hash a customer id has in Redis.",
    "acls": "Print the least rights that a process needs in Kafka and Redis.",
    "files": "Write rules, dashboards, schemas and documents to a folder.",
    "definition": "Show, check or compare what the KPIs mean.",
}
"""Every command and its help in one line; the command stands in the module of its name."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All commands, in the order of the table."""
        return list(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        """The command, imported now; None if there is none of that name."""
        if cmd_name not in SUMMARIES:
            return None
        command = import_module(f"streams.cli.commands.{cmd_name.replace('-', '_')}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"streams.cli.commands.{cmd_name}.command is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        """The list of commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of whatever goes wrong.")
@click.version_option(package_name="kpi-streams", prog_name="kpi")
@click.pass_context
def cli(ctx: click.Context, *, debug: bool) -> None:
    """Customer KPIs, live: events from Kafka to Prometheus and Redis.

    Start with "kpi demo". Settings come from the environment, KPI_<NAME>: each command's help names those it
    reads, "kpi doctor" checks them, and docs/settings.md, which "kpi files DIR" writes, explains each.
    """
    ctx.obj = debug
    for name in ("aiokafka", "streams.engine.totals_topic.reader"):
        logging.getLogger(name).addHandler(logging.NullHandler())  # commands say it in one line


def run(args: Sequence[str]) -> int:
    """Run one command line; returns its exit code, having written at most one line of error."""
    debug = "--debug" in args[:1]
    try:
        result = cli.main(list(args), prog_name="kpi", standalone_mode=False)
    except Exception as error:
        if debug:
            raise
        code, text = _explain(error)
        if text:
            click.echo(text, err=True)
        return code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # click's answer to a reader that has seen enough
            return Exit.OK
        return (end.code or Exit.OK) if isinstance(end.code, int | None) else Exit.FAILED
    return result if isinstance(result, int) else Exit.OK


def main() -> None:
    """Run the command line of this process; ends it."""
    _fill_closed()
    output = sys.stdout
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # whatever the terminal's character set
    code = run(sys.argv[1:])
    try:
        output.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())  # nothing is left to say at exit
        if not code and not isinstance(error, BrokenPipeError):  # that is a reader that has seen enough
            code = Exit.FAILED
            click.echo(f"kpi: standard output cannot be written: {error.strerror}", err=True)
    sys.exit(code)


def _fill_closed() -> None:
    """Put something where output is closed: what is said there fails, no file of ours takes its place."""
    for number, name, mode in ((1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, mode), number)
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115 - for good


def _explain(error: Exception) -> tuple[Exit, str]:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return Exit.USAGE, error.format_message()
    if isinstance(error, click.ClickException):
        context = error.ctx if isinstance(error, click.UsageError) else None
        path = context.command_path if context else "kpi"
        said = " ".join(error.format_message().split())
        return Exit.USAGE, shown(f"{path}: {said} (see {path} --help)")
    if isinstance(error, CliError):
        return error.code, shown(f"kpi: {error}")
    if isinstance(error, ModuleNotFoundError) and (missing := missing_package(error)):
        return Exit.UNREACHABLE, f"kpi: {missing}"
    if isinstance(error, click.Abort):
        return Exit.INTERRUPTED, ""
    return _of_system(error) or (Exit.INTERNAL, _bug(error))


def _of_system(error: Exception) -> tuple[Exit, str] | None:
    """What a terminal, a pipe, a disk or an argument did to a command that said nothing of it itself."""
    if isinstance(error, BrokenPipeError):  # whoever read our output has seen enough
        return Exit.OK, ""
    if isinstance(error, UnicodeEncodeError):
        return Exit.USAGE, "kpi: an argument is no UTF-8 text"
    if isinstance(error, OSError):
        return Exit.FAILED, shown(f"kpi: {error.filename or 'output'}: {error.strerror or error}")
    return None


def _bug(error: Exception) -> str:
    what = str(error).splitlines()
    return shown(f"kpi: a bug: {type(error).__name__}{': ' + what[0] if what else ''} (kpi --debug …)")


if __name__ == "__main__":
    main()
