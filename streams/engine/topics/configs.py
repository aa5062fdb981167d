"""What the settings of existing topics do to the numbers: each fault with its consequence in words.

A fault is a setting under which events or state are lost, refused or misjudged; a note is one under which a
recount may lack something later. Only what exists is judged: values come from the broker, its defaults
included. ``repair`` sets what can be set without touching a record. Never changes a partition count.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import RequestTimedOutError, for_code

from streams.core.definition.definition import duration_text
from streams.engine.kafka.metadata import Described, describe_by
from streams.engine.topics.admin import TopicSpec
from streams.settings import Settings

LEAST_RETENTION_MS = 7 * 24 * 3_600_000
"""Shorter, and a week's outage loses events."""
LEAST_SOURCE_BYTES = 1_000_000
"""Batches of kpi send, and of most producers, have to fit."""
_SEEN_S = 30.0
_PAUSE_S = 0.1
_OF_TOPIC = 1
"""Source of a setting that was made for the topic itself."""

Configs = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """A setting that does harm."""

    topic: str
    key: str
    value: str
    why: str
    cure: str = ""
    """The value to set; empty where a person has to decide."""
    note: bool = False
    """Whether it is no more than worth knowing."""

    def __str__(self) -> str:
        cure = f"; set {self.key}={self.cure}" if self.cure else ""
        return f"{self.topic}: {self.key}={self.value}: {self.why}{cure}"


