"""``kpi simulate``: the events of a made-up business, as a replay file or sent to Kafka."""

import time
from itertools import islice
from typing import TYPE_CHECKING

import click

from streams.cli.business_options import customers_option, days_option, seed_option, unlike_options
from streams.cli.closing import KAFKA, closing
from streams.cli.definitions import chosen_definition, definition_option
from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.output import STANDARD, opened_to_write
from streams.cli.progress import Progress
from streams.cli.types import DURATION, INSTANT
from streams.core.definition.definition import DAY_MS
from streams.settings import Settings
from streams.simulate import Business, Days, SimRecord, Spike, to_line, topic_of
from streams.simulate.bodies import rfc3339
from streams.simulate.market import BASE_AGE_MS, SEGMENTS

if TYPE_CHECKING:
    from streams.engine.kafka.client import Client

_CHUNK = 20_000


@click.command(
    epilog=closing(
        "kpi simulate --customers 500 --days 30 -o events.jsonl.gz",
        "kpi simulate --spike smb 24h 10 6h | kpi replay - --format text",
        "kpi simulate --days 90 --scatter 0.2 --leak 14d 1.5 -o quarter.jsonl",
        "kpi simulate --to-kafka --rate 100",
        reads=f"KPI_DEFINITION_FILE; with --to-kafka {KAFKA}, KPI_PARTITIONER, KPI_TOPIC_*",
    )
)
@click.option(
    "-o",
    "--output",
    default=STANDARD,
    show_default=True,
    metavar="FILE",
    help="Where to write; a name that ends in .gz packs, - is standard output.",
)
@customers_option(1, 10_000_000, 2_000)
@days_option(3_650, 60)
@click.option(
    "--until",
    metavar="INSTANT",
    type=INSTANT,
    help="End of the history, like 2026-04-15T00:00:00Z or milliseconds since 1970; default: now.",
)
@seed_option("The same whole number (and --until): the same bytes.")
@click.option(
    "--spike",
    type=(click.Choice(SEGMENTS.values), DURATION, click.FloatRange(min=1), DURATION),
    metavar="SEGMENT AGO FACTOR DURATION",
    help="A churn spike, like smb 24h 10 6h: ten times the churn, from 24 hours before the end for 6 hours. "
    f"SEGMENT is {', '.join(SEGMENTS.values)}; default: none.",
)
@unlike_options
@definition_option
@click.option("--to-kafka", is_flag=True, help="Send to Kafka instead, the history at once.")
@click.option(
    "--rate",
    metavar="N",
    type=click.FloatRange(0.1, 100_000),
    help="With --to-kafka: go on live, so many events a second; default: end with the history.",
)
def command(
    *,
    output: str,
    customers: int,
    days: int,
    until: int | None,
    seed: int,
    spike: tuple[str, int, float, int] | None,
    unlike: Days,
    file: str | None,
    to_kafka: bool,
    rate: float | None,
) -> None:
    """Make up the events of a business: to a file that "kpi replay" and "kpi send" read, or to Kafka.

    Customers sign up, order by season, answer surveys, cancel and come back; some events are late,
    doubled or malformed, as in life. They have the dimensions that the definition names.
    """
    if rate is not None and not to_kafka:
        raise CliError(Exit.USAGE, "--rate: only traffic to Kafka has a rate; add --to-kafka")
    end_ms = int(time.time() * 1000) if until is None else until
    definition = chosen_definition(file)
    if end_ms - days * DAY_MS - BASE_AGE_MS < definition.min_event_time_ms:
        earliest = rfc3339(definition.min_event_time_ms)
        raise CliError(Exit.USAGE, f"--until: a history so long ago would have events from before {earliest}")
    planned = _spike(spike, end_ms)
    business = Business(seed, customers, days, end_ms, spike=planned, unlike=unlike, definition=definition)
    if to_kafka:
        _send(business, rate)
        return
    with opened_to_write(output) as lines, Progress("simulating") as progress:
        records = business.history()
        while chunk := list(islice(records, _CHUNK)):
            lines.writelines(map(to_line, chunk))
            progress.advance(len(chunk))


def _spike(spike: tuple[str, int, float, int] | None, end_ms: int) -> Spike | None:
    if spike is None:
        return None
    segment, ago_ms, factor, duration_ms = spike
    return Spike(segment, end_ms - ago_ms, factor, duration_ms)


def _send(business: Business, rate: float | None) -> None:
    from streams.cli.kafka_errors import answered  # noqa: PLC0415 - Faust is slow to import
    from streams.engine.kafka.client import Client  # noqa: PLC0415 - likewise

    settings = client_settings()
    client = Client(settings)
    answered(client, _sent(business, rate, settings, client), "sending records")


async def _sent(business: Business, rate: float | None, settings: Settings, client: "Client") -> None:
    from streams.ingest.sender import Sender, paced  # noqa: PLC0415 - likewise

    topics = {topic_of(kind): topic for topic, kind in settings.source_topics.items()}

    async def send(chunk: list[SimRecord]) -> None:
        await sender.submit(record._replace(topic=topics[record.topic]) for record in chunk)
        progress.advance(len(chunk))

    async with Sender(client.options, settings.partitioner) as sender:
        with Progress("sending") as progress:
            records = business.history()
            while chunk := list(islice(records, _CHUNK)):
                await send(chunk)
            await sender.drain()
            if rate is not None:
                async for chunk in paced(business.live(rate)):
                    await send(chunk)
