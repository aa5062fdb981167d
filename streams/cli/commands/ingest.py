"""``kpi ingest``: foreign topics to ours, until it is told to stop."""

import click

from streams.app import run_ingest
from streams.cli.closing import closing
from streams.cli.definitions import chosen_definition
from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.mappings import load_mapping
from streams.settings import Settings, SettingsError


@click.command(
    epilog=closing(
        "KPI_MAPPING_FILE=mine.toml kpi ingest",
        reads="KPI_MAPPING_FILE, which has no default; KPI_BROKERS, KPI_APP_ID, KPI_PARTITIONS, "
        "KPI_PARTITIONER, KPI_TOPIC_*, KPI_DEFINITION_FILE, KPI_INGEST_INTERVAL, KPI_HTTP_*, KPI_LOG_*, "
        "KPI_KAFKA_* and the timeouts",
        ends="0 told to stop; 2 wrong settings, mapping or definition; 13 to 29 start it anew; 30 to 39 a "
        "person has to do something first: the log says what, and deploy/RUNBOOK.md, which "
        '"kpi files DIR" writes, says more',
    )
)
def command() -> None:
    """Make events of the records of other topics, as KPI_MAPPING_FILE says.

    Events go to the source topics under their customer's key, in the partition that KPI_PARTITIONER finds:
    exactly once, whatever dies. Records that the mapping refuses go to the dead-letter topic with field and
    reason; what it does not want is counted. Processes share the partitions of those topics: start as many as
    are needed. Each serves /metrics, /healthz and /readyz on KPI_HTTP_HOST and KPI_HTTP_PORT.
    """
    settings = client_settings()
    definition = chosen_definition(settings.definition_file or None)
    try:
        _check(settings)
        known = definition if settings.definition_file else None
        mapping, _ = load_mapping(settings.mapping_file, known)
        code = run_ingest(settings, mapping, definition)
    except SettingsError as error:
        raise CliError(Exit.USAGE, str(error)) from error
    click.get_current_context().exit(code)


def _check(settings: Settings) -> None:
    if not settings.mapping_file:
        raise SettingsError("mapping_file", "not set", "the name of a mapping file (docs/own-events.md)")
    if not settings.exactly_once:
        raise SettingsError(
            "processing_guarantee",
            "at_least_once",
            "exactly_once: kpi ingest writes events and offsets in Kafka transactions",
        )
