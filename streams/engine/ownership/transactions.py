"""The one writer of a partition, whatever it writes: a worker's and one of ``kpi ingest`` are such.

Starting it fences every earlier owner and settles what they left open. After any exception nothing may be
written through it again: the caller begins anew or ends the process. Nothing here aborts and tries again.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from aiokafka.errors import IllegalOperation
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.engine.kafka.client import Client
from streams.engine.ownership.deadletter import Headers

_STOP_TIMEOUT_S = 5.0

Parcel = tuple[str, int, Sequence[BatchBuilder]]
"""Topic, partition, and what goes there."""


class OneWriter:
    """Writes transactions under an id that is one partition's.

    Args:
        client: to reach Kafka with.
        name: what the transactional id ends with.
    """

    def __init__(self, client: Client, name: int | str) -> None:
        self._producer = client.producer(name)

    async def start(self) -> None:
        """Connect, and become the only owner: earlier ones are fenced from here on."""
        try:
            await self._producer.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Disconnect; one that cannot say good-bye in time is left to its timeouts."""
        with suppress(Exception):  # fenced or broken: what it had to say is void anyway
            await asyncio.wait_for(self._producer.stop(), _STOP_TIMEOUT_S)

    async def send(self, parts: Iterable[Parcel]) -> None:
        """Send batches and wait for all of them.

        Raises:
            Exception: of any kind; a transaction that they are part of may commit nothing any more.
        """
        try:
            futures = [
                await self._producer.send_batch(batch, topic, partition=partition)
                for topic, partition, batches in parts
                for batch in batches
            ]
        except IllegalOperation:  # the transaction has failed meanwhile, and commits nothing any more:
            await self._producer.commit_transaction()  # this raises what ended it
            raise
        if futures:
            await asyncio.gather(*futures)

    def batches(self) -> "Batches":
        """Batches to fill."""
        return Batches(self._producer.create_batch)


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
