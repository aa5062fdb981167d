"""``kpi hash ID``: the keyed hash under which Redis knows a customer."""

import click

from streams.cli.closing import closing
from streams.cli.environment import worker_settings
from streams.core.customer.identity import Identity


@click.command(epilog=closing("kpi hash customer-7", reads="KPI_SECRET"))
@click.argument("customer_id")
def command(customer_id: str) -> None:
    """Print the keyed hash that CUSTOMER_ID has in Redis.

    Only who has the deployment secret can tell which hash is whose.
    """
    click.echo(Identity(worker_settings().secret_bytes).customer(customer_id).hex())
