"""``kpi explain``: why a KPI has the value it has, from the live service or from a recount."""

import urllib.error
import urllib.request
from typing import Any

import click
import msgspec

from streams.cli.definitions import chosen_definition
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.explain_text import lines
from streams.cli.reader import open_reader, redis_option, tenant_option
from streams.cli.recounting import Source, recounted
from streams.cli.types import INSTANT
from streams.client.errors import UnavailableError
from streams.core.definition import Definition
from streams.explain.explanation import Document, ExplainError, Place, explain

_TIMEOUT_S = 5.0


@click.command()
@click.argument("kpi")
@click.argument("events", required=False)
@click.option("--window", default="24h", show_default=True, help="Like 5m, 1h, 7d.")
@click.option("--as-of", type=INSTANT, help="With EVENTS or --from-kafka: as of when; default: newest event.")
@click.option("--segment", help='Short for "--dimension segment --value".')
@click.option("--dimension", help="segment, plan, channel, region, reason, churn_type or touchpoint.")
@click.option("--value", help="The dimension's value.")
@click.option("--from-kafka", is_flag=True, help="Recount what the source topics hold (KPI_BROKERS).")
@click.option("--http", metavar="URL", help="Ask a worker, like http://127.0.0.1:8700, instead of Redis.")
@click.option(
    "--definition", "file", envvar="KPI_DEFINITION_FILE", help="Definition file; default: documented one."
)
@redis_option
@tenant_option
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
    it, or with --from-kafka, of a recount as of any instant.
    """
    place = _place(window, segment, dimension, value)
    definition = chosen_definition(file)
    if events is not None or from_kafka:
        instants = () if as_of is None else (as_of,)
        (snapshot,) = recounted(Source(events, from_kafka=from_kafka), definition, as_of=instants)
        document: Document = snapshot.document()
    elif as_of is not None:
        raise CliError(Exit.USAGE, "--as-of needs EVENTS or --from-kafka: the live service knows only now")
    else:
        document = _over_http(http) if http else _from_redis(redis, tenant)
        _same_definition(document, definition)
    try:
        explained = explain(document, kpi, place, definition)
    except ExplainError as error:
        raise CliError(Exit.FAILED, str(error)) from error
    for line in lines(explained):
        click.echo(line)


def _place(window: str, segment: str | None, dimension: str | None, value: str | None) -> Place:
    if segment is not None:
        if dimension is not None or value is not None:
            raise CliError(Exit.USAGE, "--segment and --dimension: give one of them")
        return Place(window, "segment", segment)
    if (dimension is None) != (value is None):
        raise CliError(Exit.USAGE, "--dimension and --value belong together")
    return Place(window, dimension, value)


def _same_definition(document: Document, definition: Definition) -> None:
    """Formulas are filled in under our definition: say so if the service has another."""
    if document["definition_hash"] != definition.hash:
        raise CliError(
            Exit.USAGE,
            f"the service counts under definition {document['definition_version']!r} "
            f"({document['definition_hash']}), not under {definition.version!r} ({definition.hash}): "
            "name its file with --definition",
        )


def _from_redis(redis: str | None, tenant: str) -> Document:
    with open_reader(redis, tenant) as reader:
        try:
            document = reader.snapshot()
        except UnavailableError as error:
            raise CliError(Exit.UNREACHABLE, str(error)) from error
    if document is None:
        raise CliError(Exit.FAILED, f"nothing is published for tenant {tenant}")
    return document


def _over_http(url: str) -> Document:
    if not url.startswith(("http://", "https://")):
        raise CliError(Exit.USAGE, f"--http: {url} is no http:// or https:// address")
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/api/snapshot", timeout=_TIMEOUT_S) as answer:  # noqa: S310 - checked above
            return msgspec.json.decode(answer.read(), type=dict[str, Any])
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise CliError(Exit.UNREACHABLE, f"{url} does not answer with a snapshot ({error})") from error
