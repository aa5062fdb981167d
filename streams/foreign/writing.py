"""The one writer of a foreign partition: events, dead letters and the group's offset, all or nothing.

Starting it fences every earlier owner of that partition and settles what they left open: the transactional
id is the partition's, since a group's generation fences nobody in transactions of aiokafka. Beside the
offset stands the topic's id, so that a topic made anew is told from the one before it.

After any exception nothing may be written through it again.
"""

import asyncio
from contextlib import suppress

from aiokafka import TopicPartition
from aiokafka.errors import IllegalOperation
from aiokafka.structs import OffsetAndMetadata

from streams.engine.kafka.client import Client
from streams.engine.ownership.producer import Batches
from streams.foreign.pending import Pending

_STOP_TIMEOUT_S = 5.0


def group_of(app_id: str) -> str:
    """The consumer group of ``kpi ingest``; transactional ids begin with it, too."""
    return f"{app_id}-ingest"


class Writer:
    """Writes the transactions of one foreign partition.

    Args:
        client: to reach Kafka with.
        place: the foreign partition.
        topic_id: of its topic; empty where the broker tells none.
        dead: the dead-letter topic, and the partition of it that takes this one's letters.
    """

    def __init__(self, client: Client, place: TopicPartition, topic_id: str, dead: tuple[str, int]) -> None:
        self._place, self._topic_id, self._dead = place, topic_id, dead
        self._group = group_of(client.app_id)
        self._producer = client.producer(f"ingest-{place.topic}-{place.partition}")

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

    async def write(self, pending: Pending) -> None:
        """Write a transaction, and return when it is durable.

        Raises:
            Exception: of any kind; whether it became durable is unknown.
        """
        producer = self._producer
        packed = []
        for target, events in pending.events.items():
            batches = Batches(producer.create_batch)
            for event in events:
                batches.add(event.key, event.value, event.timestamp_ms)
            packed.append((target, batches.done))
            await asyncio.sleep(0)
        letters = Batches(producer.create_batch)
        for letter in pending.dead:
            letters.add(letter.key, letter.value, None, letter.headers)
        packed.append((self._dead, letters.done))
        await producer.begin_transaction()
        try:
            futures = [
                await producer.send_batch(batch, topic, partition=partition)
                for (topic, partition), batches in packed
                for batch in batches
            ]
        except IllegalOperation:  # the transaction has failed meanwhile, and commits nothing any more:
            await producer.commit_transaction()  # this raises what ended it
            raise
        if futures:
            await asyncio.gather(*futures)
        offset = OffsetAndMetadata(pending.upto, self._topic_id)
        await producer.send_offsets_to_transaction({self._place: offset}, self._group)
        await producer.commit_transaction()
