"""``kpi topics``: the Kafka topics of a deployment, made, checked, listed."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import click
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.engine.client import Client
from streams.engine.exits import EngineError
from streams.engine.topics import check_counts, ensure, table
from streams.settings import Settings

T = TypeVar("T")


@click.group()
def command() -> None:
    """Create, check or list the topics, as KPI_PARTITIONS, KPI_REPLICATION_FACTOR and KPI_TOPIC_... say."""


@command.command()
def create() -> None:
    """Make the topics that are missing and check all of them; changes none that exists."""
    settings = client_settings()
    made = _answer(settings, ensure(settings, Client(settings)))
    for name in made:
        click.echo(f"made {name}")
    click.echo(f"all {len(table(settings))} topics are there, each with {settings.partitions} partitions")


@command.command()
def check() -> None:
    """Say whether all topics are there and go together; makes none."""
    settings = client_settings()
    missing = _answer(settings, _missing(settings))
    if missing:
        raise CliError(Exit.FAILED, f"missing topics: {', '.join(missing)}")
    click.echo(f"all topics are there, each with {settings.partitions} partitions")


async def _missing(settings: Settings) -> list[str]:
    names = [spec.name for spec in table(settings)]
    admin = AIOKafkaAdminClient(**Client(settings).options, request_timeout_ms=settings.request_timeout)
    try:
        await admin.start()
        present = set(await admin.list_topics()) & set(names)
        described = await admin.describe_topics(sorted(present)) if present else []
    finally:
        await admin.close()
    counts = {topic["topic"]: len(topic["partitions"]) for topic in described}
    check_counts(counts, settings.source_topics, settings.partitions)
    return [name for name in names if name not in counts]


@command.command("list")
def list_topics() -> None:
    """Print every topic of the settings and what it is made with; asks no broker."""
    for spec in table(client_settings()):
        configs = " ".join(f"{key}={text}" for key, text in sorted(spec.configs.items()))
        click.echo(f"{spec.name} partitions={spec.partitions} replicas={spec.replication_factor} {configs}")


def _answer(settings: Settings, question: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(question)
    except EngineError as error:
        raise CliError(Exit.FAILED, str(error)) from error
    except (KafkaError, OSError) as error:
        where = ", ".join(settings.brokers)
        raise CliError(
            Exit.UNREACHABLE, f"Kafka at {where} does not answer ({type(error).__name__})"
        ) from error
