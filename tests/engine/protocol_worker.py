"""A worker of the protocol model: the engine's partition and the service's state in a modelled process."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from streams.core.definition.definition import Definition
from streams.core.partition.state import PartitionState
from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import Batch
from streams.engine.ownership.owned_partition import Context, OwnedPartition
from streams.engine.ownership.stats import Stats
from streams.engine.ownership.task import Admission, PartitionTask
from streams.settings import read
from tests.engine.protocol_model import CHANGELOG, DEAD, TOTALS, Logs, Process
from tests.laws.driver import IDENTITY

DEFINITION = Definition()
SETTINGS = replace(
    read({"KPI_DEMO": "true"}), topic_changelog=CHANGELOG, topic_totals=TOTALS, topic_dead_letter=DEAD
)
TOPICS = SETTINGS.source_topics


def new_state(_number: int = 0) -> PartitionState:
    """The state of the service."""
    return PartitionState(DEFINITION, IDENTITY)


class Worker:
    """A process and the partition it owns, or believes it owns."""

    def __init__(self, logs: Logs, now: Callable[[], int]) -> None:
        self.process = Process(logs)
        self.skew_ms = 0
        self.flushing: asyncio.Task[None] | None = None
        """A flush that stalls."""
        client = cast("Client", self.process)
        self.context = Context(
            SETTINGS,
            DEFINITION,
            IDENTITY.fingerprint,
            new_state,
            lambda: now() + self.skew_ms,
            client,
            Stats(),
            lambda _partition, _records: None,
        )
        self.partition = OwnedPartition(0, self.context)

    @property
    def task(self) -> PartitionTask:
        """The running side."""
        assert self.partition.task is not None
        return self.partition.task

    def take(self, logs: Logs, topic: str, size: int, again: int = 0) -> Admission:
        """Deliver the next records of a topic, and the ends as a fetch tells them; ``again``: some twice."""
        log = logs.sources[topic]
        start = max(0, self.task.received[topic] - again)
        end = min(len(log), self.task.received[topic] + size)
        for each, records in logs.sources.items():
            self.task.seen_end(each, len(records))
        return self.task.take(topic, Batch(log[start:end], start, end))
