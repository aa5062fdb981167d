"""The one writer of a foreign partition: events, dead letters and the group's offset, all or nothing.

The transactional id is the partition's, since a group's generation fences nobody in transactions of
aiokafka. Beside the offset stands the topic's id, so that a topic made anew is told from the one before it.
"""

import asyncio

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from streams.engine.kafka.client import Client
from streams.engine.ownership.transactions import OneWriter, Parcel
from streams.foreign.pending import Pending


def group_of(app_id: str) -> str:
    """The consumer group of ``kpi ingest``; transactional ids begin with it, too."""
    return f"{app_id}-ingest"


class Writer(OneWriter):
    """Writes the transactions of one foreign partition.

    Args:
        client: to reach Kafka with.
        place: the foreign partition.
        topic_id: of its topic; empty where the broker tells none.
        dead: the dead-letter topic, and the partition of it that takes this one's letters.
    """

    def __init__(self, client: Client, place: TopicPartition, topic_id: str, dead: tuple[str, int]) -> None:
        super().__init__(client, f"ingest-{place.topic}-{place.partition}")
        self._place, self._topic_id, self._dead = place, topic_id, dead
        self._group = group_of(client.app_id)

    async def write(self, pending: Pending) -> None:
        """Write a transaction, and return when it is durable.

        Raises:
            Exception: of any kind; whether it became durable is unknown.
        """
        producer = self._producer
        packed: list[Parcel] = []
        for target, events in pending.events.items():
            batches = self.batches()
            for event in events:
                batches.add(event.key, event.value, event.timestamp_ms)
            packed.append((*target, batches.done))
            await asyncio.sleep(0)
        letters = self.batches()
        for letter in pending.dead:
            letters.add(letter.key, letter.value, None, letter.headers)
        packed.append((*self._dead, letters.done))
        await producer.begin_transaction()
        await self.send(packed)
        offset = OffsetAndMetadata(pending.upto, self._topic_id)
        await producer.send_offsets_to_transaction({self._place: offset}, self._group)
        await producer.commit_transaction()
