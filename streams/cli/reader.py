"""The reader the commands share, made from the settings."""

import click

from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.client.reader import KpiReader

redis_option = click.option("--redis", metavar="URL", help="Where Redis is; default: KPI_REDIS_URL.")
tenant_option = click.option("--tenant", default="default", show_default=True, help="Whose values.")


def open_reader(redis: str | None, tenant: str) -> KpiReader:
    """A reader of the given Redis, or of the one in the settings.

    Raises:
        CliError: an address or tenant that cannot be.
    """
    settings = client_settings()
    try:
        return KpiReader(
            redis or settings.redis_url,
            tenant,
            username=settings.redis_username or None,
            password=settings.redis_password or None,
            ca_file=settings.redis_cafile or None,
        )
    except ValueError as error:
        raise CliError(Exit.USAGE, f"--redis or --tenant: {error}") from error
