"""``kpi alarms``: what is out of the ordinary, from Redis."""

import click
import msgspec

from streams.cli.alarms_text import lines
from streams.cli.closing import REDIS, closing
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.reader import open_reader, read, redis_options
from streams.cli.terminal import say


@click.command(
    epilog=closing(
        "kpi alarms",
        "kpi alarms --explain",
        reads=REDIS,
        ends="0 nothing is in alarm; 1 an alarm is on, or nothing current is known; 3 Redis does not answer; "
        "5 it refuses us",
    )
)
@click.option("--explain", is_flag=True, help="Of each stream in alarm, what every window says.")
@click.option("--json", "as_json", is_flag=True, help="All streams as one JSON object.")
@redis_options
def command(*, explain: bool, as_json: bool, redis: str | None, tenant: str) -> None:
    """Print the streams in alarm, the greatest evidence first, and how many are ordinary or learning.

    A stream is a counted quantity of the whole or of one value of a dimension; docs/alarms.md says what an
    alarm means, and what it does not.
    """
    with open_reader(redis, tenant) as reader:
        alarms = read(reader.alarms, redis)
    if alarms is None:
        raise CliError(Exit.FAILED, "nothing is known of alarms: no worker publishes, or none is declared")
    for line in (msgspec.json.encode(alarms).decode(),) if as_json else lines(alarms, explain=explain):
        say(line)
    if alarms.active:
        raise CliError(Exit.FAILED, f"{len(alarms.active)} of {len(alarms.streams)} streams are in alarm")
    if any(stream.status == "stale" for stream in alarms.streams):
        raise CliError(Exit.FAILED, "what is known of alarms is too old")
