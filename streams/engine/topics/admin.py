"""Topics made and deleted, so that it is done when the call returns, and every refusal says what to change.

Created: every partition has a leader. Deleted: no broker knows it any more; they hear of it one after the
other, and one that has not could still be asked by whoever makes the topic anew.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import RequestTimedOutError, for_code

from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.metadata import (
    LEADER_NOT_AVAILABLE,
    NOTHING,
    TOPIC_DENIED,
    UNKNOWN_TOPIC,
    Described,
    describe_by,
    error_name,
    known_anywhere,
)

log = logging.getLogger(__name__)

_INVALID = 17
_EXISTS = 36
_TIMED_OUT = 7
_CLUSTER_DENIED = 31
_BAD_REPLICAS = 38
_BAD_CONFIG = 40
_NOT_CONTROLLER = 41
_POLICY = 44
_GONE_S = 60.0
_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be."""

    name: str
    partitions: int
    replication_factor: int
    configs: Mapping[str, str]


async def present(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, Described]:
    """The topics that exist, by name.

    Raises:
        EngineError: we may not see one of them.
        KafkaError: Kafka cannot be reached, or fails.
    """
    described = {topic.name: topic for topic in await describe_by(admin, names)}
    for topic in described.values():
        if topic.error == TOPIC_DENIED:
            raise EngineError(
                ExitCode.ACCESS_DENIED,
                f"topic {topic.name}: permission to see it is denied; allow DESCRIBE on it to this user",
            )
        if topic.error == _INVALID:
            raise EngineError(
                ExitCode.BAD_TOPICS, f"Kafka takes no topic named {topic.name!r}; see KPI_TOPIC_..."
            )
        if topic.error not in {NOTHING, UNKNOWN_TOPIC, LEADER_NOT_AVAILABLE}:
            raise for_code(topic.error)(topic.name)
    return {name: topic for name, topic in described.items() if topic.error != UNKNOWN_TOPIC}


async def create(admin: AIOKafkaAdminClient, specs: Iterable[TopicSpec]) -> None:
    """Make topics, and return when every partition has a leader; one that exists stays as it is.

    Raises:
        EngineError: the cluster refuses one of them.
        KafkaError: Kafka cannot be reached, or fails.
    """
    wanted = list(specs)
    topics = [
        NewTopic(spec.name, spec.partitions, spec.replication_factor, topic_configs=dict(spec.configs))
        for spec in wanted
    ]
    if topics:
        response = await admin.create_topics(topics)
        replicas = {spec.name: spec.replication_factor for spec in wanted}
        for name, code, *why in response.topic_errors:
            if code in {_TIMED_OUT, _NOT_CONTROLLER}:
                raise for_code(code)(name)
            if code not in {NOTHING, _EXISTS}:
                brokers = len(admin._client.cluster.brokers())  # noqa: SLF001 - known since the start
                told = why[0] if why and why[0] else error_name(code)
                denied = code in {TOPIC_DENIED, _CLUSTER_DENIED}
                kind = ExitCode.ACCESS_DENIED if denied else ExitCode.BAD_TOPICS
                raise EngineError(kind, _refused(name, code, told, replicas[name], brokers))
        await _led(admin, {spec.name: 1 for spec in wanted})


def _refused(name: str, code: int, told: str, replicas: int, brokers: int) -> str:
    """Why a topic cannot be made, and what to change; of the broker's words only the first line."""
    words = told.splitlines()[0][:300]
    if code == _BAD_REPLICAS:
        cure = (
            f"KPI_REPLICATION_FACTOR is {replicas}, and the cluster has {brokers} "
            f"broker{'' if brokers == 1 else 's'}; start more of them, or set "
            f"KPI_REPLICATION_FACTOR={min(replicas - 1, brokers)}"
            + (" (then a broker's disk is the only copy)" if brokers == 1 else "")
        )
    elif code in {TOPIC_DENIED, _CLUSTER_DENIED}:
        cure = "permission is denied; allow CREATE on it, or on the cluster, to this user"
    elif code == _POLICY:
        cure = f"the cluster's policy refuses it ({words}); make it by hand, close to kpi topics list"
    elif code == _BAD_CONFIG:
        cure = f"the cluster refuses its settings ({words}); make it by hand, close to kpi topics list"
    else:
        cure = words
    return f"topic {name} cannot be made: {cure}"


async def more_partitions(admin: AIOKafkaAdminClient, topic: str, count: int) -> None:
    """Give a topic without an order by key more partitions.

    Raises:
        EngineError: it is refused.
        KafkaError: Kafka cannot be reached, or fails.
    """
    answer = await admin.create_partitions({topic: NewPartitions(count)})
    for name, code, *why in answer.topic_errors:
        if code:
            told = why[0] if why and why[0] else error_name(code)
            raise EngineError(ExitCode.BAD_TOPICS, f"topic {name} cannot have {count} partitions: {told}")
    await _led(admin, {topic: count})


async def _led(admin: AIOKafkaAdminClient, counts: Mapping[str, int]) -> None:
    """Return when the topics have at least so many partitions, and each of them a leader."""
    deadline = monotonic() + _GONE_S
    while True:
        there = await present(admin, counts)
        ready = (topic.led and topic.partitions >= counts[name] for name, topic in there.items())
        if len(there) == len(counts) and all(ready):
            return
        if monotonic() > deadline:
            raise RequestTimedOutError("new topics have no leaders")
        await asyncio.sleep(_PAUSE_S)


async def delete(admin: AIOKafkaAdminClient, topic: str) -> None:
    """Delete a topic, and return when no broker knows it any more; one that is not there is no error.

    Raises:
        EngineError: it is refused, or the topic stays.
        KafkaError: Kafka cannot be reached, or fails.
    """
    answer = await admin.delete_topics([topic])
    for _, code, *_ in answer.topic_error_codes:
        if code == UNKNOWN_TOPIC:
            return
        if code in {TOPIC_DENIED, _CLUSTER_DENIED}:
            raise EngineError(
                ExitCode.ACCESS_DENIED,
                f"topic {topic} cannot be deleted: permission is denied; allow DELETE on it to this user",
            )
        if code:
            raise EngineError(ExitCode.BAD_TOPICS, f"topic {topic} cannot be deleted: {error_name(code)}")
    log.info("deleted topic %s", topic)
    deadline = monotonic() + _GONE_S
    while await known_anywhere(admin, topic):
        if monotonic() > deadline:
            raise EngineError(
                ExitCode.BAD_TOPICS,
                f"topic {topic} is still there {_GONE_S:.0f} s after it was deleted: something makes it "
                "anew; stop every other program that reads or writes it",
            )
        await asyncio.sleep(_PAUSE_S)
