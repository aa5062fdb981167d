"""``kpi explain``: why a KPI has the value it has, from the live service or from a recount."""

import click

from streams.cli.closing import KAFKA, REDIS, closing
from streams.cli.definitions import chosen_definition, definition_option, from_kafka_option
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.explain_text import lines
from streams.cli.over_http import snapshot_over_http
from streams.cli.reader import check_place, open_reader, place_options, read, redis_options
from streams.cli.recounting import Source, recounted
from streams.cli.terminal import say
from streams.cli.types import INSTANT
from streams.core.definition.definition import Definition
from streams.explain.explanation import Document, ExplainError, Place, explain


@click.command(
    epilog=closing(
        "kpi explain churn_ratio --segment smb",
        "kpi explain nps_score --window 30d --http http://127.0.0.1:8700",
        "kpi explain revenue events.jsonl --as-of 2026-04-15T00:00:00Z",
        reads=f"{REDIS}, KPI_DEFINITION_FILE; with --from-kafka {KAFKA}, KPI_PARTITIONER, KPI_TOPIC_*",
    )
)
@click.argument("kpi")
@click.argument("events", required=False)
@place_options
@click.option(
    "--as-of",
    metavar="INSTANT",
    type=INSTANT,
    help="With EVENTS or --from-kafka: as of when, like 2026-04-15T00:00:00Z or milliseconds since 1970; "
    "default: the newest event.",
)
@click.option("--segment", metavar="TEXT", help='Short for "--dimension segment --value"; default: none.')
@from_kafka_option
@click.option(
    "--http", metavar="URL", help="Ask a worker, like http://127.0.0.1:8700; default: Redis is asked."
)
@definition_option
@redis_options
def command(
    *,
    kpi: str,
    events: str | None,
    window: str,
    as_of: int | None,
    segment: str | None,
    dimension: str | None,
    value: str | None,
    from_kafka: bool,
    http: str | None,
    file: str | None,
    redis: str | None,
    tenant: str,
) -> None:
    """Explain KPI: its formula with the numbers filled in, and where they come from.

    Of the live service, as Redis (or a worker, --http) shows it; with EVENTS, a file as "kpi replay" reads
    it (- for standard input), or with --from-kafka, of a recount as of any instant.
    """
    place = _place(window, segment, dimension, value)
    definition = chosen_definition(file)
    if events is not None or from_kafka:
        instants = () if as_of is None else (as_of,)
        found = list(recounted(Source(events, from_kafka=from_kafka), definition, as_of=instants))
        if not found:
            raise CliError(Exit.FAILED, "nothing to explain without an event")
        document: Document = found[0].document()
    elif as_of is not None:
        raise CliError(Exit.USAGE, "--as-of needs EVENTS or --from-kafka: the live service knows only now")
    else:
        document = snapshot_over_http(http) if http else _from_redis(redis, tenant)
        _same_definition(document, definition)
    try:
        explained = explain(document, kpi, place, definition)
    except ExplainError as error:
        raise CliError(Exit.FAILED, str(error)) from error
    for line in lines(explained):
        say(line)


def _place(window: str, segment: str | None, dimension: str | None, value: str | None) -> Place:
    if segment is not None:
        if dimension is not None or value is not None:
            raise CliError(Exit.USAGE, "--segment and --dimension: give one of them")
        return Place(window, "segment", segment)
    check_place(dimension, value)
    return Place(window, dimension, value)


def _same_definition(document: Document, definition: Definition) -> None:
    """Formulas are filled in under our definition: say so if the service has another."""
    if not {"definition_hash", "definition_version"} <= document.keys():
        raise CliError(Exit.BAD_DATA, "what was read is no snapshot of this service")
    if document["definition_hash"] != definition.hash:
        raise CliError(
            Exit.USAGE,
            f"the service counts under definition {document['definition_version']!r} "
            f"({document['definition_hash']}), not under {definition.version!r} ({definition.hash}): "
            "name its file with --definition",
        )


def _from_redis(redis: str | None, tenant: str) -> Document:
    with open_reader(redis, tenant) as reader:
        document = read(reader.snapshot, redis)
    if document is None:
        raise CliError(Exit.FAILED, f"nothing is published for tenant {tenant}")
    return document
