"""``kpi worker``: one worker, until it is told to stop."""

import asyncio

import click
from aiokafka.errors import KafkaError

from streams.app import run_worker, set_up_logging
from streams.cli.definitions import chosen_definition
from streams.cli.environment import worker_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.core.definition import DefinitionError
from streams.core.identity import Identity
from streams.engine.changelog import FORMAT, Marker
from streams.engine.client import Client
from streams.engine.rebuild import Rebuild, RebuildError
from streams.settings import Settings, SettingsError


@click.command()
@click.option("--rebuild", is_flag=True, help="Count anew if the changelog has another definition or secret.")
@click.option("--force", is_flag=True, help="With --rebuild: even if the changelog seems to fit.")
@click.option("--accept-loss", is_flag=True, help="With --rebuild: even if source records are gone already.")
def command(*, rebuild: bool, force: bool, accept_loss: bool) -> None:
    """Run a worker: count events from Kafka, publish KPIs to Prometheus and Redis.

    Where Kafka and Redis are, and everything else, is said by settings in the environment:
    KPI_BROKERS, KPI_REDIS_URL, KPI_SECRET, KPI_HTTP_PORT, KPI_ROLE, ... A worker that cannot go on
    without guessing ends with an exit code that says why; start it anew.

    A worker refuses a changelog that was counted under another definition. With --rebuild, and no other
    worker running, it deletes the changelog and totals topics then and counts the source topics from their
    beginning. Where the changelog fits, --rebuild does nothing, unless --force says so: for one that holds
    records that cannot be read.
    """
    settings = worker_settings()
    for option, given in (("--force", force), ("--accept-loss", accept_loss)):
        if given and not rebuild:
            raise CliError(Exit.USAGE, f"{option} goes with --rebuild")
    if rebuild:
        _rebuild(settings, accept_loss=accept_loss, force=force)
    try:
        code = run_worker(settings)
    except (SettingsError, DefinitionError) as error:
        raise CliError(Exit.USAGE, str(error)) from error
    click.get_current_context().exit(code)


def _rebuild(settings: Settings, *, accept_loss: bool, force: bool) -> None:
    if settings.role == "publisher":
        raise CliError(Exit.USAGE, "--rebuild: a publisher counts nothing; see KPI_ROLE")
    set_up_logging(settings)
    definition = chosen_definition(settings.definition_file or None)
    fingerprint = Identity(settings.secret_bytes).fingerprint
    expected = Marker(FORMAT, definition.hash, definition.version, fingerprint, {}, b"", 0)
    try:
        reason = asyncio.run(
            Rebuild(settings, Client(settings), expected).run(accept_loss=accept_loss, force=force)
        )
    except RebuildError as error:
        raise CliError(Exit.FAILED, f"--rebuild: {error}") from error
    except (KafkaError, OSError) as error:
        where = ", ".join(settings.brokers)
        raise CliError(
            Exit.UNREACHABLE, f"Kafka at {where} does not answer ({type(error).__name__})"
        ) from error
    click.echo(f"counting anew: {reason}" if reason else "--rebuild: the changelog fits and stays", err=True)
