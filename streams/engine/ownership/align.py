"""Keep the source topics of one partition abreast in Kafka's record time while catching up.

A backlog of months is read topic by topic; applied as it comes, one topic would be "late" by months
against another. So only the prefix of what is waiting up to the smallest batch end is handed out, as
``max.task.idle.ms`` does in Kafka Streams. A topic that has nothing waiting is waited for, unless it is
read to its end.

Pure: no clock, no I/O. It never drops or reorders records of a topic.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from operator import attrgetter

from streams.engine.kafka.fetch import KafkaRecord

FULL = 10_000
"""Records of one topic that may wait before fetching it pauses."""

_timestamp = attrgetter("timestamp")


class Aligner:
    """The records that wait, by topic, oldest first."""

    __slots__ = ("_size", "_waiting")

    def __init__(self, topics: Sequence[str]) -> None:
        self._waiting: dict[str, deque[list[KafkaRecord]]] = {topic: deque() for topic in topics}
        self._size = dict.fromkeys(topics, 0)

    def add(self, topic: str, records: list[KafkaRecord]) -> None:
        """Let records wait behind those of the topic that wait already."""
        if records:
            self._waiting[topic].append(records)
            self._size[topic] += len(records)

    def put_back(self, topic: str, records: list[KafkaRecord]) -> None:
        """Let records taken too early wait again, before all others of the topic."""
        if records:
            self._waiting[topic].appendleft(records)
            self._size[topic] += len(records)

    def full(self, topic: str) -> bool:
        """Whether no more of the topic should be fetched for now."""
        return self._size[topic] >= FULL

    def waiting(self, topic: str) -> int:
        """How many records of the topic wait."""
        return self._size[topic]

    def first(self, topic: str) -> KafkaRecord | None:
        """The oldest waiting record of the topic."""
        waiting = self._waiting[topic]
        return waiting[0][0] if waiting else None

    def take(self, complete: Callable[[str], bool]) -> list[tuple[str, list[KafkaRecord]]]:
        """What may be applied now, topic by topic; nothing while a topic must be waited for.

        Args:
            complete: whether a topic is read to its end, so that nothing older can follow.
        """
        bound: int | None = None
        for topic, waiting in self._waiting.items():
            if complete(topic):
                continue
            if not waiting:
                return []
            end = waiting[-1][-1].timestamp
            bound = end if bound is None else min(bound, end)
        return [
            (topic, taken)
            for topic, waiting in self._waiting.items()
            if waiting
            for taken in [self._prefix(topic, bound)]
            if taken
        ]

    def _prefix(self, topic: str, bound: int | None) -> list[KafkaRecord]:
        """Remove and return the records up to ``bound`` ms; a topic that ends there is taken whole."""
        waiting = self._waiting[topic]
        taken: list[KafkaRecord] = []
        if bound is None or waiting[-1][-1].timestamp <= bound:
            for records in waiting:
                taken += records
            waiting.clear()
        else:
            while waiting and waiting[0][-1].timestamp <= bound:
                taken += waiting.popleft()
            cut = bisect_right(waiting[0], bound, key=_timestamp) if waiting else 0
            if cut:
                taken += waiting[0][:cut]
                waiting[0] = waiting[0][cut:]
        self._size[topic] -= len(taken)
        return taken
