"""The topics the service needs: one table of what they must be, made explicitly, checked at every start.

Topics are never made by a producer or consumer in passing. Sources that exist may have settings of their
own; but all must have the same number of partitions, and our own topics must have it too, or one customer
would live in two partitions.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, KafkaError, for_code

from streams.engine.client import RECORD_BYTES, Client
from streams.engine.deadletter import EXTRA_BYTES, SOURCE_MAX_BYTES
from streams.engine.exits import EngineError, ExitCode
from streams.engine.logs import quiet_client
from streams.settings import Settings

log = logging.getLogger(__name__)

_EXISTS = 36
_SEGMENT_BYTES = 16 << 20
"""Of compacted topics: so much of a partition stays uncompacted, for whoever takes over or starts to read."""
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 15.0


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be."""

    name: str
    partitions: int
    replication_factor: int
    configs: Mapping[str, str]


def table(settings: Settings) -> list[TopicSpec]:
    """Every topic of a deployment, with the settings it is made with."""
    replicas = settings.replication_factor
    safe = {"min.insync.replicas": str(max(1, replicas - 1)), "unclean.leader.election.enable": "false"}
    compact = {
        **safe,
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": "0",
        "max.message.bytes": str(RECORD_BYTES + EXTRA_BYTES),
        "segment.bytes": str(_SEGMENT_BYTES),
        "max.compaction.lag.ms": str(6 * 3_600_000),
    }
    source = {**safe, "retention.ms": str(7 * 24 * 3_600_000), "max.message.bytes": str(SOURCE_MAX_BYTES)}
    dead = {
        **safe,
        "retention.ms": str(30 * 24 * 3_600_000),
        "max.message.bytes": str(SOURCE_MAX_BYTES + EXTRA_BYTES),
    }
    configs = {
        **dict.fromkeys(settings.source_topics, source),
        settings.topic_changelog: compact,
        settings.topic_totals: compact,
        settings.topic_dead_letter: dead,
    }
    return [TopicSpec(name, settings.partitions, replicas, config) for name, config in configs.items()]


def check_counts(counts: Mapping[str, int], sources: Iterable[str], expected: int) -> None:
    """Refuse topics whose partitions do not go together.

    Raises:
        EngineError: naming each topic and its count.
    """
    of_sources = {name: counts[name] for name in sources if name in counts}
    if len(set(of_sources.values())) > 1:
        told = ", ".join(f"{name} has {count}" for name, count in sorted(of_sources.items()))
        raise EngineError(
            ExitCode.BAD_TOPICS,
            f"the source topics have unequal partition counts, so customers would be split: {told}",
        )
    other = {name: count for name, count in counts.items() if count != expected}
    if other:
        told = ", ".join(f"{name} has {count}" for name, count in sorted(other.items()))
        raise EngineError(
            ExitCode.BAD_TOPICS,
            f"KPI_PARTITIONS is {expected}, but {told}; all of them must have the same number",
        )


async def ensure(settings: Settings, client: Client) -> list[str]:
    """Make the topics that are missing, and check all of them.

    Returns:
        The names of the topics made.

    Raises:
        EngineError: counts that do not go together, or a topic the broker refuses to make.
        KafkaError: no broker can be reached, or it fails.
    """
    admin = AIOKafkaAdminClient(**client.options, request_timeout_ms=settings.request_timeout)
    try:
        await admin.start()
        wanted = table(settings)
        counts = await _counts(admin, [spec.name for spec in wanted])
        check_counts(counts, settings.source_topics, settings.partitions)
        missing = [spec for spec in wanted if spec.name not in counts]
        if missing:
            await _create(admin, missing)
            await _await_leaders(admin, [spec.name for spec in missing])
        return [spec.name for spec in missing]
    finally:
        await admin.close()


async def _counts(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, int]:
    """Partition counts of the topics that exist."""
    present = set(await admin.list_topics()) & set(names)
    if not present:
        return {}
    return {
        topic["topic"]: len(topic["partitions"])
        for topic in await admin.describe_topics(sorted(present))
        if not topic["error_code"]
    }


async def _create(admin: AIOKafkaAdminClient, missing: list[TopicSpec]) -> None:
    topics = [
        NewTopic(spec.name, spec.partitions, spec.replication_factor, topic_configs=dict(spec.configs))
        for spec in missing
    ]
    response = await admin.create_topics(topics)
    for name, code, *why in response.topic_errors:
        if code not in (0, _EXISTS):
            reason = why[0] if why and why[0] else for_code(code).__name__
            raise EngineError(ExitCode.BAD_TOPICS, f"topic {name} cannot be made: {reason}")


async def _await_leaders(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    """Return when every partition of the topics has a leader."""
    while True:
        described = await admin.describe_topics(names)
        if all(
            not topic["error_code"] and all(part["leader"] >= 0 for part in topic["partitions"])
            for topic in described
        ):
            return
        await asyncio.sleep(_FIRST_PAUSE_S / 5)


async def ensure_patiently(settings: Settings, client: Client, tell: Callable[[str | None], None]) -> None:
    """``ensure``, waiting for a broker as long as it takes: one line, then silence until it is there.

    Args:
        settings: of the process.
        client: to reach Kafka with.
        tell: takes the reason why the process is not ready, then None.

    Raises:
        EngineError: what waiting cannot cure.
    """
    pause = _FIRST_PAUSE_S
    told = False
    while True:
        try:
            with quiet_client():
                made = await ensure(settings, client)
        except (KafkaError, OSError) as error:
            reason = _reason(settings, error)
            tell(reason)
            if not told:
                log.warning("%s; trying on with back-off", reason)
                told = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
            continue
        tell(None)
        if told:
            log.info("Kafka is there")
        if made:
            log.info("topics made: %s", ", ".join(made))
        return


def _reason(settings: Settings, error: Exception) -> str:
    where, kind = ", ".join(settings.brokers), type(error).__name__
    if isinstance(error, KafkaConnectionError | OSError):
        return f"cannot reach Kafka at {where} ({kind})"
    return f"Kafka at {where} does not answer as it should ({kind})"
