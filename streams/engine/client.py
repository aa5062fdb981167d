"""How the service reaches Kafka: the same addresses and credentials for every client it starts."""

import ssl
from functools import cached_property
from typing import Any

import aiokafka
from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from streams.engine.deadletter import EXTRA_BYTES, SOURCE_MAX_BYTES
from streams.settings import Settings, SettingsError

BATCH_BYTES = 900_000
"""Size of a record batch we write; a greater record gets a batch of its own."""
RECORD_BYTES = 8 * 1024 * 1024
"""Greatest record of our own topics; the core keeps far below."""
TRANSACTION_TIMEOUT_MS = 60_000
PRODUCE_TIMEOUT_MS = 40_000
METADATA_AGE_MS = 30_000


class Client:
    """Makes aiokafka clients for one set of settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.exactly_once = settings.exactly_once
        self.app_id = settings.app_id

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        """The TLS context.

        Raises:
            SettingsError: a certificate file cannot be used.
        """
        settings = self._settings
        if settings.kafka_protocol == "PLAINTEXT":
            return None
        try:
            context = ssl.create_default_context(cafile=settings.kafka_cafile or None)
        except OSError as error:
            raise SettingsError(
                "kafka_cafile", settings.kafka_cafile, f"a readable PEM file ({error})"
            ) from None
        if settings.kafka_certfile:
            try:
                context.load_cert_chain(settings.kafka_certfile, settings.kafka_keyfile)
            except OSError as error:
                raise SettingsError(
                    "kafka_certfile", settings.kafka_certfile, f"a readable PEM file with its key ({error})"
                ) from None
        return context

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments that every aiokafka client takes."""
        settings = self._settings
        options: dict[str, Any] = {
            "bootstrap_servers": list(settings.brokers),
            "client_id": settings.app_id,
            "security_protocol": settings.kafka_protocol,
            "metadata_max_age_ms": METADATA_AGE_MS,
        }
        if self._tls is not None:
            options["ssl_context"] = self._tls
        if settings.kafka_protocol == "SASL_SSL":
            options["sasl_mechanism"] = settings.kafka_mechanism
            options["sasl_plain_username"] = settings.kafka_username
            options["sasl_plain_password"] = settings.kafka_password
        return options

    def credentials(self) -> CredentialsT | None:
        """The same for Faust."""
        settings = self._settings
        if settings.kafka_protocol == "SASL_SSL":
            return SASLCredentials(
                username=settings.kafka_username,
                password=settings.kafka_password,
                ssl_context=self._tls,
                mechanism=settings.kafka_mechanism,
            )
        return None if self._tls is None else SSLCredentials(self._tls)

    @property
    def isolation(self) -> str:
        """What readers may see: committed records only, where there are transactions."""
        return "read_committed" if self.exactly_once else "read_uncommitted"

    def producer(self, partition: int) -> aiokafka.AIOKafkaProducer:
        """The producer of one partition, not started; transactional where there are transactions."""
        guarantee: dict[str, Any] = {}
        if self.exactly_once:
            guarantee["transactional_id"] = f"{self.app_id}-{partition}"
            guarantee["transaction_timeout_ms"] = TRANSACTION_TIMEOUT_MS
        return aiokafka.AIOKafkaProducer(
            **self.options,
            **guarantee,
            acks="all",
            max_batch_size=BATCH_BYTES,
            max_request_size=max(RECORD_BYTES, SOURCE_MAX_BYTES + EXTRA_BYTES) + EXTRA_BYTES,
            request_timeout_ms=PRODUCE_TIMEOUT_MS,
        )

    def reader(self, *, fetch_bytes: int = 4 << 20, max_wait_ms: int = 200) -> aiokafka.AIOKafkaConsumer:
        """A consumer without a group, not started."""
        return aiokafka.AIOKafkaConsumer(
            **self.options,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level=self.isolation,
            max_partition_fetch_bytes=fetch_bytes,
            fetch_max_wait_ms=max_wait_ms,
        )
