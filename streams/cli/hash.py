"""``kpi hash ID``: the keyed hash under which Redis knows a customer."""

import click

from streams.cli.environment import worker_settings
from streams.core.identity import Identity


@click.command()
@click.argument("customer_id")
def command(customer_id: str) -> None:
    """Print the keyed hash that CUSTOMER_ID has in Redis.

    Takes the deployment secret from KPI_SECRET; only who has it can tell which hash is whose.
    """
    click.echo(Identity(worker_settings().secret_bytes).customer(customer_id).hex())
