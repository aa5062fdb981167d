"""The one writer of a partition: its changelog, totals and dead letters, all of a flush or nothing.

Transactional, starting it fences every earlier owner and settles what they left open. Without transactions
the order stands in for it: data is acknowledged first, then the marker as a batch of its own, then the
totals; that is no guarantee when a stalled owner wakes up. Encoding is sliced, so that the event loop is
never held for more than about ``SLICE_S``.

After any exception the partition's state may never be written again through any producer: the caller
rebuilds it or ends the process. Nothing here aborts and tries again.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

from aiokafka.errors import IllegalOperation
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.sizes import RECORD_BYTES
from streams.engine.ownership.deadletter import DeadLetter, Headers
from streams.engine.totals_topic.group_records import Pair

SLICE_S = 0.01
_STOP_TIMEOUT_S = 5.0
_CHECK_EVERY = 256

log = logging.getLogger(__name__)

Acknowledged = Callable[[int, int], None]
"""Called with partition and records when a flush is acknowledged, right before it is committed."""


@dataclass(frozen=True, slots=True)
class Flush:
    """Everything one flush writes."""

    changes: Sequence[Pair]
    marker: Pair
    totals: Sequence[Pair]
    dead: Sequence[DeadLetter]
    live: bool
    """Whether its totals are for publication."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Where a flush goes."""

    changelog: str
    totals: str
    dead_letter: str


def _acknowledged(_partition: int, _records: int) -> None:
    """Nothing to do."""


class PartitionProducer:
    """Writes the flushes of one partition."""

    def __init__(
        self, client: Client, partition: int, topics: Topics, acknowledged: Acknowledged = _acknowledged
    ) -> None:
        self._partition = partition
        self._topics = topics
        self._exactly_once = client.exactly_once
        self._acknowledged = acknowledged
        self._producer = client.producer(partition)

    async def start(self) -> None:
        """Connect; transactional, become the only owner (earlier ones are fenced from here on)."""
        try:
            await self._producer.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Disconnect; a producer that cannot say good-bye in time is left to its timeouts."""
        with suppress(Exception):  # fenced or broken: what it had to say is void anyway
            await asyncio.wait_for(self._producer.stop(), _STOP_TIMEOUT_S)

    async def write(self, flush: Flush) -> None:
        """Write a flush, and return when it is durable.

        Raises:
            EngineError: a record is too large for its topic; nothing was sent.
            Exception: of any other kind; whether the flush became durable is unknown.
        """
        topics = self._topics
        changes = await self._pack(flush.changes)
        dead = await self._pack_dead(flush.dead)
        totals = await self._pack(flush.totals)
        marker = await self._pack([flush.marker])
        records = len(flush.changes) + len(flush.dead)
        if self._exactly_once:
            await self._producer.begin_transaction()
            await self._send(
                [(topics.changelog, changes + marker), (topics.dead_letter, dead), (topics.totals, totals)]
            )
            self._acknowledged(self._partition, records)
            await self._producer.commit_transaction()
            return
        await self._send([(topics.changelog, changes), (topics.dead_letter, dead)])
        self._acknowledged(self._partition, records)
        await self._send([(topics.changelog, marker)])
        await self._send([(topics.totals, totals)])

    async def _send(self, parts: Iterable[tuple[str, list[BatchBuilder]]]) -> None:
        """Send batches and wait for all of them."""
        try:
            futures = [
                await self._producer.send_batch(batch, topic, partition=self._partition)
                for topic, batches in parts
                for batch in batches
            ]
        except IllegalOperation:  # the transaction has failed meanwhile, and commits nothing any more:
            await self._producer.commit_transaction()  # this raises what ended it
            raise
        if futures:
            await asyncio.gather(*futures)

    async def _pack(self, pairs: Sequence[Pair]) -> list[BatchBuilder]:
        """Records as record batches, in order."""
        batches = Batches(self._producer.create_batch)
        since = perf_counter()
        for count, (key, value) in enumerate(pairs, 1):
            if value is not None and len(value) > RECORD_BYTES:
                raise EngineError(ExitCode.FLUSH_FAILED, self._too_large(key, value))
            batches.add(key, value)
            if count % _CHECK_EVERY == 0 and perf_counter() - since > SLICE_S:
                await asyncio.sleep(0)
                since = perf_counter()
        return batches.done

    async def _pack_dead(self, letters: Sequence[DeadLetter]) -> list[BatchBuilder]:
        batches = Batches(self._producer.create_batch)
        since = perf_counter()
        for count, dead in enumerate(letters, 1):
            batches.add(dead.key, dead.value, None, dead.headers)
            if count % _CHECK_EVERY == 0 and perf_counter() - since > SLICE_S:
                await asyncio.sleep(0)
                since = perf_counter()
        return batches.done

    def _too_large(self, key: bytes, value: bytes) -> str:
        return (
            f"partition {self._partition}: a record of {len(value)} bytes (kind {key[:1]!r}) is beyond what "
            f"topics take ({RECORD_BYTES}); nothing is written without it: this is a defect, please report it"
        )


class Batches:
    """Record batches filled one after the other."""

    def __init__(self, create: Callable[[], BatchBuilder]) -> None:
        self.done: list[BatchBuilder] = []
        self._create = create

    def add(
        self,
        key: bytes | None,
        value: bytes | None,
        timestamp: int | None = None,
        headers: Headers | None = None,
    ) -> None:
        """Append a record; a batch that is full says so by returning None *without* taking it."""
        done = self.done
        if done:
            taken = done[-1].append(timestamp=timestamp, key=key, value=value, headers=headers)
            if taken is not None:
                return
        done.append(self._create())
        done[-1].append(timestamp=timestamp, key=key, value=value, headers=headers)
