"""``kpi topics``: the Kafka topics of a deployment, made, checked, mended, listed, repartitioned."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import click

from streams.cli import skip
from streams.cli.closing import KAFKA, FullGroup, closing
from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.kafka_errors import answered
from streams.cli.terminal import say
from streams.engine.kafka.client import Client
from streams.engine.maintenance.repartition import Repartition, RepartitionError, by_customer
from streams.engine.topics.check import Findings, findings, fix
from streams.engine.topics.standstill import BusyError
from streams.engine.topics.topics import ensure, table

T = TypeVar("T")


_SETTINGS = "KPI_PARTITIONS, KPI_REPLICATION_FACTOR, KPI_TOPIC_*"


@click.group(cls=FullGroup, epilog=closing("kpi topics create", reads=f"{KAFKA}, {_SETTINGS}"))
def command() -> None:
    """Create, check, mend, list or repartition the topics, as the settings say."""


@command.command(
    epilog=closing(
        "kpi topics create", "KPI_REPLICATION_FACTOR=1 kpi topics create", reads=f"{KAFKA}, {_SETTINGS}"
    )
)
def create() -> None:
    """Make the topics that are missing and check all of them; changes none that exists."""
    settings = client_settings()
    client = Client(settings)
    made = _answer(client, ensure(settings, client), "making topics")
    for name in made:
        say(f"made {name}")
    say(f"all {len(table(settings))} topics are there, each with {settings.partitions} partitions")


@command.command(
    epilog=closing(
        "kpi topics check",
        "kpi topics check --fix",
        reads=f"{KAFKA}, KPI_APP_ID, {_SETTINGS}",
        ends="0 all is well; 1 a topic is missing, or a setting of one does harm",
    )
)
@click.option("--fix", "mend", is_flag=True, help="Set what does harm, make what is missing.")
def check(*, mend: bool) -> None:
    """Say whether all topics are there, go together, and have settings that lose nothing.

    With --fix, settings that do harm are set right, missing topics are made, and totals that have a wrong
    number of partitions are made anew if no worker is running. It never touches an event: where source topics
    or the changelog differ, "kpi topics repartition" is the way.
    """
    settings = client_settings()
    client = Client(settings)
    if mend:
        for line in _answer(client, fix(settings, client), "mending topics"):
            say(line)
    found: Findings = _answer(client, findings(settings, client), "checking topics")
    for fault in found.faults:
        say(f"{'note: ' if fault.note else ''}{fault}")
    if found.missing:
        raise CliError(
            Exit.FAILED, f"missing topics: {', '.join(found.missing)}; kpi topics create makes them"
        )
    if harm := found.harm:
        curable = sum(bool(fault.cure) for fault in harm)
        raise CliError(
            Exit.FAILED,
            f"{len(harm)} settings of topics do harm"
            + (f"; kpi topics check --fix sets {curable}" if curable else ""),
        )
    say(f"all topics are there, each with {settings.partitions} partitions")


@command.command("list", epilog=closing("kpi topics list", reads=_SETTINGS))
def list_topics() -> None:
    """Print every topic of the settings and what it is made with; asks no broker."""
    for spec in table(client_settings()):
        configs = " ".join(f"{key}={text}" for key, text in sorted(spec.configs.items()))
        say(f"{spec.name} partitions={spec.partitions} replicas={spec.replication_factor} {configs}")


@command.command(
    epilog=closing(
        "kpi topics repartition --partitions 8",
        reads=f"{KAFKA}, KPI_APP_ID, KPI_PARTITIONER, KPI_REPLICATION_FACTOR, KPI_TOPIC_*",
        ends="0 done, or nothing to do; 1 refused: a worker runs, or records would be lost",
    )
)
@click.option(
    "--partitions",
    metavar="N",
    type=click.IntRange(1, 1_000),
    required=True,
    help="How many every topic shall have.",
)
@click.option("--accept-loss", is_flag=True, help="Even if source records are gone already.")
@click.option(
    "--force", is_flag=True, help="Even if the counts are right: put every record where its key belongs."
)
def repartition(*, partitions: int, accept_loss: bool, force: bool) -> None:
    """Give the source topics another number of partitions, with every customer's events in one of them.

    Stop all workers and producers first. Every topic is copied by key, the copy is compared, and only then
    the topic is made anew; it needs room for the events a second time. If it is interrupted, run it again: it
    goes on. Afterwards set KPI_PARTITIONS, start the workers (they count anew), then the producers.
    """
    settings = replace(client_settings(), partitions=partitions)

    def told(line: str) -> None:
        say(line, err=True)

    client = Client(settings)
    work = Repartition(settings, client, by_customer(settings.partitioner), told)
    if not _answer(client, work.run(accept_loss=accept_loss, force=force), "repartitioning"):
        say(f"all topics have {partitions} partitions already")
        return
    say(f"all topics have {partitions} partitions: set KPI_PARTITIONS={partitions}, then start the workers")


def _answer(client: Client, question: Coroutine[Any, Any, T], doing: str) -> T:
    try:
        return answered(client, question, doing)
    except (BusyError, RepartitionError) as error:
        raise CliError(Exit.FAILED, str(error)) from error


command.add_command(skip.command)
