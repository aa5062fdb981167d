"""One foreign partition over its life: acquired, converted and written in transactions, closed.

Acquire: one kept from before proves by a touch transaction that nobody took it over; else its producer is
started anew, which fences the former owner, and only then the group is asked where to go on. After any
exception in a transaction this object may write nothing: only ``acquire`` begins again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from time import monotonic, perf_counter

from aiokafka import TopicPartition
from faust.types import TP

from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.committed import committed
from streams.engine.kafka.fetch import Batch, CorruptBatchError, KafkaRecord
from streams.engine.kafka.timed import stamp
from streams.engine.ownership.producer import SLICE_S
from streams.engine.ownership.task import Admission
from streams.foreign.converting import Converter
from streams.foreign.pending import Pending
from streams.foreign.stats import ForeignStats
from streams.foreign.writing import Writer, group_of
from streams.registry.schemas import Schemas
from streams.settings import Settings

log = logging.getLogger(__name__)

_SOME = 64
"""Records that are converted without a look at the time."""
_MOST_WAITING = 20_000
_MOST_BYTES = 16 << 20
_OVERHEAD = 128


@dataclass(frozen=True, slots=True)
class Context:
    """What every partition of a process shares."""

    settings: Settings
    client: Client
    converter: Converter
    stats: ForeignStats
    clock: Callable[[], int]
    topic_ids: dict[str, str]
    """Of the foreign topics, as far as the broker tells them."""
    schemas: Schemas | None
    """Of records that need some."""


class LostError(Exception):
    """The partition may not be written: it was lost, or is not acquired."""


class ForeignPartition:
    """A foreign partition that this process is assigned."""

    def __init__(self, place: TP, context: Context) -> None:
        self.place = place
        self.valid = False
        self.recovering: asyncio.Task[None] | None = None
        self.working: asyncio.Task[None] | None = None
        self.received = 0
        """Offset up to which batches were taken, converted or waiting."""
        self.durable = 0
        """Offset of the last transaction."""
        self.end: int | None = None
        """Of the log, as a fetch told it last."""
        self.corrupt: CorruptBatchError | None = None
        self.patient = False
        """Whether it waits for somebody else, as for a schema."""
        self.committed_at = monotonic()
        self._context = context
        self._waiting: deque[KafkaRecord] = deque()
        self._bytes = 0
        """About so much is waiting."""
        self._pending = Pending(0)
        self._news = asyncio.Event()
        self._lock = asyncio.Lock()
        self._writer: Writer | None = None

    # -- acquiring ------------------------------------------------------------------------------------

    async def acquire(self, slots: asyncio.Semaphore) -> None:
        """Become the only owner, and know where to go on.

        Raises:
            EngineError: the next record is not in the log, or no longer.
        """
        if self.valid and await self._touch():
            return
        await self._drop_writer()
        async with slots:
            await self._begin()

    async def _touch(self) -> bool:
        """Whether what was kept from before may still be written."""
        try:
            await self.flush(force=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the group's offset decides
            log.info("%s: taken over meanwhile (%s); beginning anew", self, type(error).__name__)
            return False
        return True

    async def _begin(self) -> None:
        context = self._context
        settings, topic_id = context.settings, context.topic_ids.get(self.place.topic, "")
        dead = (settings.topic_dead_letter, self.place.partition % settings.partitions)
        place = TopicPartition(*self.place)
        self._writer = Writer(context.client, place, topic_id, dead)
        await self._writer.start()
        offset = await _where(context.client, place, topic_id)
        self.received = self.durable = offset
        self._waiting.clear()
        self._bytes = 0
        self._pending = Pending(offset)
        self.corrupt = None
        self.committed_at = monotonic()
        self.valid = True
        context.stats.stage.recoveries += 1
        log.info("%s: goes on at offset %d", self, offset)

    # -- records --------------------------------------------------------------------------------------

    def take(self, batch: Batch) -> Admission:
        """Let the next batch wait; nothing is passed over, and nothing taken twice."""
        if batch.corrupt is not None and batch.start <= self.received:
            self.corrupt = batch.corrupt
            self._news.set()
        if batch.position <= self.received:
            return Admission.REPEATED
        if batch.start > self.received:
            return Admission.GAP
        records = [record for record in batch if record.offset >= self.received]
        if batch.untimed:
            records = stamp(records, self._context.clock())
        self._waiting += records
        self._bytes += sum(_size(record) for record in records)
        self.received = batch.position
        self._news.set()
        return Admission.TAKEN

    @property
    def full(self) -> bool:
        """Whether fetching should pause."""
        return len(self._waiting) >= _MOST_WAITING or self._bytes >= _MOST_BYTES

    @property
    def lag(self) -> int:
        """Offsets between what is durable and the known end of the log."""
        return 0 if self.end is None else max(0, self.end - self.durable)

    # -- writing --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Convert and write for as long as the partition is ours.

        Raises:
            Exception: of any kind from Kafka, or a defect; nothing may be written any more.
        """
        interval = self._context.settings.ingest_interval / 1_000
        while True:
            await self._news.wait()
            self._news.clear()
            await asyncio.sleep(max(0.0, self.committed_at + interval - monotonic()))
            while True:
                await self._convert()
                await self.flush()
                if not self._waiting:
                    break
            if self.corrupt is not None and self.durable >= self.received:
                raise EngineError(ExitCode.SOURCE_DAMAGED, self._damaged(self.corrupt))

    async def _convert(self) -> None:
        """Convert what waits, in slices, until a transaction is full."""
        since = perf_counter()
        topic, partition = self.place
        while self._waiting and not self._pending.full:
            schemas, most = self._context.schemas, _SOME
            if schemas is not None:
                most, missing = schemas.known(topic, [one.value for one in islice(self._waiting, _SOME)])
                if missing is not None and not most:
                    await self._load(schemas, missing)
                    continue  # meanwhile the partition may have been begun anew
            before = len(self._waiting)
            self._context.converter.convert(topic, partition, self._waiting, self._pending, most)
            self._bytes -= self._bytes * (before - len(self._waiting)) // before
            if perf_counter() - since > SLICE_S:
                await asyncio.sleep(0)
                since = perf_counter()
        if not self._waiting:
            self._pending.upto = self.received

    async def _load(self, schemas: Schemas, missing: int) -> None:
        """Return when a schema is known; what was converted before does not wait with its record."""
        self.patient = True
        try:
            await self.flush()
            await schemas.load(missing)
        finally:
            self.patient = False

    async def flush(self, *, force: bool = False) -> None:
        """Write what was converted, in one transaction.

        Args:
            force: write at least the offset, as proof of ownership.

        Raises:
            LostError: there is nothing that may be written.
            Exception: of any kind from Kafka; nothing may be written any more.
        """
        async with self._lock:
            if not self.valid or self._writer is None:
                raise LostError(str(self))
            pending = self._pending
            if pending.upto == self.durable and not force:
                return
            self._pending = Pending(pending.upto)
            since = perf_counter()
            try:
                await self._writer.write(pending)
            except BaseException:
                self.valid = False
                self._context.stats.stage.flushes["failed"] += 1
                raise
            self.durable = pending.upto
            self.committed_at = monotonic()
            self._context.stats.flushed(self.place.topic, pending, perf_counter() - since)

    # -- closing --------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Stop writing."""
        self.valid = False
        for task in (self.recovering, self.working):
            if task is not None and not task.done():
                task.cancel()
        await self._drop_writer()

    async def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.stop()

    def _damaged(self, error: CorruptBatchError) -> str:
        group = group_of(self._context.settings.app_id)
        return (
            f"{self}: the records at offsets {error.offset} to {error.after - 1} cannot be read: {error.why}"
            ". Restore the partition from a replica or a back-up; or leave them out: stop kpi ingest, then "
            f"kafka-consumer-groups.sh --group {group} --topic {self.place.topic}:{self.place.partition} "
            f"--reset-offsets --to-offset {error.after} --execute"
        )

    def __str__(self) -> str:
        return f"{self.place.topic} partition {self.place.partition}"


