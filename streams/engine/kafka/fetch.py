"""Fetched records as whole batches of aiokafka's own compiled records, without a Python object for each.

aiokafka builds a ConsumerRecord dataclass a record, a fifth of the cost of counting a purchase.
``install`` replaces its FetchResult by one whose ``getall`` hands out a ``Batch``: a list of the compiled
records (``offset key value timestamp headers``) that knows which stretch of the log it stands for.
Control batches and aborted transactions are left out as aiokafka does, and still move ``position``: an
empty Batch says "nothing for you up to here". So a reader can check that batches join without a gap,
however many offsets transactions and compaction took out.

This never interprets a record and must never hand out one of an aborted transaction under read_committed.
Where a batch of the log cannot be read, reading that partition ends, and the last Batch says so.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Protocol

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record._crecords.default_records import DefaultRecordBatch as WireBatch
from aiokafka.record.memory_records import MemoryRecords

from streams.engine.kafka.lenient import read_batch

_timestamp = attrgetter("timestamp")


class KafkaRecord(Protocol):
    """What the engine and the core use of a record."""

    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def timestamp(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> list[tuple[str, bytes | None]]: ...  # noqa: D102


class CorruptBatchError(CorruptRecordException):  # type: ignore[misc]  # aiokafka is untyped
    """A record batch that cannot be read: its checksum, its codec or its form is wrong.

    Args:
        topic, partition: where it is.
        offset: of its first record.
        after: of the first record behind it, as its head says.
        why: in a few words.
    """

    def __init__(self, topic: str, partition: int, offset: int, after: int, why: str) -> None:
        super().__init__(f"{topic} partition {partition}: the records at {offset} to {after - 1}: {why}")
        self.topic, self.partition, self.offset, self.after, self.why = topic, partition, offset, after, why


class Batch(list[KafkaRecord]):
    """All records a topic partition has for this reader from offset ``start`` up to before ``position``."""

    __slots__ = ("corrupt", "position", "start", "untimed")

    def __init__(self, records: Iterable[KafkaRecord], start: int, position: int) -> None:
        super().__init__(records)
        self.start = start
        self.position = position
        self.untimed = False
        """Whether some records carry no Kafka timestamp."""
        self.corrupt: CorruptBatchError | None = None
        """Why nothing can be read behind ``position``."""

    def __bool__(self) -> bool:
        """True even without records: the stretch of log counts (aiokafka drops what is false)."""
        return True


class RawRecords:
    """aiokafka's MemoryRecords that also tells the bytes of the batch it gave last."""

    __slots__ = ("_at", "_data", "_inner", "_next")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._inner = MemoryRecords(data)
        self._at = self._next = 0

    def size_in_bytes(self) -> int:
        """As MemoryRecords says it."""
        size: int = self._inner.size_in_bytes()
        return size

    def has_next(self) -> bool:
        """Whether a whole batch follows."""
        more: bool = self._inner.has_next()
        return more

    def next_batch(self) -> WireBatch:
        """The next batch."""
        self._at = self._next
        length = int.from_bytes(self._data[self._at + 8 : self._at + 12], "big")
        self._next = self._at + 12 + length
        return self._inner.next_batch()

    @property
    def raw(self) -> bytes:
        """The bytes of the batch that came last."""
        return bytes(self._data[self._at : self._next])


