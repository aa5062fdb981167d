"""Records and batches made by hand."""

from streams.engine.kafka.fetch import Batch, KafkaRecord
from streams.engine.kafka.timed import TimedRecord


def record(
    offset: int,
    timestamp: int,
    value: bytes | None = b"1",
    headers: list[tuple[str, bytes | None]] | None = None,
) -> KafkaRecord:
    """One record of customer c."""
    return TimedRecord(offset, timestamp, b"c", value, headers or [])


def batch(start: int, *timestamps: int, position: int | None = None, value: bytes = b"1") -> Batch:
    """A batch of records from ``start`` on, one a timestamp; ``position`` may lie further on."""
    records = [record(start + number, ms, value) for number, ms in enumerate(timestamps)]
    return Batch(records, start, start + len(records) if position is None else position)
