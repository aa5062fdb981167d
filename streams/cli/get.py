"""``kpi get``: one KPI from Redis."""

import click
import msgspec

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.figures import figure, interval
from streams.cli.reader import open_reader, redis_option, tenant_option
from streams.cli.table import age, status
from streams.client.errors import UnavailableError
from streams.client.reading import Reading, State


@click.command()
@click.argument("kpi")
@click.option(
    "--window", default="24h", show_default=True, help='Like 5m, 1h, 7d; "now" for standing numbers.'
)
@click.option("--dimension", help="segment, plan, channel, region, reason, churn_type or touchpoint.")
@click.option("--value", help="The dimension's value.")
@click.option("--json", "as_json", is_flag=True, help="All parts as one JSON object.")
@redis_option
@tenant_option
def command(
    *,
    kpi: str,
    window: str,
    dimension: str | None,
    value: str | None,
    as_json: bool,
    redis: str | None,
    tenant: str,
) -> None:
    """Print one KPI, like: kpi get churn_ratio --window 30d --dimension segment --value smb.

    Ends with 0 if the value is fresh, with 1 if it is stale, undefined, of too few cases, recovering or
    not published (and says which), with 3 if Redis does not answer.
    """
    if (dimension is None) != (value is None):
        raise CliError(Exit.USAGE, "--dimension and --value belong together")
    with open_reader(redis, tenant) as reader:
        try:
            reading = reader.get(kpi, window, dimension, value)
        except UnavailableError as error:
            raise CliError(Exit.UNREACHABLE, str(error)) from error
    click.echo(msgspec.json.encode(reading).decode() if as_json else _line(reading))
    if reading.state is not State.FRESH:
        raise CliError(Exit.FAILED, reading.explain())


def _line(reading: Reading) -> str:
    between = interval(reading.kpi, reading.low, reading.high)
    parts = (
        f"{reading.kpi} {figure(reading.kpi, reading.value)}",
        f"({between})" if between else "",
        "" if reading.n is None else f"n {reading.n:,}",
        f"age {age(reading)}" if reading.age_s is not None else "",
        status(reading),
    )
    return "  ".join(part for part in parts if part)
