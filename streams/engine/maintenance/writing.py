"""Records written to a topic in batches, each to the partition that the caller names, in order.

Rules: timestamp, key, value and headers go as they are given. At most ``_UNSENT_BATCHES`` wait for Kafka, so
memory is bounded; nothing counts as written before ``drain`` has returned.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

from streams.engine.ownership.deadletter import Headers
from streams.engine.ownership.transactions import Batches

_UNSENT_BATCHES = 64


class Writable(Protocol):
    """What is written of a record."""

    @property
    def timestamp(self) -> int | None: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Headers: ...  # noqa: D102


class Writer:
    """Fills batches and sends them; each partition's records stay in their order.

    Args:
        producer: of aiokafka, started.
        topic: to be written.
    """

    def __init__(self, producer: Any, topic: str) -> None:  # noqa: ANN401 - aiokafka is untyped
        self._producer, self._topic = producer, topic
        self._open: dict[int, Batches] = {}
        self._sent: list[asyncio.Future[Any]] = []

    async def add(self, partition: int, record: Writable) -> None:
        """Take the next record of a partition.

        Raises:
            KafkaError: Kafka refuses what was handed over before, or cannot be reached.
        """
        batches = self._open.get(partition)
        if batches is None:
            batches = self._open[partition] = Batches(self._producer.create_batch)
        batches.add(record.key, record.value, record.timestamp, list(record.headers))
        if len(batches.done) > 1:
            await self._send(partition, batches.done[:-1])
            del batches.done[:-1]

    async def _send(self, partition: int, batches: Iterable[Any]) -> None:
        for batch in batches:
            self._sent.append(await self._producer.send_batch(batch, self._topic, partition=partition))
        if len(self._sent) > _UNSENT_BATCHES:
            await asyncio.gather(*self._sent)
            self._sent.clear()

    async def drain(self) -> None:
        """Wait until everything is written.

        Raises:
            KafkaError: as for ``add``.
        """
        for partition, batches in self._open.items():
            await self._send(partition, batches.done)
        self._open.clear()
        await asyncio.gather(*self._sent)
        self._sent.clear()