def _size(record: KafkaRecord) -> int:
    return len(record.value or b"") + len(record.key or b"") + _OVERHEAD


async def _where(client: Client, place: TopicPartition, topic_id: str) -> int:
    """Where the group stands, else the beginning; to be asked after the former owner was fenced."""
    group = group_of(client.app_id)
    admin, consumer = client.admin(), client.reader()
    try:
        await admin.start()
        await consumer.start()
        consumer.assign([place])
        consumer.pause(place)
        begin = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        found = await committed(admin, group, place)
    finally:
        await consumer.stop()
        await admin.close()
    if found is None:
        return int(begin)
    if found.metadata and topic_id and found.metadata != topic_id:
        why = "the topic was deleted and made anew: the same offset means another record now"
    elif found.offset < begin:
        why = f"the log begins at {begin}: records were deleted before they were read"
    elif found.offset > end:
        why = f"the log ends at {end}: the topic was made anew or lost records"
    else:
        return found.offset
    raise EngineError(
        ExitCode.OFFSETS_LOST,
        f"{place.topic} partition {place.partition}: the next record to read is at offset {found.offset}, "
        f"but {why}; events would be missing from here on. Restore the topic, or accept the loss: stop "
        f"kpi ingest, then kafka-consumer-groups.sh --group {group} --topic {place.topic}:{place.partition} "
        "--reset-offsets --to-earliest --execute",
    )
