"""``kpi demo``: everything at work on this machine, as a live table or as a check of itself."""

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

import click
import msgspec
from redis import RedisError
from rich.console import Console

from streams.cli.business_options import customers_option, days_option, seed_option, unlike_options
from streams.cli.closing import closing
from streams.cli.definitions import chosen_definition
from streams.cli.demo_run import DemoRun
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.fitting import plain
from streams.cli.terminal import redraws
from streams.demo.check import Report
from streams.demo.observe import ObservationError
from streams.demo.options import DemoOptions
from streams.demo.stage import StageError
from streams.embedded import EmbeddedError
from streams.ingest.sender import SendingError
from streams.simulate import Days

_DEFAULTS = DemoOptions()
_FAILURES = (StageError, EmbeddedError, SendingError, ObservationError, RedisError)


@click.command(
    epilog=closing(
        "kpi demo",
        "kpi demo --for 60 --json",
        "kpi demo --customers 2000 --days 10 --observability",
        "kpi demo --definition own.toml",
        reads="none; the demo sets its own",
        ends="0 ended, or all values equal; 1 some differ; 3 something it needs is missing or has ended",
    )
)
@click.option(
    "--for",
    "seconds",
    metavar="SECONDS",
    type=click.FloatRange(0),
    help="End after so many seconds of live traffic, and check all; default: run until Ctrl-C.",
)
@click.option("--json", "as_json", is_flag=True, help="With --for: the check's report as JSON, no table.")
@customers_option(10, 1_000_000, _DEFAULTS.customers)
@days_option(365, _DEFAULTS.days)
@click.option(
    "--partitions",
    metavar="N",
    type=click.IntRange(1, 64),
    default=_DEFAULTS.partitions,
    show_default=True,
    help="Partitions of every topic.",
)
@seed_option("The same whole number: the same people and habits.")
@click.option(
    "--rate",
    metavar="N",
    type=click.FloatRange(1, 20_000),
    default=_DEFAULTS.rate,
    show_default=True,
    help="Live events a second.",
)
@unlike_options
@click.option(
    "--definition",
    "file",
    metavar="FILE",
    help="Definition file (TOML), whose dimensions the customers have; default: the documented one.",
)
@click.option(
    "--observability",
    is_flag=True,
    help="With a Prometheus and an Alertmanager, if both are installed.",
)
def command(
    *,
    seconds: float | None,
    as_json: bool,
    customers: int,
    days: int,
    partitions: int,
    seed: int,
    rate: float,
    unlike: Days,
    file: str | None,
    observability: bool,
) -> None:
    """Show everything at work: a Kafka, a Valkey, two workers and a simulated business, until Ctrl-C.

    Sends the history of the business as fast as it goes, then live traffic with a churn spike in one
    segment, and shows the KPIs as they come out of Redis. Needs "pip install 'kpi-streams[demo]'" and nothing
    else; a genuine Kafka runs where Java 17 and Maven are.

    With --for it ends by itself, and compares everything in Redis and on /metrics with a recount of what was
    sent.
    """
    if as_json and seconds is None:
        raise CliError(Exit.USAGE, "--json: only a check has a report; add --for SECONDS")
    definition = chosen_definition(file)
    options = DemoOptions(
        customers,
        days,
        partitions,
        seed,
        rate,
        unlike=unlike,
        observability=observability,
        definition=definition,
        definition_file=None if file is None else Path(file).resolve(),
    )
    console = Console(stderr=as_json, soft_wrap=True, markup=False, emoji=False)
    report = None
    try:
        report = asyncio.run(
            _until_signal(DemoRun(options, console, table=not as_json and redraws(sys.stdout)), seconds)
        )
    except _FAILURES as error:
        raise CliError(Exit.UNREACHABLE, f"the demo cannot go on: {error}") from error
    except asyncio.CancelledError:
        console.print("Ended.")
        if seconds is not None:
            raise KeyboardInterrupt from None
    if report is not None:
        _tell(report, as_json=as_json, console=console)


async def _until_signal(run: DemoRun, seconds: float | None) -> Report | None:
    """Run the demo; Ctrl-C and SIGTERM cancel it, so that everything is ended in order."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is not None:
        with suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, task.cancel)
    return await run.run(seconds)


def _tell(report: Report, *, as_json: bool, console: Console) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2))
    else:
        verdict = "all equal" if report.ok else f"{report.different:,} differ"
        console.print(
            f"{report.sent:,} records sent, {report.compared:,} values compared with a recount: {verdict}"
        )
        for mismatch in report.mismatches:
            console.print(plain(f"  {mismatch.where}: expected {mismatch.expected}, found {mismatch.found}"))
    if not report.ok:
        raise CliError(Exit.FAILED, f"{report.different:,} published values differ from the recount")
