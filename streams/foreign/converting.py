"""One foreign record to what is written of it: its events with their places, or a dead letter, or nothing.

Rules: a record has one outcome, as the mapping says. An event goes to the partition that the deployment's
partitioner finds for its customer, with the foreign record's Kafka timestamp; a clock that is ahead of ours
by more than ``AHEAD_MS`` is not believed, because brokers refuse such records. What a source topic would
delete at once ends the process: "counted" would be a lie.
"""

from collections import deque
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

from streams.core.definition.definition import duration_text
from streams.core.events import Kind
from streams.core.partition.placement import key_hash
from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.fetch import KafkaRecord
from streams.engine.kafka.sizes import BATCH_BYTES
from streams.engine.ownership.deadletter import DeadLetter, letter_of
from streams.foreign.lacking import Lacking
from streams.foreign.pending import Pending
from streams.mapping import CanonicalEvent, Foreign, Ignored, Mapped, Mapper, Outcome, Refused
from streams.settings import Settings

AHEAD_MS: Final = 60_000
_MAX_KEYS: Final = 200_000
_SOME: Final = 64
"""Records that are mapped together."""
_SOME_BYTES: Final = 1 << 20
"""Of their values: what comes of them is in memory together."""
_TOO_LARGE: Final = Refused("too_large", "", "", f"events of at most {BATCH_BYTES:,} bytes with their key")

Keeps = Mapping[str, int]
"""Source topic -> for how long it keeps records, in ms; a topic that keeps them for ever is not in it."""


class Converter:
    """Converts records by a mapping.

    Args:
        mapper: what a record becomes.
        settings: name the source topics, how many partitions they have, and whose partitioner.
        clock: the wall clock, ms.
        lacking: looks at some of the records.
    """

    def __init__(
        self, mapper: Mapper, settings: Settings, clock: Callable[[], int], lacking: Lacking
    ) -> None:
        self._lacking = lacking
        self.keeps: Keeps = {}
        self._mapper = mapper
        self._topics: dict[Kind, str] = {kind: topic for topic, kind in settings.source_topics.items()}
        self._partitions = settings.partitions
        self._hash = key_hash(settings.partitioner)
        self._numbers: dict[bytes, int] = {}
        self._clock = clock

    def convert(
        self, topic: str, partition: int, waiting: deque[KafkaRecord], into: Pending, most: int
    ) -> None:
        """Take records that wait, and add what is written of them, until a transaction is full.

        Args:
            topic: where they came from.
            partition: its number.
            waiting: the first ones are taken.
            into: what is written.
            most: so many at the most.

        Raises:
            EngineError: a source topic would not keep one of them.
        """
        now = self._clock()
        first = waiting[0]
        self._lacking.note(Foreign(topic, first.key, first.value, now, _headers(first)))
        while most > 0 and waiting and not into.full:
            taken = _some(waiting, min(most, _SOME))
            most -= len(taken)
            self._convert(topic, partition, taken, waiting, into, now)

    def _convert(  # noqa: PLR0917 - what it does it to, and where
        self,
        topic: str,
        partition: int,
        taken: list[KafkaRecord],
        waiting: deque[KafkaRecord],
        into: Pending,
        now: int,
    ) -> None:
        """Map records that are the first of those that wait; the rest of them goes on waiting."""
        latest, take, target, add = now + AHEAD_MS, waiting.popleft, self.target, into.add_event
        foreign = [
            Foreign(
                topic, one.key, one.value, one.timestamp if one.timestamp <= latest else now, _headers(one)
            )
            for one in taken
        ]
        for record, mapped, outcome in zip(taken, foreign, self._mapper.many(foreign), strict=False):
            take()
            into.records += 1
            into.upto = record.offset + 1
            fitting = _fitting(outcome)
            if isinstance(fitting, Mapped):
                if self.keeps:
                    self._check_kept(topic, partition, record, fitting.events, now - mapped.timestamp_ms)
                into.mapped += 1
                into.left_out += fitting.left_out
                for event in fitting.events:
                    add(target(event), event)
            elif isinstance(fitting, Ignored):
                into.outcomes["ignored", fitting.why] += 1
            else:
                into.outcomes["malformed", fitting.reason] += 1
                into.add_letter(_letter(topic, partition, record, fitting))
            if into.full:
                return

    def outcome(self, record: Foreign) -> Outcome:
        """What becomes of a record; an event that no source topic takes is malformed."""
        return _fitting(self._mapper.one(record))

    def target(self, event: CanonicalEvent) -> tuple[str, int]:
        """The source topic and the partition of an event."""
        number = self._numbers.get(event.key)
        if number is None:
            if len(self._numbers) >= _MAX_KEYS:
                self._numbers.clear()
            number = self._numbers[event.key] = self._hash(event.key) % self._partitions
        return self._topics[event.kind], number

    def _check_kept(
        self, topic: str, partition: int, record: KafkaRecord, events: tuple[CanonicalEvent, ...], age: int
    ) -> None:
        for event in events:
            name = self._topics[event.kind]
            kept = self.keeps.get(name)
            if kept is not None and age > kept:
                raise EngineError(
                    ExitCode.BAD_TOPICS,
                    f"{topic} partition {partition}: the record at offset {record.offset} is "
                    f"{duration_text(age - age % 60_000)} old, and {name} deletes what is older than "
                    f"{duration_text(kept)} (retention.ms={kept}): its event would be gone before anybody "
                    "could count it again. Set retention.ms=-1 on every source topic, as kpi topics create "
                    "does",
                )


def _some(waiting: deque[KafkaRecord], most: int) -> list[KafkaRecord]:
    """The first ones: so many at the most, and not much more than ``_SOME_BYTES`` of them."""
    taken: list[KafkaRecord] = []
    size = 0
    for record in islice(waiting, most):
        taken.append(record)
        size += len(record.value or b"")
        if size > _SOME_BYTES:
            break
    return taken


def _fitting(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Mapped):
        for event in outcome.events:
            if len(event.key) + len(event.value) > BATCH_BYTES:
                return _TOO_LARGE
    return outcome


def _headers(record: KafkaRecord) -> tuple[tuple[str, bytes], ...]:
    if not record.headers:
        return ()
    return tuple((name, value) for name, value in record.headers if value is not None)


def _letter(topic: str, partition: int, record: KafkaRecord, refused: Refused) -> DeadLetter:
    wanted = f"{refused.expected}; read from {refused.path}" if refused.path else refused.expected
    return letter_of(topic, partition, record, refused.reason, refused.field, wanted)
