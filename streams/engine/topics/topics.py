"""The topics the service needs: one table of what they must be, made explicitly, checked at every start.

Topics are never made by a producer or consumer in passing. Sources that exist may have settings of their
own (topic_configs.py says what those do); but all must have the same number of partitions, and our own
topics must have it too, or one customer would live in two partitions. Only the dead letters, which have no
owner by key, may have more.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.core.definition.definition import DAY_MS
from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.failures import explain
from streams.engine.kafka.metadata import Described
from streams.engine.kafka.sizes import EXTRA_BYTES, RECORD_BYTES, SOURCE_MAX_BYTES
from streams.engine.topics import configs as topic_configs
from streams.engine.topics import standstill
from streams.engine.topics.admin import TopicSpec, create, present
from streams.log_limit import quiet_client
from streams.settings import Settings

log = logging.getLogger(__name__)

_SEGMENT_BYTES = 16 << 20
"""Of compacted topics: so much of a partition stays uncompacted, for whoever takes over or starts to read."""
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 15.0


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
    source = {**safe, "retention.ms": "-1", "max.message.bytes": str(SOURCE_MAX_BYTES)}
    dead = {
        **safe,
        "retention.ms": str(settings.dead_letter_retention),
        "segment.ms": str(min(settings.dead_letter_retention, DAY_MS)),
        "max.message.bytes": str(SOURCE_MAX_BYTES + EXTRA_BYTES),
    }
    configs = {
        **dict.fromkeys(settings.source_topics, source),
        settings.topic_changelog: compact,
        settings.topic_totals: compact,
        settings.topic_dead_letter: dead,
    }
    return [TopicSpec(name, settings.partitions, replicas, config) for name, config in configs.items()]


def check_counts(
    counts: Mapping[str, int], sources: Iterable[str], expected: int, *, spare: Iterable[str] = ()
) -> None:
    """Refuse topics whose partitions do not go together.

    Args:
        counts: of the topics that exist.
        sources: the source topics.
        expected: as many as there should be.
        spare: topics that hold nothing that is not written again.

    Raises:
        EngineError: naming each topic and its count, and what to do.
    """
    of_sources = {name: counts[name] for name in sources if name in counts}
    most = max(of_sources.values(), default=expected)
    moved = (
        "; stop producers and workers, then bring each customer's events together again: "
        f"kpi topics repartition --partitions {most}"
    )
    if len(set(of_sources.values())) > 1:
        raise EngineError(
            ExitCode.BAD_TOPICS,
            "the source topics have unequal partition counts, so customers would be split: "
            f"{_told(of_sources)}{moved}",
        )
    other = {name: count for name, count in counts.items() if count != expected}
    if not other:
        return
    kept = {count for name, count in counts.items() if name not in spare}
    if not other.keys() - set(spare):
        cure = "; stop all workers, then: kpi topics check --fix"
    elif of_sources and kept == {most}:
        cure = f"; set KPI_PARTITIONS={most}"
    else:
        cure = moved
    raise EngineError(
        ExitCode.BAD_TOPICS,
        f"KPI_PARTITIONS is {expected}, but {_told(other)}; all of them must have the same number{cure}",
    )


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} has {count}" for name, count in sorted(counts.items()))


def check_present(settings: Settings, there: Mapping[str, Described]) -> None:
    """``check_counts`` of topics that exist.

    Raises:
        EngineError: as for ``check_counts``.
    """
    counts = {name: topic.partitions for name, topic in there.items()}
    if counts.get(settings.topic_dead_letter, 0) >= settings.partitions:
        del counts[settings.topic_dead_letter]
    check_counts(counts, settings.source_topics, settings.partitions, spare=(settings.topic_totals,))


async def ensure(settings: Settings, client: Client, *, anew: bool = False) -> list[str]:
    """Make the topics that are missing, and check all of them.

    Args:
        settings: name the topics.
        client: to reach Kafka with.
        anew: whether the changelog is missing because everything is to be counted anew.

    Returns:
        The names of the topics made.

    Raises:
        EngineError: counts that do not go together, or a topic the broker refuses to make.
        KafkaError: no broker can be reached, or it fails.
    """
    admin = client.admin()
    try:
        await admin.start()
        wanted = table(settings)
        there = await present(admin, [spec.name for spec in wanted])
        check_present(settings, there)
        missing = [spec for spec in wanted if spec.name not in there]
        if settings.topic_changelog not in there and not anew:
            await _check_never_counted(admin, settings, client)
        await create(admin, missing)
        return [spec.name for spec in missing]
    finally:
        await admin.close()


async def _check_never_counted(admin: AIOKafkaAdminClient, settings: Settings, client: Client) -> None:
    """Refuse to begin again without a changelog where source records that were counted are gone.

    The group remembers for some days that it has counted. Without it this is a first start.
    """
    lost = await standstill.missing(admin, client, settings.source_topics)
    if lost and await standstill.has_counted(admin, settings.app_id):
        raise EngineError(
            ExitCode.CHANGELOG_DAMAGED,
            f"the changelog {settings.topic_changelog} is gone, and {lost}: counted anew, customers would be "
            "missing. Restore them, or accept the loss: kpi worker --rebuild --accept-loss",
        )


async def warn(settings: Settings, client: Client) -> None:
    """One line for each setting of a topic that does harm; nothing where the broker cannot tell."""
    admin = client.admin()
    try:
        await admin.start()
        faults = await topic_configs.judge(admin, settings, table(settings))
    except (KafkaError, OSError, NotImplementedError) as error:
        log.debug("settings of topics cannot be read: %s", type(error).__name__)
        return
    finally:
        await admin.close()
    for fault in faults:
        if not fault.note:
            log.warning("%s", fault)


async def ensure_patiently(settings: Settings, client: Client, tell: Callable[[str | None], None]) -> None:
    """``ensure``, waiting for a broker as long as it takes: a line for each cause, no more.

    Args:
        settings: of the process.
        client: to reach Kafka with.
        tell: takes the reason why the process is not ready, then None.

    Raises:
        EngineError: what waiting cannot cure.
    """
    pause = _FIRST_PAUSE_S
    told: set[str] = set()
    while True:
        try:
            with quiet_client():
                made = await ensure(settings, client)
                await warn(settings, client)
        except (KafkaError, OSError) as error:
            reason = (await explain(client.options, error, "checking topics")).text
            tell(reason)
            if reason not in told:
                log.warning("%s; trying on with back-off", reason)
                told.add(reason)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
            continue
        tell(None)
        if told:
            log.info("Kafka is there")
        if made:
            log.info("topics made: %s", ", ".join(made))
        return
