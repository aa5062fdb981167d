"""The reader the commands share, made from the settings."""

from collections.abc import Callable
from typing import TypeVar

import click

from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.client.errors import UnavailableError, UnknownNameError
from streams.client.reader import KpiReader
from streams.redis_contract.connection import TlsFileError
from streams.redis_contract.failures import SETTINGS, Cause
from streams.settings import SettingsError

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])

_CODES = {
    Cause.UNREACHABLE: Exit.UNREACHABLE,
    Cause.REFUSED: Exit.DENIED,
    Cause.FAILED: Exit.FAILED,
}


def redis_options(command: F) -> F:
    """``--redis`` and ``--tenant``: who publishes."""
    redis = click.option(
        "--redis",
        metavar="URL",
        help="Where Redis is, like redis://127.0.0.1:6379/0; default: KPI_REDIS_URL.",
    )
    tenant = click.option(
        "--tenant",
        metavar="NAME",
        default="default",
        show_default=True,
        help="Whose values: the definition's tenant.",
    )
    return redis(tenant(command))


def place_options(command: F) -> F:
    """``--window``, ``--dimension`` and ``--value``: what is asked for. See check_place."""
    window = click.option(
        "--window",
        metavar="NAME",
        default="24h",
        show_default=True,
        help='A window of the definition, like 5m, 1h, 24h, 7d or 30d; "now" for numbers without one.',
    )
    dimension = click.option(
        "--dimension",
        metavar="NAME",
        help="Only of one value of a dimension: reason, churn_type, touchpoint, or one that the definition "
        "names (segment, plan, channel, region); default: of all customers.",
    )
    value = click.option("--value", metavar="TEXT", help="With --dimension: which value; no default.")
    return window(dimension(value(command)))


def check_place(dimension: str | None, value: str | None) -> None:
    """Make sure that both or none of the options is given.

    Raises:
        CliError: only one is.
    """
    if (dimension is None) != (value is None):
        raise CliError(Exit.USAGE, "--dimension and --value belong together")


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
            cert_file=settings.redis_certfile or None,
            key_file=settings.redis_keyfile or None,
            timeout=settings.redis_timeout / 1_000,
        )
    except TlsFileError as error:
        told = SettingsError(error.setting, error.wrong, error.allowed)
        raise CliError(Exit.USAGE, str(told)) from error
    except ValueError as error:
        where = "--redis" if redis else "KPI_REDIS_URL"
        raise CliError(Exit.USAGE, f"{where} or --tenant: {error}") from error


def _names(redis: str | None) -> dict[str, str]:
    """What the user calls what can be changed."""
    return SETTINGS | ({"url": "--redis"} if redis else {})


def read(question: Callable[[], T], redis: str | None = None) -> T:
    """What a reader answers.

    Args:
        question: what it is asked.
        redis: the address that was given as an option, if one was: a failure then names that option.

    Raises:
        CliError: Redis does not answer, a name is misspelt, or something else writes our keys.
    """
    try:
        return question()
    except UnicodeEncodeError:
        raise
    except UnavailableError as error:
        raise CliError(_CODES[error.failure.cause], error.failure.line(_names(redis))) from error
    except UnknownNameError as error:
        raise CliError(Exit.USAGE, str(error)) from error
    except ValueError as error:
        raise CliError(
            Exit.BAD_DATA, f"Redis holds something that this service does not write ({error})"
        ) from error
