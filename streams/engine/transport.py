"""Faust's Kafka transport with batches for messages, and our own offsets.

What is overridden, and why (tests/engine/test_contract.py holds each to the pinned versions):

- the consumer thread takes Faust's co-partitioning assignor although there is no Table, and reads
  committed records only where there are transactions;
- a fetch comes back with the ends of the logs, taken in the thread that moves the positions;
- ``_getmany`` makes one message of each batch, and fetches nothing during a rebalance, before recovery
  is complete, or for a topic that must wait (a message fetched then would be lost);
- group offsets are written in the background, for lag tools only; where to read on comes from the
  changelog, so ``perform_seek`` asks no broker;
- partitions are flushed before they are revoked, and acquired when assigned.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Protocol, cast

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import BrokerResponseError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.transports import TPorTopicSet
from faust.types.tuples import ConsumerMessage

from streams.engine.exits import ExitCode, OnFatal
from streams.engine.kafka.client import Client
from streams.engine.kafka.failures import denied
from streams.engine.kafka.fetch import Batch, KafkaRecord
from streams.engine.owner import Owner
from streams.engine.verdict import describe

log = logging.getLogger(__name__)

FETCH_WAIT_MS = 300
"""How long a broker may hold back a fetch that has no records: bounds latency and the age of ends."""
_HELD_POLL_S = 0.05
_CLOSED_POLL_S = 0.02
_GROUP_POLL_S = 1.0


class Engine(Protocol):
    """What the transport uses of the app."""

    isolation: str
    client: Client
    on_fatal: OnFatal

    @property
    def owned(self) -> Owner:
        """The owned partitions."""


class Fetched(dict[TP, list[KafkaRecord]]):
    """Fetched batches by topic partition, and the ends of the logs as of that fetch."""

    __slots__ = ("ends",)

    def __init__(self, records: Mapping[TP, list[KafkaRecord]], ends: dict[TP, int]) -> None:
        super().__init__(records)
        self.ends = ends


class Thread(driver.AIOKafkaConsumerThread):
    """The thread that owns the Kafka consumer."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        self._assignor = self.app.assignor
        consumer._partition_assignment_strategy = [self.app.assignor]  # noqa: SLF001
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001
        consumer._isolation_level = cast(Engine, self.app).isolation  # noqa: SLF001
        return consumer

    async def on_start(self) -> None:
        """Start the consumer, and look after its membership from then on: Faust never asks for its errors."""
        await super().on_start()
        self._looking = asyncio.create_task(self._look_at_group(self._ensure_consumer()))

    async def on_thread_stop(self) -> None:
        """Leave the group."""
        self._looking.cancel()
        await super().on_thread_stop()

    async def _look_at_group(self, consumer: aiokafka.AIOKafkaConsumer) -> None:
        while True:
            await asyncio.sleep(_GROUP_POLL_S)
            try:
                consumer._coordinator.check_errors()  # noqa: SLF001
            except KafkaError as error:
                self._refused(error, "joining the consumer group")

    def _refused(self, error: KafkaError, doing: str) -> None:
        """End the process where rights are missing; anything else passes, or the watchdog sees it."""
        engine = cast(Engine, self.app)
        told = denied(engine.client.options, error, doing)
        if told is not None:
            engine.on_fatal(ExitCode.ACCESS_DENIED, told)
        log.warning("%s: %s", doing, describe(error))

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,
    ) -> Fetched:
        try:
            records = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        except BrokerResponseError as error:
            self._refused(error, "reading the source topics")
            records = {}
        return Fetched(records, self._ends(consumer))

    def _ends(self, consumer: aiokafka.AIOKafkaConsumer) -> dict[TP, int]:
        """How far each assigned log can be read, where a fetch has told it."""
        subscription = consumer._fetcher._subscriptions.subscription  # noqa: SLF001
        assignment = None if subscription is None else subscription.assignment
        if assignment is None or not assignment.active:
            return {}
        committed = consumer._isolation_level == "read_committed"  # noqa: SLF001
        ends = {}
        for place in assignment.tps:
            state = assignment.state_value(place)
            end = state.lso if committed and state.lso is not None and state.lso >= 0 else state.highwater
            if end is not None:
                ends[TP(place.topic, place.partition)] = end
        return ends


