"""``kpi worker``: one worker, until it is told to stop."""

import click

from streams.app import run_worker
from streams.cli.environment import worker_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.core.definition import DefinitionError
from streams.settings import SettingsError


@click.command()
def command() -> None:
    """Run a worker: count events from Kafka, publish KPIs to Prometheus and Redis.

    Where Kafka and Redis are, and everything else, is said by settings in the environment:
    KPI_BROKERS, KPI_REDIS_URL, KPI_SECRET, KPI_HTTP_PORT, KPI_ROLE, ... A worker that cannot go on
    without guessing ends with an exit code that says why; start it anew.
    """
    settings = worker_settings()
    try:
        code = run_worker(settings)
    except (SettingsError, DefinitionError) as error:
        raise CliError(Exit.USAGE, str(error)) from error
    click.get_current_context().exit(code)
