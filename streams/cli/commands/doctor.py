"""``kpi doctor``: every check there is, each with the cure."""

import asyncio
from collections import Counter

import click
import msgspec

from streams.app import wall_clock
from streams.cli.closing import closing
from streams.cli.environment import environment
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.terminal import say
from streams.doctor.case import Case
from streams.doctor.checks import CHECKS, Report, examine
from streams.doctor.finding import Verdict

_VERDICT = max(map(len, Verdict))
_CHECK = max(map(len, CHECKS))


@click.command(
    epilog=closing(
        "kpi doctor",
        "kpi doctor --json",
        "KPI_REDIS_USERNAME=dashboard kpi doctor --reader",
        reads="all, as a worker would",
        ends="0 no check fails (a warning does not count, nor does what cannot be looked at); 1 one does",
    )
)
@click.option("--json", "as_json", is_flag=True, help="All findings as one JSON object.")
@click.option("--reader", is_flag=True, help="Only what a KpiReader with these settings needs of Redis.")
def command(*, as_json: bool, reader: bool) -> None:
    """Check everything a worker started here would need, and say what to do where it is not as it should be.

    Settings, definition, Kafka, rights, topics, partitioner, state, workers, clocks, Redis, its rights.
    It changes nothing.
    """
    reports: list[Report] = []

    def tell(report: Report) -> None:
        reports.append(report)
        if not as_json:
            _show(report)

    asyncio.run(examine(Case(environment(), wall_clock, as_reader=reader), tell))
    failed = list(dict.fromkeys(report.check for report in reports if report.verdict is Verdict.FAIL))
    if as_json:
        say(msgspec.json.encode({"ok": not failed, "findings": reports}).decode())
    if failed:
        raise CliError(Exit.FAILED, f"something is wrong with {', '.join(failed)}")
    if not as_json:
        counts = Counter(report.verdict for report in reports)
        say(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict]))


def _show(report: Report) -> None:
    say(f"{report.verdict:<{_VERDICT}}  {report.check:<{_CHECK}}  {report.says}")
    if report.cure:
        say(f"{'':<{_VERDICT}}  {'':<{_CHECK}}  -> {report.cure}")
