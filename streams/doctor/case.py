"""What the checks share: settings and clients, as far as earlier checks have brought them about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient

from streams.core.definition.definition import Definition
from streams.doctor.finding import SkippedError
from streams.doctor.partitions import Deployment
from streams.engine.kafka.client import Client
from streams.engine.kafka.metadata import Described
from streams.settings import Settings

T = TypeVar("T")
_NO_KAFKA = "Kafka cannot be reached"


@dataclass
class Case:
    """One look at a deployment.

    A check sets what it finds out; who asks for more than is known is skipped.
    """

    environ: Mapping[str, str]
    clock: Callable[[], int]
    """The wall clock, ms."""
    known_settings: Settings | None = None
    has_secret: bool = False
    """Whether the settings have the deployment's secret."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """How Kafka is reached, to say why it is not."""
    known_definition: Definition | None = None
    known_client: Client | None = None
    known_admin: AIOKafkaAdminClient | None = None
    known_redis: Any = None
    """redis-py's types cannot say that answers come decoded."""
    no_redis: str = "Redis cannot be reached"
    as_reader: bool = False
    """Whether only what a KpiReader needs is looked at."""
    cluster_id: str = ""
    there: dict[str, Described] = field(default_factory=dict)
    """The topics of the table that exist."""

    now: Deployment | None = None
    """What the workers do."""

    @property
    def settings(self) -> Settings:
        """Of the process that would run here.

        Raises:
            SkippedError: they cannot be read.
        """
        return _known(self.known_settings, "the settings cannot be read")

    @property
    def definition(self) -> Definition:
        """What the numbers mean.

        Raises:
            SkippedError: the file cannot be read.
        """
        return _known(self.known_definition, "the definition cannot be read")

    @property
    def client(self) -> Client:
        """To reach Kafka with.

        Raises:
            SkippedError: Kafka cannot be reached.
        """
        return _known(self.known_client, _NO_KAFKA)

    @property
    def admin(self) -> AIOKafkaAdminClient:
        """A client that is connected.

        Raises:
            SkippedError: Kafka cannot be reached.
        """
        return _known(self.known_admin, _NO_KAFKA)

    def need(self, *topics: str) -> None:
        """Make sure that topics exist with the right number of partitions.

        Raises:
            SkippedError: one does not.
        """
        _known(self.known_admin, _NO_KAFKA)
        for topic in topics:
            if topic not in self.there:
                raise SkippedError(f"topic {topic} is missing, or may not be seen")
            if self.there[topic].partitions != self.settings.partitions:
                raise SkippedError(f"{topic} has another number of partitions than KPI_PARTITIONS")

    @property
    def redis(self) -> Any:  # noqa: ANN401 - as above
        """A client that has been answered.

        Raises:
            SkippedError: Redis cannot be reached, or none is used.
        """
        return _known(self.known_redis, self.no_redis)

    async def close(self) -> None:
        """Give back the connection."""
        if self.known_admin is not None:
            await self.known_admin.close()
        if self.known_redis is not None:
            await self.known_redis.aclose()


def _known(value: T | None, why: str) -> T:
    if value is None:
        raise SkippedError(why)
    return value
