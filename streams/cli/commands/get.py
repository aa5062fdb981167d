"""``kpi get``: one KPI from Redis."""

import click
import msgspec

from streams.cli.closing import REDIS, closing
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.figures import figure, interval
from streams.cli.reader import check_place, open_reader, place_options, read, redis_options
from streams.cli.table import age, named, status
from streams.cli.terminal import say
from streams.client.reading import Reading, State


@click.command(
    epilog=closing(
        "kpi get churn_ratio --window 30d --dimension segment --value smb",
        "kpi get active_customers --window now --json",
        reads=REDIS,
        ends="0 fresh; 1 stale, silent, undefined, of too few cases, recovering or not published (the line "
        "says which); 2 a misspelt name; 3 Redis does not answer; 5 it "
        "refuses us",
    )
)
@click.argument("kpi")
@place_options
@click.option("--json", "as_json", is_flag=True, help="All parts as one JSON object.")
@redis_options
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
    """Print one KPI from Redis: its value, sample size, interval, age and status.

    Where the definition has a choice of formula or basis, it is named: churn_ratio (standard).

    "kpi definition guide" names every KPI, as does docs/kpis.md, which "kpi files DIR" writes.
    """
    check_place(dimension, value)
    with open_reader(redis, tenant) as reader:
        reading = read(lambda: reader.get(kpi, window, dimension, value), redis)
    say(msgspec.json.encode(reading).decode() if as_json else _line(reading))
    if reading.state is not State.FRESH:
        raise CliError(Exit.FAILED, reading.explain())


def _line(reading: Reading) -> str:
    between = interval(reading.kpi, reading.low, reading.high)
    parts = (
        f"{named(reading)} {figure(reading.kpi, reading.value)}",
        f"({between})" if between else "",
        "" if reading.n is None else f"n {reading.n:,}",
        f"age {age(reading)}" if reading.age_s is not None else "",
        status(reading),
    )
    return "  ".join(part for part in parts if part)
