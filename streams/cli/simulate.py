"""``kpi simulate``: the events of a made-up business, as a replay file or sent to Kafka."""

import asyncio
import time
from itertools import islice

import click

from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.output import STANDARD, opened_to_write
from streams.cli.progress import Progress
from streams.cli.types import DURATION, INSTANT
from streams.core.definition import DAY_MS, Definition
from streams.simulate import Business, SimRecord, Spike, to_line, topic_of
from streams.simulate.market import BASE_AGE_MS, SEGMENTS

_CHUNK = 20_000


@click.command()
@click.option(
    "-o", "--output", default=STANDARD, metavar="FILE", help="Where to write; .gz packs; - is stdout."
)
@click.option("--customers", type=click.IntRange(1, 10_000_000), default=2_000, show_default=True)
@click.option(
    "--days", type=click.IntRange(1, 3_650), default=60, show_default=True, help="Length of the history."
)
@click.option("--until", type=INSTANT, help="End of the history, like 2026-04-15T00:00:00Z; default: now.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed (and --until): the same bytes."
)
@click.option(
    "--spike",
    type=(click.Choice(SEGMENTS.values), DURATION, click.FloatRange(min=1), DURATION),
    metavar="SEGMENT AGO FACTOR DURATION",
    help="A churn spike, like: --spike smb 24h 10 6h (began 24 hours before the end, lasts 6).",
)
@click.option("--to-kafka", is_flag=True, help="Send to Kafka (KPI_BROKERS) instead: the history at once.")
@click.option(
    "--rate", type=click.FloatRange(0.1, 100_000), help="With --to-kafka: go on live, events a second."
)
def command(
    *,
    output: str,
    customers: int,
    days: int,
    until: int | None,
    seed: int,
    spike: tuple[str, int, float, int] | None,
    to_kafka: bool,
    rate: float | None,
) -> None:
    """Make up the events of a business: to a file that "kpi replay" and "kpi send" read, or to Kafka.

    Customers sign up, order by season, answer surveys, cancel and come back; some events are late,
    doubled or malformed, as in life.
    """
    if rate is not None and not to_kafka:
        raise CliError(Exit.USAGE, "--rate: only traffic to Kafka has a rate; add --to-kafka")
    end_ms = int(time.time() * 1000) if until is None else until
    if end_ms - days * DAY_MS - BASE_AGE_MS < Definition().min_event_time_ms:
        raise CliError(Exit.USAGE, "--until: a history so long ago would have events from before 1980")
    business = Business(seed, customers, days, end_ms, spike=_spike(spike, end_ms))
    if to_kafka:
        asyncio.run(_send(business, rate))
        return
    with opened_to_write(output) as file, Progress("simulating") as progress:
        records = business.history()
        while chunk := list(islice(records, _CHUNK)):
            file.writelines(map(to_line, chunk))
            progress.advance(len(chunk))


def _spike(spike: tuple[str, int, float, int] | None, end_ms: int) -> Spike | None:
    if spike is None:
        return None
    segment, ago_ms, factor, duration_ms = spike
    return Spike(segment, end_ms - ago_ms, factor, duration_ms)


async def _send(business: Business, rate: float | None) -> None:
    from streams.engine.client import Client  # noqa: PLC0415 - Faust is slow to import
    from streams.sending import Sender, SendingError, paced  # noqa: PLC0415 - likewise

    settings = client_settings()
    topics = {topic_of(kind): topic for topic, kind in settings.source_topics.items()}

    async def send(chunk: list[SimRecord]) -> None:
        await sender.submit(record._replace(topic=topics[record.topic]) for record in chunk)
        progress.advance(len(chunk))

    try:
        async with Sender(Client(settings).options) as sender:
            with Progress("sending") as progress:
                records = business.history()
                while chunk := list(islice(records, _CHUNK)):
                    await send(chunk)
                await sender.drain()
                if rate is not None:
                    async for chunk in paced(business.live(rate)):
                        await send(chunk)
    except SendingError as error:
        raise CliError(Exit.UNREACHABLE, str(error)) from error
