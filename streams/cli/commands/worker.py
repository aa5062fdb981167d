"""``kpi worker``: one worker, until it is told to stop."""

import click

from streams.app import run_worker, set_up_logging
from streams.cli.closing import closing
from streams.cli.definitions import chosen_definition
from streams.cli.environment import worker_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.kafka_errors import answered
from streams.cli.terminal import say
from streams.core.customer.identity import Identity
from streams.core.definition.definition import DefinitionError
from streams.engine.kafka.client import Client
from streams.engine.maintenance.rebuild import Rebuild, RebuildError
from streams.engine.ownership.marker import blank
from streams.settings import Settings, SettingsError


@click.command(
    epilog=closing(
        "kpi worker",
        "KPI_ROLE=publisher kpi worker",
        "kpi worker --rebuild",
        reads="all; KPI_SECRET has no default; KPI_BROKERS, KPI_REDIS_URL and KPI_HTTP_HOSTS are next",
        ends="0 told to stop; 1 --rebuild refuses; 2 wrong settings or definition; 13 to 29 start it anew; "
        "30 to 39 a person has to do something first: the log says what, and deploy/RUNBOOK.md, which "
        '"kpi files DIR" writes, says more',
    )
)
@click.option("--rebuild", is_flag=True, help="Count anew if the changelog has another definition or secret.")
@click.option("--force", is_flag=True, help="With --rebuild: even if the changelog seems to fit.")
@click.option("--accept-loss", is_flag=True, help="With --rebuild: even if source records are gone already.")
def command(*, rebuild: bool, force: bool, accept_loss: bool) -> None:
    """Run a worker: count events from Kafka, publish KPIs to Prometheus and Redis.

    Serves the board, /metrics, /api/snapshot, /healthz and /readyz on KPI_HTTP_HOST and KPI_HTTP_PORT. A
    worker that cannot go on without guessing ends with an exit code that says why.

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
    expected = blank(settings, definition, fingerprint)
    client = Client(settings)
    try:
        asked = Rebuild(settings, client, expected).run(accept_loss=accept_loss, force=force)
        reason = answered(client, asked, "preparing to count anew")
    except RebuildError as error:
        raise CliError(Exit.FAILED, f"--rebuild: {error}") from error
    say(f"counting anew: {reason}" if reason else "--rebuild: the changelog fits and stays", err=True)
