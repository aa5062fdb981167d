"""Topics for tests on a shared broker: each test has names of its own."""

import uuid
from collections.abc import Iterable, Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code


def unique_prefix(name: str = "test") -> str:
    """Return a prefix for topic, group and transactional names that no other test uses, `name-1a2b3c4d-`."""
    return f"{name}-{uuid.uuid4().hex[:8]}-"


async def create_topics(
    bootstrap: str,
    topics: Iterable[str],
    *,
    partitions: int,
    replicas: int = 1,
    config: Mapping[str, str] | None = None,
) -> None:
    """Create the topics, each with the same partitions, replicas and configuration.

    Raises:
        KafkaError: one of them cannot be created (it may exist).
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = [
            NewTopic(
                topic,
                num_partitions=partitions,
                replication_factor=replicas,
                topic_configs=dict(config or {}),
            )
            for topic in topics
        ]
        response = await admin.create_topics(wanted)
    finally:
        await admin.close()
    for topic, code, message in response.topic_errors:
        if code:
            raise for_code(code)(f"{topic}: {message}")
