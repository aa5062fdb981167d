"""Settings for the commands: read once from the process environment, nowhere else in the command line."""

import os
from collections.abc import Sequence

import click

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.terminal import say
from streams.settings import Settings, SettingsError, nearest, read

_LOGGING = ("worker", "ingest")
"""Commands that say it in their log."""
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


def environment() -> dict[str, str]:
    """The environment as it is, for a command that judges the settings itself."""
    return dict(os.environ)


def _read(environ: dict[str, str]) -> Settings:
    try:
        settings = read(environ)
    except SettingsError as error:
        raise CliError(Exit.USAGE, str(error)) from error
    _warn(settings.unknown)
    return settings


def _warn(unknown: Sequence[str]) -> None:
    """Say once a command what is not read; a worker says it in its log."""
    context = click.get_current_context(silent=True)
    if context is None or context.info_name in _LOGGING or context.meta.get(__name__):
        return
    context.meta[__name__] = True
    for key in unknown:
        near = nearest(key)
        hint = f"; did you mean {near}?" if near else ""
        say(f"{key} is no setting of this service and is ignored{hint}", err=True)
