"""Records into Kafka as fast as it takes them: whole batches, in order per partition, each exactly once.

Rules: keys go to partitions as ``KPI_PARTITIONER`` says, so that other producers agree; a record keeps
its own timestamp; nothing counts as sent before all in-sync replicas have it. At most two chunks are
under way, so memory is bounded by what the caller hands over at once.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.core.partition.placement import Partitioner, key_hash
from streams.engine.kafka.failures import Failure, explain

MAX_RECORD_BYTES = 900_000
"""Key and value together: what brokers take without being told, less some room for the batch."""
_MAX_KEYS = 200_000
_TIMEOUT_MS = 40_000
_PACE_S = 0.05
_PACED_CHUNK = 5_000


class SendingError(Exception):
    """Kafka does not take records; the message is one line, ``failure`` says of what kind."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


class Sendable(Protocol):
    """What is sent: simulate.SimRecord is one."""

    @property
    def topic(self) -> str:
        """Where to."""

    @property
    def key(self) -> bytes | None:
        """The customer's id; without it any partition."""

    @property
    def value(self) -> bytes | None:
        """The event."""

    @property
    def timestamp_ms(self) -> int:
        """The record's Kafka timestamp."""


Live = TypeVar("Live", bound=Sendable)


class _Batch(NamedTuple):
    topic: str
    partition: int
    builder: Any


class Sender:
    """An idempotent producer, used as ``async with Sender(options) as sender``.

    Args:
        options: addresses and credentials, as aiokafka takes them.
        partitioner: as the other producers have it.
        idempotent: False for brokers that cannot do it: after an error a record may be there twice.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        partitioner: Partitioner = "murmur2",
        *,
        idempotent: bool = True,
    ) -> None:
        self._hash = key_hash(partitioner)
        self._options = options
        self._idempotent = idempotent
        self._producer: Any = None
        self._partitions: dict[str, int] = {}
        self._hashes: dict[bytes, int] = {}
        self._under_way: list[asyncio.Future[Any]] = []

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(
            **self._options,
            enable_idempotence=self._idempotent,
            acks="all",
            max_batch_size=MAX_RECORD_BYTES,
            request_timeout_ms=_TIMEOUT_MS,
        )
        try:
            await self._producer.start()
        except (KafkaError, OSError) as error:
            await self._producer.stop()
            raise SendingError(await explain(self._options, error, "sending records")) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()

    async def submit(self, records: Iterable[Sendable]) -> None:
        """Hand over a chunk; returns when the chunk before it is acknowledged.

        Raises:
            SendingError: Kafka refuses a record or is gone; what was under way may be there or not.
        """
        before = self._under_way
        try:
            self._under_way = await self._hand_over(records)
            await asyncio.gather(*before)
        except (KafkaError, OSError) as error:
            raise SendingError(await explain(self._options, error, "sending records")) from error

    async def drain(self) -> None:
        """Wait until everything handed over is acknowledged.

        Raises:
            SendingError: as for submit.
        """
        await self.submit(())

    async def _hand_over(self, records: Iterable[Sendable]) -> list[asyncio.Future[Any]]:
        full: list[_Batch] = []
        open_batches: dict[tuple[str, int], Any] = {}
        for record in records:
            place = (record.topic, await self._partition(record.topic, record.key))
            builder = open_batches.get(place)
            if builder is None or not self._append(builder, record):
                if builder is not None:
                    full.append(_Batch(*place, builder))
                builder = open_batches[place] = self._producer.create_batch()
                self._append(builder, record)
        full += [_Batch(*place, builder) for place, builder in open_batches.items()]
        for batch in full:
            batch.builder.close()
        return [
            await self._producer.send_batch(batch.builder, batch.topic, partition=batch.partition)
            for batch in full
        ]

    @staticmethod
    def _append(builder: Any, record: Sendable) -> bool:  # noqa: ANN401 - aiokafka has no types
        added = builder.append(timestamp=record.timestamp_ms, key=record.key, value=record.value)
        return added is not None

    async def _partition(self, topic: str, key: bytes | None) -> int:
        count = self._partitions.get(topic)
        if count is None:
            count = self._partitions[topic] = len(await self._producer.partitions_for(topic))
        if key is None:
            return random.randrange(count)  # noqa: S311 - any partition will do
        number = self._hashes.get(key)
        if number is None:
            if len(self._hashes) >= _MAX_KEYS:
                self._hashes.clear()
            number = self._hashes[key] = self._hash(key)
        return number % count


async def paced(records: Iterable[Live]) -> AsyncIterator[list[Live]]:
    """Records in chunks (some empty), each record when the wall clock has reached its timestamp."""
    chunk: list[Live] = []
    for record in records:
        while record.timestamp_ms > time.time() * 1000:
            yield chunk
            chunk = []
            await asyncio.sleep(_PACE_S)
        chunk.append(record)
        if len(chunk) >= _PACED_CHUNK:
            yield chunk
            chunk = []
    yield chunk
