"""Reading the totals topic as a publisher does: every partition, without a group, committed records only.

A flush is taken whole, when its header comes; a fetch may end in the middle of it. Nothing is told of a
partition before its log was read to the end first seen, because compaction leaves holes in what is older.
Groups of an epoch other than the header's were left behind by an earlier owner and are not told.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.core.sweeping import Swept
from streams.core.totals import OVERALL, Group, Totals, Vector
from streams.engine.client import Client
from streams.engine.fetch import KafkaRecord
from streams.engine.partials import HEADER_KEY, Header, decode_group, decode_header, parse_key
from streams.engine.swept import SweptLog, is_swept

log = logging.getLogger(__name__)

_POLL_MS = 200
_WAIT_MS = 100
_PAUSE_S = 1.0

Row = tuple[int, int | None, Vector | None]


@dataclass(frozen=True, slots=True)
class Told:
    """What a partition said with one flush."""

    partition: int
    header: Header
    overall: Totals
    """At the header's instant; without groups while the partition is not live."""
    dimensions: Totals | None
    """All other groups at their own instant; the same object as long as they are the same."""
    swept: Swept | None
    """What the last sweep found; the same object as long as it is the same."""


class PartitionLog:
    """The totals of one partition, put together from its records."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self._rows: dict[Group, Row] = {}
        self._staged: dict[Group, Row | None] = {}
        self._sweeps = SweptLog()
        self._dimensions: Totals | None = None
        self._dimensions_of: tuple[int, int | None] = (0, None)

    def take(self, record: KafkaRecord) -> Told | None:
        """Take one record, in log order; a header completes a flush."""
        key = record.key or b""
        if is_swept(key):
            self._sweeps.stage(key, record.value)
            return None
        if key != HEADER_KEY:
            self._staged[parse_key(key)] = None if record.value is None else decode_group(record.value)
            return None
        if any(group != OVERALL for group in self._staged):
            self._dimensions = None  # made again, perhaps for the same instant
        for group, row in self._staged.items():
            if row is None:
                self._rows.pop(group, None)
            else:
                self._rows[group] = row
        self._staged.clear()
        return self._told(decode_header(record.value or b""))

    def _told(self, header: Header) -> Told:
        live = header.live and header.overall_t is not None
        overall = Totals(header.t, accounting=header.accounting, newest=header.newest)
        row = self._rows.get(OVERALL)
        if live and row is not None and row[0] == header.epoch and row[2] is not None:
            overall.groups[OVERALL] = row[2]
        swept = self._sweeps.settle(header.epoch, header.swept_t)
        return Told(self._partition, header, overall, self._by_dimension(header), swept)

    def _by_dimension(self, header: Header) -> Totals | None:
        t = header.dimensions_t
        if t is None:
            return None
        if self._dimensions is None or self._dimensions_of != (header.epoch, t):
            totals = Totals(t)
            for group, (epoch, first_seen, vector) in self._rows.items():
                if epoch != header.epoch or group == OVERALL:
                    continue
                if vector is not None:
                    totals.groups[group] = vector
                if first_seen is not None:
                    totals.first_seen[group] = first_seen
            self._dimensions, self._dimensions_of = totals, (header.epoch, t)
        return self._dimensions


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
        self.caught_up = False
        """Whether everything said before the start was read once."""

    async def run(self) -> None:
        """Read for ever; a broker that goes away is waited for.

        Raises:
            EngineError: the topic holds records of another version.
        """
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                log.warning("reading totals: %s; trying again", type(error).__name__)
                await asyncio.sleep(_PAUSE_S)

    async def _follow(self) -> None:
        consumer = self._client.reader(fetch_bytes=1 << 20, max_wait_ms=_WAIT_MS)
        await consumer.start()
        try:
            consumer.assign(self._places)
            await consumer.seek_to_beginning(*self._places)
            logs = {place: PartitionLog(place.partition) for place in self._places}
            loading: dict[TopicPartition, Told | None] = dict.fromkeys(self._places)
            ends: dict[TopicPartition, int] = {}
            while True:
                fetched = await consumer.getmany(timeout_ms=_POLL_MS)
                for place, records in fetched.items():
                    self._take(logs[place], place, records, loading)
                for place in list(loading):
                    await self._maybe_loaded(consumer, place, loading, ends)
                self.caught_up = self.caught_up or not loading
        finally:
            await consumer.stop()

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
