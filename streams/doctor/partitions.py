"""What a deployment's workers do right now, from Kafka alone: who has each partition, and what it last said.

Owners come from the consumer group, everything else from the totals, read as a publisher reads them.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient

from streams.engine.kafka.client import Client
from streams.engine.ownership.task_state import Clock
from streams.engine.topics.admin import present
from streams.engine.topics.group import ConsumerGroup, describe_group
from streams.engine.totals_topic.fingerprint import FINGERPRINT
from streams.engine.totals_topic.reader import Told, TotalsReader
from streams.settings import Settings

NOBODY = "nobody"
FRESH_MS = 10_000
"""Older than this, what a partition said last is no news."""
_LOOK_S = 0.05
_WITHIN_S = 30.0

State = Literal["live", "catching up", "no totals yet", "other version"]


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition at this moment."""

    partition: int
    owner: str
    """Address of the worker that has it, or "nobody"."""
    state: State
    lag: int | None
    """Records of the sources that it has not applied; None where nobody can tell."""
    commit_age_ms: int | None
    """Since its newest flush; None before the first."""
    epoch: int | None
    """How often it has changed hands."""
    t_age_ms: int | None = None
    """Since the instant as of which it said so; while it catches up that is one of the past."""
    definition_hash: str = ""
    """What it counts under."""

    @property
    def fresh(self) -> bool:
        """Whether it wrote just now."""
        return self.commit_age_ms is not None and self.commit_age_ms <= FRESH_MS

    @property
    def healthy(self) -> bool:
        """Whether it is owned, live and fresh."""
        return self.owner != NOBODY and self.state == "live" and self.fresh


@dataclass(frozen=True, slots=True)
class Deployment:
    """All partitions, and the group of the workers."""

    group: ConsumerGroup
    partitions: tuple[Partition, ...]

    @property
    def healthy(self) -> bool:
        """Whether every partition is, and all count alike."""
        return all(part.healthy for part in self.partitions) and not self.mixed

    @property
    def mixed(self) -> bool:
        """Whether workers count under different definitions."""
        return len({part.definition_hash for part in self.partitions if part.state == "live"}) > 1


async def look(settings: Settings, client: Client, clock: Clock) -> Deployment:
    """Ask Kafka for all of it.

    Raises:
        EngineError: the totals have another number of partitions, or may not be seen.
        KafkaError, OSError: Kafka cannot be reached, or fails.
    """
    admin = client.admin()
    try:
        await admin.start()
        return await look_by(admin, settings, client, clock)
    finally:
        await admin.close()


async def look_by(admin: AIOKafkaAdminClient, settings: Settings, client: Client, clock: Clock) -> Deployment:
    """``look`` with an admin client that is connected.

    Raises:
        EngineError, KafkaError, OSError: as for ``look``.
    """
    group = await describe_group(admin, settings.app_id)
    there = await present(admin, [settings.topic_totals])
    told = await newest_totals(settings, client) if there else {}
    now_ms = clock()
    owners = owners_of(group, settings.source_topics)
    return Deployment(
        group, tuple(_partition(n, owners, told.get(n), now_ms) for n in range(settings.partitions))
    )


def owners_of(group: ConsumerGroup, sources: Iterable[str]) -> dict[int, str]:
    """Partition -> the address of the worker that has it in every source topic."""
    wanted = list(sources)
    owners: dict[int, str] = {}
    for member in group.members:
        held = [member.partitions.get(topic, frozenset()) for topic in wanted]
        owners |= dict.fromkeys(frozenset[int].intersection(*held) if held else (), member.host)
    return owners


async def newest_totals(settings: Settings, client: Client) -> dict[int, Told]:
    """What each partition said last.

    Raises:
        EngineError: the topic has another number of partitions, or holds what cannot be read.
        OSError: it cannot be read in time.
    """
    told: dict[int, Told] = {}

    def take(said: Told) -> None:
        told[said.partition] = said

    reader = TotalsReader(client, settings.topic_totals, settings.partitions, take)
    running = asyncio.create_task(reader.run())
    try:
        async with asyncio.timeout(_WITHIN_S):
            while not reader.caught_up and not running.done():
                await asyncio.wait({running}, timeout=_LOOK_S)
    finally:
        running.cancel()
        (ended,) = await asyncio.gather(running, return_exceptions=True)
    if isinstance(ended, Exception):
        raise ended
    return told


def _partition(number: int, owners: dict[int, str], told: Told | None, now_ms: int) -> Partition:
    owner = owners.get(number, NOBODY)
    if told is None:
        return Partition(number, owner, "no totals yet", None, None, None)
    header, age_ms = told.header, now_ms - told.written_ms
    if header.layout != FINGERPRINT:
        return Partition(number, owner, "other version", None, age_ms, header.epoch)
    state: State = "live" if header.live else "catching up"
    t_age_ms = now_ms - header.t
    return Partition(number, owner, state, header.lag, age_ms, header.epoch, t_age_ms, header.definition_hash)
