"""``kpi topics skip``: leave out a record batch that cannot be read."""

import click

from streams.cli.closing import KAFKA, closing
from streams.cli.definitions import chosen_definition
from streams.cli.environment import worker_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.kafka_errors import answered
from streams.cli.terminal import say
from streams.core.customer.identity import Identity
from streams.core.partition.state import PartitionState
from streams.engine.kafka.client import Client
from streams.engine.maintenance.leave_out import LeaveOutError, leave_out
from streams.engine.ownership.marker import blank


@click.command(
    "skip",
    epilog=closing(
        "kpi topics skip crm.customer.purchase.v1 3",
        reads=f"{KAFKA}, KPI_APP_ID, KPI_DEFINITION_FILE, KPI_PARTITIONS, KPI_SECRET, KPI_TOPIC_*",
        ends="0 left out; 1 refused: a worker runs, or the batch can be read",
    ),
)
@click.argument("topic")
@click.argument("partition", type=click.IntRange(min=0))
def command(*, topic: str, partition: int) -> None:
    """Leave out the records at which a worker ended with exit code 37: their batch cannot be read.

    They are those of the source topic TOPIC in PARTITION (a number from 0), as the worker's last line names
    them. What stands in them is lost, and the values are those without it. Stop all workers first. Only a
    batch that is next to be counted, and cannot be read, is left out.
    """
    settings = worker_settings()
    if topic not in settings.source_topics:
        raise CliError(Exit.USAGE, f"{topic} is no source topic: {', '.join(settings.source_topics)}")
    if partition >= settings.partitions:
        raise CliError(Exit.USAGE, f"partition {partition}: there are 0 to {settings.partitions - 1}")
    definition = chosen_definition(settings.definition_file or None)
    identity = Identity(settings.secret_bytes)
    header = PartitionState(definition, identity).header()
    fresh = blank(settings, definition, identity.fingerprint, header)
    client = Client(settings)
    try:
        asked = leave_out(settings, client, topic, partition, fresh)
        left = answered(client, asked, "leaving out records")
    except LeaveOutError as error:
        raise CliError(Exit.FAILED, str(error)) from error
    say(f"left out: {left}")
