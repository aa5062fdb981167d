"""Settings for the commands: read once from the process environment, nowhere else in the command line."""

import os

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.settings import Settings, SettingsError, read

_NO_SECRET_NEEDED = {"KPI_DEMO": "true"}


def worker_settings() -> Settings:
    """The settings as a worker needs them, with the deployment secret.

    Raises:
        CliError: one is wrong or missing.
    """
    return _read(dict(os.environ))


def client_settings() -> Settings:
    """The settings for what only talks to Kafka or Redis and needs no secret.

    Raises:
        CliError: one is wrong.
    """
    return _read({**os.environ, **_NO_SECRET_NEEDED})


def _read(environ: dict[str, str]) -> Settings:
    try:
        return read(environ)
    except SettingsError as error:
        raise CliError(Exit.USAGE, str(error)) from error
