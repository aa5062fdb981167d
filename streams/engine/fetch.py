"""Fetched records as whole batches of aiokafka's own compiled records, without a Python object for each.

aiokafka builds a ConsumerRecord dataclass a record, a fifth of the cost of counting a purchase.
``install`` replaces its FetchResult by one whose ``getall`` hands out a ``Batch``: a list of the compiled
records (``offset key value timestamp headers``) that knows which stretch of the log it stands for.
Control batches and aborted transactions are left out as aiokafka does, and still move ``position``: an
empty Batch says "nothing for you up to here". So a reader can check that batches join without a gap,
however many offsets transactions and compaction took out.

This never interprets a record and must never hand out one of an aborted transaction under read_committed.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record._crecords.default_records import DefaultRecordBatch as WireBatch


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


class Batch(list[KafkaRecord]):
    """All records a topic partition has for this reader from offset ``start`` up to before ``position``."""

    __slots__ = ("position", "start", "untimed")

    def __init__(self, records: Iterable[KafkaRecord], start: int, position: int) -> None:
        super().__init__(records)
        self.start = start
        self.position = position
        self.untimed = False
        """Whether some records carry no Kafka timestamp."""

    def __bool__(self) -> bool:
        """True even without records: the stretch of log counts (aiokafka drops what is false)."""
        return True


class FetchResult(fetcher.FetchResult):  # type: ignore[misc]  # aiokafka is untyped
    """One partition's part of a fetch response, handed out in batches of at most ``max_records``."""

    _partition_records: Any
    _stash: list[KafkaRecord] | None = None
    _stash_position = 0

    def getall(self, max_records: int | None = None) -> list[KafkaRecord]:
        """The next records, as a Batch; a false list when the partition was paused, moved or revoked.

        Raises:
            CorruptRecordException: a record batch does not match its checksum.
        """
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        source = self._partition_records
        source._records_iterator = None  # noqa: SLF001 - generator and owner are a cycle holding the buffer
        batch = Batch((), source.next_fetch_offset, source.next_fetch_offset)
        if self._stash is not None:
            batch.extend(self._stash)
            source.next_fetch_offset = self._stash_position
            self._stash = None
        records = source._records  # noqa: SLF001
        while records.has_next() and (max_records is None or len(batch) < max_records):
            _extend(batch, source, records.next_batch())
        if max_records is not None and len(batch) > max_records:
            self._stash = batch[max_records:]
            self._stash_position = source.next_fetch_offset
            del batch[max_records:]
            source.next_fetch_offset = batch[-1].offset + 1
        batch.position = source.next_fetch_offset
        self._update_position()
        if self._stash is None and not records.has_next():
            self._partition_records = None
        return batch


def _extend(batch: Batch, source: fetcher.PartitionRecords, incoming: WireBatch) -> None:
    """Add one record batch of the wire, unless it is a control batch or was aborted."""
    if source._check_crcs and not incoming.validate_crc():  # noqa: SLF001
        raise CorruptRecordException(f"Invalid CRC - {source._tp}")  # noqa: SLF001
    if not _hidden(source, incoming):
        fresh = list(incoming)
        if fresh and fresh[0].offset < source.next_fetch_offset:
            fresh = [record for record in fresh if record.offset >= source.next_fetch_offset]
        if fresh and (fresh[0].timestamp is None or fresh[0].timestamp < 0):
            batch.untimed = True
        batch += fresh
    source.next_fetch_offset = incoming.next_offset


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