class FetchResult(fetcher.FetchResult):  # type: ignore[misc]  # aiokafka is untyped
    """One partition's part of a fetch response, handed out in batches of at most ``max_records``."""

    _partition_records: Any
    _stash: list[KafkaRecord] | None = None
    _stash_position = 0
    _corrupt: CorruptBatchError | None = None
    """The batch that ends what can be read here."""
    _told = False
    """Whether that was said."""

    def getall(self, max_records: int | None = None) -> list[KafkaRecord]:
        """The next records, as a Batch; a false list when the partition was paused, moved or revoked.

        Nothing is raised for a batch that cannot be read: what was drained of other partitions would be lost.
        """
        if not self.check_assignment(self._topic_partition) or not self.has_more() or self._told:
            return []
        source = self._partition_records
        source._records_iterator = None  # noqa: SLF001 - generator and owner are a cycle holding the buffer
        batch = Batch((), source.next_fetch_offset, source.next_fetch_offset)
        if self._stash is not None:
            batch.extend(self._stash)
            source.next_fetch_offset = self._stash_position
            self._stash = None
        records = source._records  # noqa: SLF001
        while (
            self._corrupt is None and records.has_next() and (max_records is None or len(batch) < max_records)
        ):
            try:
                _extend(batch, source, records)
            except CorruptBatchError as error:
                self._corrupt = error
        if max_records is not None and len(batch) > max_records:
            self._stash = batch[max_records:]
            self._stash_position = source.next_fetch_offset
            del batch[max_records:]
            source.next_fetch_offset = batch[-1].offset + 1
        batch.position = source.next_fetch_offset
        self._update_position()
        if self._stash is None and self._corrupt is not None:
            batch.corrupt, self._told = self._corrupt, True
        elif self._stash is None and not records.has_next():
            self._partition_records = None
        return batch


def _extend(batch: Batch, source: fetcher.PartitionRecords, records: RawRecords) -> None:
    """Add one record batch of the wire, unless it is a control batch or was aborted."""
    incoming = records.next_batch()
    if source._check_crcs and not incoming.validate_crc():  # noqa: SLF001
        raise _corrupt(source, incoming, "its checksum is wrong")
    try:
        hidden = _hidden(source, incoming)
    except Exception as error:
        raise _corrupt(source, incoming, f"its control record is odd ({type(error).__name__})") from error
    if not hidden:
        try:
            fresh = list(incoming)
        except Exception:  # noqa: BLE001 - whatever its decoding makes of it
            fresh = _read_again(source, incoming, records)
        if fresh and fresh[0].offset < source.next_fetch_offset:
            fresh = [record for record in fresh if record.offset >= source.next_fetch_offset]
        if fresh and (fresh[0].timestamp is None or min(map(_timestamp, fresh)) < 0):
            batch.untimed = True
        batch += fresh
    source.next_fetch_offset = incoming.next_offset


def _read_again(
    source: fetcher.PartitionRecords, incoming: WireBatch, records: RawRecords
) -> list[KafkaRecord]:
    """Read a batch that aiokafka refuses: it may only have odd header names."""
    try:
        return list(read_batch(records.raw))
    except CorruptRecordException as error:
        raise _corrupt(source, incoming, str(error.args[0])) from error


def _corrupt(source: fetcher.PartitionRecords, incoming: WireBatch, why: str) -> CorruptBatchError:
    place = source._tp  # noqa: SLF001
    return CorruptBatchError(
        place.topic,
        place.partition,
        incoming.base_offset,
        max(incoming.next_offset, incoming.base_offset + 1),
        why,
    )


def _hidden(source: fetcher.PartitionRecords, incoming: WireBatch) -> bool:
    """Whether a record batch is none of the reader's business: control, or of an aborted transaction."""
    if source._isolation_level == fetcher.READ_COMMITTED and incoming.producer_id is not None:  # noqa: SLF001
        source._consume_aborted_up_to(incoming.base_offset)  # noqa: SLF001
        aborted = source._aborted_producers  # noqa: SLF001
        if incoming.is_control_batch and source._contains_abort_marker(incoming):  # noqa: SLF001
            aborted.discard(incoming.producer_id)
        if incoming.is_transactional and incoming.producer_id in aborted:
            return True
    return bool(incoming.is_control_batch)


def install() -> None:
    """Make every aiokafka consumer of this process hand out batches. Safe to call again."""
    fetcher.FetchResult = FetchResult
    fetcher.MemoryRecords = RawRecords
