"""Reading the totals topic as a publisher does: every partition, without a group, committed records only.

A flush is taken whole, when its header comes; a fetch may end in the middle of it. Nothing is told of a
partition before its log was read to the end first seen, because compaction leaves holes in what is older.
Groups of an epoch other than the header's were left behind by an earlier owner and are not told. Nothing of a
flush is read before its header has said that this version can: a partition of another version is refused.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.core.kpi.alarm_watch import SeriesPart
from streams.core.kpi.swept import Swept
from streams.core.totals import OVERALL, Accounting, Group, Totals, Vector
from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.fetch import KafkaRecord
from streams.engine.kafka.metadata import await_described
from streams.engine.topics.watch import LOOK_S
from streams.engine.totals_topic.fingerprint import FINGERPRINT
from streams.engine.totals_topic.group_records import (
    HEADER_KEY,
    AnyHeader,
    TotalsHeader,
    decode_group,
    decode_header,
    parse_key,
    told_of_any,
)
from streams.engine.totals_topic.series_records import SeriesLog, is_series
from streams.engine.totals_topic.sweep_records import SweptLog, is_swept

log = logging.getLogger(__name__)

_POLL_MS = 200
_WAIT_MS = 100
_PAUSE_S = 1.0

Row = tuple[int, Vector]


@dataclass(frozen=True, slots=True)
class Told:
    """What a partition said with one flush."""

    partition: int
    header: TotalsHeader
    overall: Totals
    """At the header's instant; without groups while the partition is not live."""
    dimensions: Totals | None
    """All other groups at their own instant; the same object as long as they are the same."""
    swept: Swept | None
    """What the last sweep found; the same object as long as it is the same."""
    series: SeriesPart | None = None
    """Counts for alarms; the same object as long as they are the same."""
    written_ms: int = -1
    """When the flush was written, by the clock of its owner."""


