"""Records without a Kafka timestamp, given the wall clock's time at arrival (docs/contract.md, section 1)."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.core.decoding.arrival import WallTime, arrival_ms
from streams.engine.kafka.fetch import KafkaRecord


@dataclass(frozen=True, slots=True)
class TimedRecord:
    """A record with a timestamp of our own."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def stamp(records: Sequence[KafkaRecord], wall: int) -> list[KafkaRecord]:
    """The records, those without a timestamp stamped with ``wall`` (ms)."""
    return [
        record
        if arrival_ms(record.timestamp, wall) == record.timestamp
        else TimedRecord(record.offset, WallTime(wall), record.key, record.value, list(record.headers))
        for record in records
    ]