async def read(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Every setting of topics that exist, the broker's defaults included.

    Raises:
        KafkaError: Kafka cannot be reached, or fails.
    """
    return {
        name: {key: value for key, (value, _) in told.items()} for name, told in await _read(admin, names)
    }


async def read_own(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """The settings that were made for the topics themselves.

    Raises:
        KafkaError: as for ``read``.
    """
    return {
        name: {key: value for key, (value, source) in told.items() if source == _OF_TOPIC}
        for name, told in await _read(admin, names)
    }


async def _read(
    admin: AIOKafkaAdminClient, names: Iterable[str]
) -> list[tuple[str, dict[str, tuple[str, int]]]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in sorted(names)]
    if not resources:
        return []
    (answer,) = await admin.describe_configs(resources)
    found = []
    for code, _, _, name, entries in answer.resources:
        if code:
            raise for_code(code)(name)
        found.append((name, {entry[0]: (entry[1] or "", int(entry[3])) for entry in entries}))
    return found


async def change(admin: AIOKafkaAdminClient, topic: str, wanted: Configs) -> None:
    """Give a topic exactly these settings of its own (all others are the broker's), and see them there.

    Raises:
        KafkaError: it is refused, or Kafka cannot be reached.
    """
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, dict(wanted))
    for answer in await admin.alter_configs([resource]):
        for code, why, *_ in answer.resources:
            if code:
                raise for_code(code)(f"{topic}: {why}")
    deadline = monotonic() + _SEEN_S
    while not wanted.items() <= (await read_own(admin, [topic]))[topic].items():
        if monotonic() > deadline:
            raise RequestTimedOutError(f"{topic}: its new settings are not to be seen")
        await asyncio.sleep(_PAUSE_S)


async def repair(admin: AIOKafkaAdminClient, faults: Iterable[Fault]) -> list[Fault]:
    """Set what faults say; those that a person has to decide stay.

    Returns:
        What was set.
    """
    curable = [fault for fault in faults if fault.cure]
    own = await read_own(admin, {fault.topic for fault in curable})
    for topic in own:
        cures = {fault.key: fault.cure for fault in curable if fault.topic == topic}
        await change(admin, topic, own[topic] | cures)
    return curable


async def judge(admin: AIOKafkaAdminClient, settings: Settings, specs: Iterable[TopicSpec]) -> list[Fault]:
    """The faults of those topics of the table that exist, in the order of the table.

    Raises:
        KafkaError: as for ``read``.
    """
    wanted = list(specs)
    there = {
        topic.name: topic for topic in await describe_by(admin, [s.name for s in wanted]) if not topic.error
    }
    configs = await read(admin, there)
    return [
        fault
        for spec in wanted
        if spec.name in there
        for fault in faults_of(settings, spec, configs[spec.name], there[spec.name])
    ]


def faults_of(settings: Settings, spec: TopicSpec, found: Configs, topic: Described) -> list[Fault]:
    """The faults of one topic.

    Args:
        settings: say what the topic is for.
        spec: what the topic should be.
        found: its settings.
        topic: as the broker describes it.
    """
    if spec.name in settings.source_topics:
        faults = _of_source(spec, found)
    elif spec.name == settings.topic_dead_letter:
        faults = _of_dead_letters(spec, found)
    else:
        faults = _of_state(settings, spec, found)
    return faults + _of_replicas(spec, found, topic)


def _of_source(spec: TopicSpec, found: Configs) -> list[Fault]:
    name, faults = spec.name, []

    def add(key: str, why: str, cure: str = "", *, note: bool = False) -> None:
        faults.append(Fault(name, key, found[key], why, cure, note))

    if "compact" in found.get("cleanup.policy", ""):
        add(
            "cleanup.policy",
            "Kafka keeps only the newest event of each customer, the others are lost",
            "delete",
        )
    retention, wanted = _number(found, "retention.ms"), spec.configs.get("retention.ms", "-1")
    if 0 <= retention < LEAST_RETENTION_MS:
        add(
            "retention.ms",
            f"events are deleted after {_duration(retention)}, whether they were counted or not",
            wanted,
        )
    elif retention >= 0:
        why = f"events are deleted after {_duration(retention)}: counted anew, the older ones are missing"
        add("retention.ms", why, note=True)
    if _number(found, "retention.bytes") >= 0:
        add("retention.bytes", "a burst of events deletes older ones, whether they were counted or not", "-1")
    if found.get("message.timestamp.type") == "LogAppendTime":
        add(
            "message.timestamp.type",
            "the time at which an event was sent is replaced: which events are dated in the future depends "
            "on when they arrive, and a copy of the topic counts otherwise than the topic",
            "CreateTime",
        )
    if 0 <= _number(found, "max.message.bytes") < LEAST_SOURCE_BYTES:
        add("max.message.bytes", "greater batches of events are refused", spec.configs["max.message.bytes"])
    elif _number(found, "max.message.bytes") > int(spec.configs["max.message.bytes"]):
        add("max.message.bytes", "a malformed record of that size is too big for the dead letters", note=True)
    return faults


def _of_state(settings: Settings, spec: TopicSpec, found: Configs) -> list[Fault]:
    """Of the changelog and the totals."""
    faults = []
    what = "customers" if spec.name == settings.topic_changelog else "values"
    policy = found.get("cleanup.policy", "")
    if "delete" in policy:
        why = f"Kafka deletes what is older than {_duration(_number(found, 'retention.ms'))}: {what} are lost"
        faults.append(Fault(spec.name, "cleanup.policy", policy, why, "compact"))
    return faults + _too_small(spec, found, "a flush with a great record fails, and the worker ends at it")


def _of_dead_letters(spec: TopicSpec, found: Configs) -> list[Fault]:
    faults = []
    policy = found.get("cleanup.policy", "")
    if "compact" in policy:
        why = "a record without a key is refused, and the worker ends at it; others replace each other"
        faults.append(Fault(spec.name, "cleanup.policy", policy, why, "delete"))
    key = "retention.ms"
    kept, wanted = _number(found, key), int(spec.configs[key])
    if kept < 0 or kept > wanted:
        why = (
            f"raw personal data is kept for {_duration(kept)}, KPI_DEAD_LETTER_RETENTION is "
            f"{_duration(wanted)}"
        )
        faults.append(Fault(spec.name, key, found.get(key, "-1"), why, str(wanted)))
    elif kept < wanted:
        why = (
            f"they go after {_duration(kept)}, KPI_DEAD_LETTER_RETENTION is {_duration(wanted)}: set one of "
            "them as the other"
        )
        faults.append(Fault(spec.name, key, found[key], why, note=True))
    key = "segment.ms"
    if _number(found, key) > int(spec.configs[key]):
        why = f"what is deleted or too old stays on disk for up to {_duration(_number(found, key))}"
        faults.append(Fault(spec.name, key, found[key], why, spec.configs[key], note=True))
    return faults + _too_small(spec, found, "a great malformed record is refused, and the worker ends at it")


def _too_small(spec: TopicSpec, found: Configs, why: str) -> list[Fault]:
    key = "max.message.bytes"
    least = spec.configs[key]
    if 0 <= _number(found, key) < int(least):
        return [Fault(spec.name, key, found[key], why, least)]
    return []


def _of_replicas(spec: TopicSpec, found: Configs, topic: Described) -> list[Fault]:
    faults = []
    key = "min.insync.replicas"
    if _number(found, key) > topic.replicas:
        why = f"there are {topic.replicas} replicas, so nothing can be written"
        faults.append(Fault(spec.name, key, found[key], why, str(max(1, topic.replicas - 1))))
    key = "unclean.leader.election.enable"
    if found.get(key) == "true":
        why = "after a broker's failure Kafka may drop records that it acknowledged"
        faults.append(Fault(spec.name, key, "true", why, "false"))
    if topic.replicas < spec.replication_factor:
        why = f"KPI_REPLICATION_FACTOR is {spec.replication_factor}: fewer disks may fail than it says"
        faults.append(Fault(spec.name, "replicas", str(topic.replicas), why, note=True))
    return faults


def _number(found: Configs, key: str) -> int:
    return int(found.get(key) or -1)


def _duration(ms: int) -> str:
    return "ever" if ms < 0 else duration_text(ms)