class PartitionLog:
    """The totals of one partition, put together from its records."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self._rows: dict[Group, Row] = {}
        self._staged: dict[bytes, bytes | None] = {}
        self._sweeps = SweptLog()
        self._series = SeriesLog()
        self._dimensions: Totals | None = None
        self._dimensions_of: tuple[int, int | None] = (0, None)
        self._t = -1
        self._foreign = False

    def take(self, record: KafkaRecord) -> Told | None:
        """Take one record, in log order; a header completes a flush."""
        key = record.key or b""
        if is_swept(key):
            self._sweeps.stage(key, record.value)
            return None
        if is_series(key):
            self._series.stage(key, record.value)
            return None
        if key != HEADER_KEY:
            self._staged[key] = record.value
            return None
        header = decode_header(record.value or b"", FINGERPRINT)
        if header is None:
            return self._refused(told_of_any(record.value or b""), record.timestamp)
        self._foreign = False
        self._settle()
        return self._told(header, record.timestamp)

    def _settle(self) -> None:
        """Take what was staged: its header says that this version can read it."""
        staged = {parse_key(key): value for key, value in self._staged.items()}
        self._staged.clear()
        if any(group != OVERALL for group in staged):
            self._dimensions = None  # made again, perhaps for the same instant
        for group, value in staged.items():
            if value is None:
                self._rows.pop(group, None)
            else:
                self._rows[group] = decode_group(value)

    def _refused(self, found: AnyHeader, written_ms: int) -> Told:
        """What is told of a flush that another version wrote: that it is of no use."""
        self._staged.clear()
        self._sweeps.forget()
        self._series.forget()
        if not self._foreign:
            log.warning(
                "partition %d: its owner is of another version (layout %s, this one has %s): its totals are "
                "refused; run one version everywhere",
                self._partition,
                found.layout or "unknown",
                FINGERPRINT,
            )
        self._foreign = True
        self._t = max(self._t, found.t)
        header = TotalsHeader(
            found.epoch, self._t, False, None, None, "", 0, Accounting(), {}, layout=found.layout
        )
        return Told(self._partition, header, Totals(self._t), None, None, None, written_ms)

    def _told(self, header: TotalsHeader, written_ms: int) -> Told:
        self._t = header.t
        live = header.live and header.overall_t is not None
        overall = Totals(header.t, accounting=header.accounting, newest=header.newest)
        row = self._rows.get(OVERALL)
        if live and row is not None and row[0] == header.epoch:
            overall.groups[OVERALL] = row[1]
        swept = self._sweeps.settle(header.epoch, header.swept_t)
        series = self._series.settle(header.epoch, header.series_t)
        return Told(self._partition, header, overall, self._by_dimension(header), swept, series, written_ms)

    def _by_dimension(self, header: TotalsHeader) -> Totals | None:
        t = header.dimensions_t
        if t is None:
            return None
        if self._dimensions is None or self._dimensions_of != (header.epoch, t):
            totals = Totals(t)
            for group, (epoch, vector) in self._rows.items():
                if epoch == header.epoch and group != OVERALL:
                    totals.groups[group] = vector
            self._dimensions, self._dimensions_of = totals, (header.epoch, t)
        return self._dimensions


class _MadeAnewError(Exception):
    """What was read so far was another topic."""


class TotalsReader:
    """Follows the totals topic.

    Args:
        client: to read with.
        topic: the totals topic.
        partitions: how many it has.
        tell: called with what each partition says, the newest first known and then every flush.
    """

    def __init__(self, client: Client, topic: str, partitions: int, tell: Callable[[Told], None]) -> None:
        self._client = client
        self._places = [TopicPartition(topic, number) for number in range(partitions)]
        self._tell = tell
        self.cluster_id = ""
        """Of the Kafka that is read; known before anything is told."""
        self.caught_up = False
        """Whether everything said before the start was read once."""

    async def run(self) -> None:
        """Read for ever; a broker that goes away is waited for.

        Raises:
            EngineError: a record cannot be read though its header is of this version.
        """
        while True:
            try:
                self.cluster_id = self.cluster_id or await self._client.cluster_id()
                await self._follow()
            except (KafkaError, OSError) as error:
                log.warning("reading totals: %s; trying again", type(error).__name__)
                await asyncio.sleep(_PAUSE_S)
            except _MadeAnewError:
                log.info("the totals topic was made anew: reading it from its beginning")

    async def _follow(self) -> None:
        consumer = self._client.reader(fetch_bytes=1 << 20, max_wait_ms=_WAIT_MS)
        await consumer.start()
        try:
            consumer.assign(self._places)
            watched, look_at = await self._look(consumer), monotonic() + LOOK_S
            await consumer.seek_to_beginning(*self._places)
            logs = {place: PartitionLog(place.partition) for place in self._places}
            loading: dict[TopicPartition, Told | None] = dict.fromkeys(self._places)
            ends: dict[TopicPartition, int] = {}
            while True:
                fetched = await consumer.getmany(timeout_ms=_POLL_MS)
                for place, records in fetched.items():
                    if records.corrupt is not None:
                        raise EngineError(
                            ExitCode.CHANGELOG_DAMAGED, f"totals cannot be read: {records.corrupt}"
                        )
                    self._take(logs[place], place, records, loading)
                for place in list(loading):
                    await self._maybe_loaded(consumer, place, loading, ends)
                self.caught_up = self.caught_up or not loading
                if monotonic() >= look_at:
                    if await self._look(consumer) != watched:
                        raise _MadeAnewError
                    look_at = monotonic() + LOOK_S
        finally:
            await consumer.stop()

    async def _look(self, consumer: aiokafka.AIOKafkaConsumer) -> str:
        """The id of the totals topic; it may be away for a moment, while everything is counted anew.

        Raises:
            EngineError: it has another number of partitions.
        """
        topic = self._places[0].topic
        (told,) = await await_described(consumer._client, [topic])  # noqa: SLF001 - no other way to ask
        if told.partitions != len(self._places):
            raise EngineError(
                ExitCode.BAD_TOPICS,
                f"KPI_PARTITIONS is {len(self._places)}, but {topic} has {told.partitions}; "
                "see kpi topics check",
            )
        return told.id

    def _take(
        self,
        partition_log: PartitionLog,
        place: TopicPartition,
        records: list[KafkaRecord],
        loading: dict[TopicPartition, Told | None],
    ) -> None:
        for record in records:
            told = partition_log.take(record)
            if told is None:
                continue
            if place in loading:
                loading[place] = told
            else:
                self._tell(told)

    async def _maybe_loaded(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        place: TopicPartition,
        loading: dict[TopicPartition, Told | None],
        ends: dict[TopicPartition, int],
    ) -> None:
        """Tell the newest of a partition once its log is read to the end first seen."""
        end = consumer.highwater(place)
        if end is None:
            return
        if await consumer.position(place) >= ends.setdefault(place, end):
            told = loading.pop(place)
            if told is not None:
                self._tell(told)
