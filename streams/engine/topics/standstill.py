"""What has to hold before topics may be deleted: nobody is at work, and the source topics are whole.

Whoever died just now is waited for as long as the group takes it for alive. Whoever hangs is fenced: what it
writes when it wakes up is refused. Never deletes anything.
"""

import asyncio
import logging
from collections.abc import Iterable
from time import monotonic

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.engine.kafka.client import Client
from streams.engine.kafka.metadata import describe_by
from streams.engine.topics.group import coordinated, describe_group
from streams.settings import Settings

log = logging.getLogger(__name__)

_PAUSE_S = 0.5
_GRACE_S = 5.0


class BusyError(Exception):
    """It is not safe now; the message says why and what to do."""


async def check_nobody(admin: AIOKafkaAdminClient, settings: Settings) -> None:
    """Wait as long as a worker that died is taken for alive; whoever is there then is running.

    Raises:
        BusyError: workers are running.
        KafkaError: Kafka cannot be reached, or fails.
    """
    deadline = monotonic() + settings.session_timeout / 1_000 + _GRACE_S
    told = False
    while members := len((await describe_group(admin, settings.app_id)).members):
        if monotonic() > deadline:
            raise BusyError(f"{members} workers of {settings.app_id} are running: stop them first")
        if not told:
            log.warning("waiting for %d workers of %s to be gone", members, settings.app_id)
            told = True
        await asyncio.sleep(_PAUSE_S)


async def has_counted(admin: AIOKafkaAdminClient, group: str) -> bool:
    """Whether a group has offsets: it keeps them for some days without members.

    Raises:
        KafkaError: Kafka cannot be reached, or fails.
    """
    return bool(await coordinated(lambda: admin.list_consumer_group_offsets(group)))


async def missing(admin: AIOKafkaAdminClient, client: Client, topics: Iterable[str]) -> str:
    """Which records were deleted from topics already, in words; empty if none were.

    Raises:
        KafkaError: Kafka cannot be reached, or fails.
    """
    described = [topic for topic in await describe_by(admin, topics) if not topic.error]
    places = [TopicPartition(topic.name, p) for topic in described for p in range(topic.partitions)]
    if not places:
        return ""
    consumer = client.reader()
    await consumer.start()
    try:
        begins = await consumer.beginning_offsets(places)
    finally:
        await consumer.stop()
    gone = {place: begin for place, begin in begins.items() if begin > 0}
    if not gone:
        return ""
    first = min(gone)
    return (
        f"{sum(gone.values()):,} records were deleted from the source topics already (the first of "
        f"{first.topic} partition {first.partition} is at offset {gone[first]:,})"
    )


async def check_whole(admin: AIOKafkaAdminClient, client: Client, topics: Iterable[str]) -> None:
    """Refuse to count anew from topics that lost their beginning.

    Raises:
        BusyError: records are missing.
        KafkaError: Kafka cannot be reached, or fails.
    """
    if lost := await missing(admin, client, topics):
        raise BusyError(
            f"{lost}: counted anew, customers would be missing. Restore them, or accept the loss with "
            "--accept-loss"
        )


async def fence(client: Client, partitions: int) -> None:
    """Take every partition over, so that no worker that hangs writes into what comes after."""
    if not client.exactly_once:
        return
    for partition in range(partitions):
        producer = client.producer(partition)
        await producer.start()
        await producer.stop()
