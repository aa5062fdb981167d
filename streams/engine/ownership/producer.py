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
from dataclasses import dataclass
from time import perf_counter

from aiokafka.producer.message_accumulator import BatchBuilder

from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.sizes import RECORD_BYTES
from streams.engine.ownership.deadletter import DeadLetter
from streams.engine.ownership.transactions import OneWriter
from streams.engine.totals_topic.group_records import Pair

SLICE_S = 0.01
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


class PartitionProducer(OneWriter):
    """Writes the flushes of one partition."""

    def __init__(
        self, client: Client, partition: int, topics: Topics, acknowledged: Acknowledged = _acknowledged
    ) -> None:
        super().__init__(client, partition)
        self._partition = partition
        self._topics = topics
        self._exactly_once = client.exactly_once
        self._acknowledged = acknowledged

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
            await self._write(
                [(topics.changelog, changes + marker), (topics.dead_letter, dead), (topics.totals, totals)]
            )
            self._acknowledged(self._partition, records)
            await self._producer.commit_transaction()
            return
        await self._write([(topics.changelog, changes), (topics.dead_letter, dead)])
        self._acknowledged(self._partition, records)
        await self._write([(topics.changelog, marker)])
        await self._write([(topics.totals, totals)])

    async def _write(self, parts: Iterable[tuple[str, list[BatchBuilder]]]) -> None:
        await self.send((topic, self._partition, batches) for topic, batches in parts)

    async def _pack(self, pairs: Sequence[Pair]) -> list[BatchBuilder]:
        """Records as record batches, in order."""
        batches = self.batches()
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
        batches = self.batches()
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
