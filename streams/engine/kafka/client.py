"""How the service reaches Kafka: the same addresses and credentials for every client it starts."""

from collections.abc import Iterable
from typing import Any

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient
from faust.types.auth import CredentialsT

from streams.engine.kafka import closing, fetch
from streams.engine.kafka.metadata import await_described, never_create
from streams.engine.kafka.security import Security
from streams.engine.kafka.sizes import (
    BATCH_BYTES,
    COPY_BYTES,
    EXTRA_BYTES,
    RECORD_BYTES,
    SOURCE_MAX_BYTES,
)
from streams.settings import Settings

TRANSACTION_TIMEOUT_MS = 60_000
PRODUCE_TIMEOUT_MS = 40_000
METADATA_AGE_MS = 30_000


class Client:
    """Makes aiokafka clients for one set of settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._security = Security(settings)
        self.exactly_once = settings.exactly_once
        self.app_id = settings.app_id
        never_create()

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments that every aiokafka client takes."""
        settings = self._settings
        return {
            "bootstrap_servers": list(settings.brokers),
            "client_id": settings.app_id,
            "metadata_max_age_ms": METADATA_AGE_MS,
            **self._security.options(),
        }

    def credentials(self) -> CredentialsT | None:
        """The same for Faust."""
        return self._security.credentials()

    @property
    def isolation(self) -> str:
        """What readers may see: committed records only, where there are transactions."""
        return "read_committed" if self.exactly_once else "read_uncommitted"

    def admin(self) -> AIOKafkaAdminClient:
        """For questions about the cluster and changes of it, not started."""
        return AIOKafkaAdminClient(**self.options, request_timeout_ms=self._settings.request_timeout)

    def producer(
        self, partition: int | str, timeout_ms: int = TRANSACTION_TIMEOUT_MS
    ) -> aiokafka.AIOKafkaProducer:
        """The producer of one partition, or of a task; not started; transactional where transactions are.

        Args:
            partition: its number, or the task's name: the transactional id ends with it.
            timeout_ms: how long a transaction may take.
        """
        guarantee: dict[str, Any] = {}
        if self.exactly_once:
            guarantee["transactional_id"] = f"{self.app_id}-{partition}"
            guarantee["transaction_timeout_ms"] = timeout_ms
        return aiokafka.AIOKafkaProducer(
            **self.options,
            **guarantee,
            acks="all",
            max_batch_size=BATCH_BYTES,
            max_request_size=max(RECORD_BYTES, SOURCE_MAX_BYTES + EXTRA_BYTES) + EXTRA_BYTES,
            request_timeout_ms=PRODUCE_TIMEOUT_MS,
        )

    async def cluster_id(self) -> str:
        """The id that the Kafka cluster gave itself.

        Raises:
            KafkaError, OSError: it does not answer.
        """
        admin = AIOKafkaAdminClient(**self.options)
        try:
            await admin.start()
            return str((await admin.describe_cluster())["cluster_id"])
        finally:
            await admin.close()

    def plain_producer(self) -> aiokafka.AIOKafkaProducer:
        """An idempotent producer for records of any size, not started."""
        return aiokafka.AIOKafkaProducer(
            **self.options,
            acks="all",
            enable_idempotence=self.exactly_once,
            max_batch_size=BATCH_BYTES,
            max_request_size=COPY_BYTES,
            request_timeout_ms=PRODUCE_TIMEOUT_MS,
        )

    def reader(
        self, *, fetch_bytes: int = 4 << 20, max_wait_ms: int = 200, reset: str = "earliest"
    ) -> aiokafka.AIOKafkaConsumer:
        """A consumer without a group, not started, that hands out batches (fetch.py).

        Args:
            fetch_bytes: of one partition, in one fetch.
            max_wait_ms: how long a broker may hold back a fetch that has no records.
            reset: "none": an offset that is gone is an error.
        """
        fetch.install()
        closing.install()
        return aiokafka.AIOKafkaConsumer(
            **self.options,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset=reset,
            isolation_level=self.isolation,
            max_partition_fetch_bytes=fetch_bytes,
            fetch_max_wait_ms=max_wait_ms,
        )

    @staticmethod
    async def topic_ids(consumer: aiokafka.AIOKafkaConsumer, topics: Iterable[str]) -> dict[str, str]:
        """The ids of topics that exist, as far as the broker knows such a thing.

        Raises:
            KafkaError: it cannot be reached, or does not know a topic.
        """
        described = await await_described(consumer._client, topics)  # noqa: SLF001 - no other way to ask
        return {topic.name: topic.id for topic in described if topic.id}
