"""``kpi worker``: one worker, until it is told to stop."""

import click


@click.command()
def command() -> None:
    """Run a worker: count events from Kafka, publish KPIs to Prometheus and Redis.

    Where Kafka and Redis are, and everything else, is said by settings in the environment:
    KPI_BROKERS, KPI_REDIS_URL, KPI_SECRET, KPI_HTTP_PORT, KPI_ROLE, ... A worker that cannot go on
    without guessing ends with an exit code that says why; start it anew.
    """
    from streams.app import run_worker  # noqa: PLC0415 - importing the application has effects

    run_worker()
