"""One foreign record to what is written of it: its events with their places, or a dead letter, or nothing.

Rules: a record has one outcome, as the mapping says. An event goes to the partition that the deployment's
partitioner finds for its customer, with the foreign record's Kafka timestamp; a clock that is ahead of ours
by more than ``AHEAD_MS`` is not believed, because brokers refuse such records. What a source topic would
delete at once ends the process: "counted" would be a lie.
"""

from collections import deque
from collections.abc import Callable, Mapping
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
        latest = now + AHEAD_MS
        take, outcome_of, add = waiting.popleft, self.outcome, into.add_event
        first = waiting[0]
        self._lacking.note(Foreign(topic, first.key, first.value, latest, _headers(first)))
        for _ in range(min(most, len(waiting))):
            record = take()
            timestamp = record.timestamp if record.timestamp <= latest else now
            outcome = outcome_of(Foreign(topic, record.key, record.value, timestamp, _headers(record)))
            into.records += 1
            into.upto = record.offset + 1
            if isinstance(outcome, Mapped):
                if self.keeps:
                    self._check_kept(topic, partition, record, outcome.events, now - timestamp)
                into.mapped += 1
                into.left_out += outcome.left_out
                for event in outcome.events:
                    add(self.target(event), event)
            elif isinstance(outcome, Ignored):
                into.outcomes["ignored", outcome.why] += 1
            else:
                into.outcomes["malformed", outcome.reason] += 1
                into.add_letter(_letter(topic, partition, record, outcome))
            if into.full:
                break

    def outcome(self, record: Foreign) -> Outcome:
        """What becomes of a record; an event that no source topic takes is malformed."""
        outcome = self._mapper.one(record)
        if isinstance(outcome, Mapped):
            for event in outcome.events:
                if len(event.key) + len(event.value) > BATCH_BYTES:
                    return _TOO_LARGE
        return outcome

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


def _headers(record: KafkaRecord) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, value) for name, value in record.headers if value is not None)


def _letter(topic: str, partition: int, record: KafkaRecord, refused: Refused) -> DeadLetter:
    wanted = f"{refused.expected}; read from {refused.path}" if refused.path else refused.expected
    return letter_of(topic, partition, record, refused.reason, refused.field, wanted)