class Consumer(driver.Consumer):
    """Feeds the assignment instead of acknowledging messages."""

    _group_commit: asyncio.Task[None] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Faust's own
        super().__init__(*args, **kwargs)
        self._discarded: set[TP] = set()
        """What was fetched and thrown away since the last look: it must be read again."""

    @property
    def _owned(self) -> Owner:
        return cast(Engine, self.app).owned

    def _new_consumer_thread(self) -> Thread:
        return Thread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109 - Faust's signature
    ) -> dict[TP, list[Batch]]:
        assignment = self._owned
        wanted = {place for place in active_partitions or () if not assignment.holds(place)}
        if self.app.rebalancing or not assignment.ready or not wanted:
            await asyncio.sleep(_CLOSED_POLL_S)
            return {}
        if self._discarded:
            await self._read_again()
        held = len(wanted) < len(active_partitions or ())
        generation = self.app.consumer_generation_id
        fetched = await super()._getmany(wanted, _HELD_POLL_S if held else timeout)
        if self.app.rebalancing or self.app.consumer_generation_id != generation:
            self._discarded.update(fetched)
            return {}
        if isinstance(fetched, Fetched):
            assignment.seen_ends(fetched.ends)
        return {place: [cast(Batch, batch)] for place, batch in fetched.items()}

    async def _read_again(self) -> None:
        """Seek back to what a fetch brought in the middle of a rebalance.

        Its records may have been fetched after ``perform_seek``: where no more follow, nothing would ever
        show that they are missing.
        """
        discarded, self._discarded = self._discarded, set()
        assigned = self.assignment()
        offsets = {
            tp: offset
            for tp, offset in self._owned.next_offsets().items()
            if tp in discarded and tp in assigned
        }
        if offsets:
            await self.seek_wait(offsets)

    def _to_message(self, tp: TP, record: Batch) -> ConsumerMessage:
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            _last_offset(record),
            record[-1].timestamp / 1_000 if len(record) else 0.0,
            0,
            None,
            None,
            cast(Any, record),  # a message of ours is a batch
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def force_commit(
        self,
        topics: TPorTopicSet | None = None,  # noqa: ARG002 - Faust's signature
        start_new_transaction: bool = True,  # noqa: ARG002, FBT001, FBT002 - likewise
    ) -> bool:
        """Tell the group where the changelog stands; one at a time, nobody waits for it."""
        offsets = self._owned.durable_offsets()
        idle = self._group_commit is None or self._group_commit.done()
        if offsets and idle and not self.app.rebalancing and not self.app.should_stop:
            self._group_commit = asyncio.create_task(self._tell_group(offsets))
        return False

    async def _tell_group(self, offsets: Mapping[TP, int]) -> None:
        consumer = self._thread._ensure_consumer()  # noqa: SLF001
        assigned = self.assignment()
        places = {TopicPartition(*tp): offset for tp, offset in offsets.items() if tp in assigned}
        try:
            await self._thread.call_thread(consumer.commit, places)
        except Exception as error:  # noqa: BLE001 - only lag tools look at these offsets
            log.debug("group offsets not written: %s", describe(error))

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Flush while the partitions are still ours."""
        if revoked:
            self.stop_flow()
            self.app.flow_control.suspend()
            self.app.flow_control.clear()
            await self._owned.on_revoked()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Start acquiring before Faust goes on."""
        self._owned.on_assigned(assigned, generation_id)
        await super().on_partitions_assigned(assigned, generation_id)

    async def perform_seek(self) -> None:
        """Read on from where the changelog says; Faust would ask the coordinator and may wait for ever."""
        assigned = self.assignment()
        offsets = {tp: offset for tp, offset in self._owned.next_offsets().items() if tp in assigned}
        if offsets:
            await self.seek_wait(offsets)


def _last_offset(batch: Batch) -> int:
    """What Faust takes for the offset of a message: it passes on only what is beyond what it has seen."""
    return (batch.position if batch.corrupt is None else batch.corrupt.after) - 1


class Transport(driver.Transport):
    """The transport with our consumer."""

    Consumer = Consumer
