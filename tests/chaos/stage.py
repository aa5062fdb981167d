"""One run's stage: topics of its own on a shared Kafka, a Valkey, two workers, a publisher, load, a watch.

Everything that listens does so on 127.0.0.1; everything started here ends with ``close``.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from streams.core.definition.definition import Definition
from streams.core.events import KINDS
from streams.definitions import load as load_definition
from streams.embedded import KafkaCluster, ValkeyServer
from streams.engine.kafka.client import Client
from streams.engine.topics.topics import ensure
from streams.settings import Settings, read
from streams.simulate import topic_of
from tests.chaos.load import Load
from tests.chaos.logs import read_log
from tests.chaos.processes import Process, Supervisor
from tests.chaos.proxy import StorageErrorProxy
from tests.chaos.watch import Watch
from tests.support.eventually import eventually
from tests.support.topics import unique_prefix

RATE = 5_000.0
SESSION_S = 6.0
FRESH_FOR_S = 2.0
_START_S = 90.0
_FRESH_S = 90.0
_STOP_S = 10.0
_CONFIGURE_S = 30.0
_ADMIN_MS = 3_000
"""Not the default of 40 s: what a fault does lasts as long."""
_CUSTOMERS = 2_500
_SECRET = "a secret of the chaos suite"  # noqa: S105 - keys nothing that matters
_DEFINITION = 'kept_for = "92d"'
"""Nothing comes too late."""

T = TypeVar("T")


class Stage:
    """Where one fault is played.

    Args:
        kafka: running.
        folder: for logs and settings; new.
        seed: of everything random.
        roles: of the workers, by turns; as many are started.
        steered: whether workers have clocks and failpoints to set.
        proxied: whether processes reach Kafka (of one node) through a proxy that can make its disk fail.
        rate: live records a second.
        customers: how many the business has.
        patience_s: how long the history may take to be counted.
        definition: TOML, besides the tenant.
    """

    def __init__(
        self,
        kafka: KafkaCluster,
        folder: Path,
        *,
        seed: int,
        roles: Sequence[str] = ("all", "worker"),
        steered: bool = False,
        proxied: bool = False,
        rate: float = RATE,
        customers: int = _CUSTOMERS,
        patience_s: float = _START_S,
        definition: str = _DEFINITION,
    ) -> None:
        self.kafka = kafka
        self.folder = folder
        self.random = random.Random(seed)  # noqa: S311 - chaos, no secret
        self.valkey = ValkeyServer()
        self.mark = time.time()
        """When the fault happened (s since the epoch)."""
        self._seed, self._rate, self._customers = seed, rate, customers
        self._steered = steered
        self._patience_s = patience_s
        name = unique_prefix("chaos")
        tenant = name.strip("-")
        definition_file = folder / "definition.toml"
        definition_file.write_text(f'tenant = "{tenant}"\n{definition}\n')
        self.definition: Definition = load_definition(definition_file)
        nodes = kafka.bootstrap.count(",") + 1
        self.environ = {
            "KPI_BROKERS": kafka.bootstrap,
            "KPI_APP_ID": tenant,
            "KPI_REPLICATION_FACTOR": str(nodes),
            "KPI_DIMENSION_INTERVAL": "2s",
            "KPI_SESSION_TIMEOUT": f"{SESSION_S:.0f}s",
            "KPI_HEARTBEAT_INTERVAL": "500ms",
            "KPI_SECRET": _SECRET,
            "KPI_DEFINITION_FILE": str(definition_file),
            **{f"KPI_TOPIC_{kind.upper()}": f"{name}{kind}" for kind in KINDS},
            **{f"KPI_TOPIC_{own.upper()}": name + own for own in ("changelog", "totals", "dead_letter")},
        }
        self.topics = {topic_of(kind): f"{name}{kind}" for kind in KINDS}
        self.supervisor = Supervisor()
        self.workers: list[Process] = []
        self._roles = roles
        self.proxy = StorageErrorProxy(kafka.bootstrap) if proxied else None

    @property
    def settings(self) -> Settings:
        """As the processes read them."""
        return read(self.environ)

    @property
    def secret(self) -> bytes:
        """Of the digests."""
        return self.settings.secret_bytes

    # -- begin and end

    def open(self) -> None:
        """Start everything; returns when the history is counted, live traffic flows and values are fresh.

        Raises:
            AssertionError: it does not come to that.
        """
        self.prepare()
        self.begin()
        self.load = Load(
            Client(self.settings).options,
            self.topics,
            seed=self._seed,
            customers=self._customers,
            rate=self._rate,
            applied=lambda: self.watch.received,
        )
        self.load.start()
        eventually(self.load.live.is_set, within=self._patience_s)
        self.wait_fresh(time.time(), at_least_s=FRESH_FOR_S)

    def prepare(self) -> None:
        """Start what the service needs: Redis, its topics, and the proxy."""
        self.valkey.start()
        self.environ["KPI_REDIS_URL"] = self.valkey.url
        asyncio.run(_ensure(self.settings))
        if self.proxy is not None:
            self.proxy.start()

    def begin(self) -> None:
        """Start the service, and watch it."""
        for _ in self._roles:
            self.add_worker()
        self.publisher = self._process("publisher", KPI_ROLE="publisher")
        self.watch = Watch(self.publisher.url)
        self.watch.start()

    def close(self) -> None:
        """End everything."""
        if hasattr(self, "load"):
            self.load.abandon(within=_STOP_S)
        if hasattr(self, "watch"):
            self.watch.stop()
        self.supervisor.close()
        if self.proxy is not None:
            self.proxy.stop()
        self.valkey.stop()

    def add_worker(self) -> Process:
        """One more worker."""
        role = self._roles[len(self.workers) % len(self._roles)]
        process = self._process(f"worker{len(self.workers)}", steered=self._steered, KPI_ROLE=role)
        self.workers.append(process)
        return process

    def add_publisher(self) -> Process:
        """One more publisher."""
        return self._process(f"publisher{len(self.supervisor.processes)}", KPI_ROLE="publisher")

    def _process(self, name: str, *, steered: bool = False, **environ: str) -> Process:
        if self.proxy is not None:
            environ["KPI_BROKERS"] = self.proxy.bootstrap
        process = Process(name, self.folder, {**self.environ, **environ}, steered=steered)
        self.supervisor.processes.append(process)
        return process

    # -- while it runs

    def worker(self) -> Process:
        """One of the workers, by chance."""
        return self.random.choice(self.workers)

    def now(self) -> None:
        """The fault happens now: freshness is timed from here."""
        self.mark = time.time()

    def wait_fresh(self, moment: float, *, at_least_s: float) -> float:
        """Wait until fresh values are shown again; returns when that began.

        Args:
            moment: the fault's.
            at_least_s: so long after it nothing is concluded: freshness ends only some time after a fault.
        """

        def back() -> float | None:
            if time.time() < moment + at_least_s:
                return None
            return self.watch.fresh_since(moment, for_s=FRESH_FOR_S)

        try:
            return eventually(back, within=_FRESH_S) or 0.0
        except AssertionError as error:
            raise AssertionError(f"no fresh values for {_FRESH_S:.0f} s: {self.watch}") from error

    def configure(self, topic: str, **configs: str) -> None:
        """Change settings of a topic (dots written as two underscores); a dead node may be asked first."""
        changes = {key.replace("__", "."): value for key, value in configs.items()}

        def changed() -> bool:
            try:
                asyncio.run(_configure(self.settings, topic, changes))
            except KafkaError:
                return False
            return True

        eventually(changed, within=_CONFIGURE_S)

    def compacted(self) -> bool:
        """Whether most records of the first changelog partition have been compacted away."""
        settings = self.settings
        records, end = asyncio.run(read_log(Client(settings), settings.topic_changelog, 0))
        return len(records) < end / 2

    def leader(self, topic: str, partition: int) -> int:
        """The node that leads a topic partition."""
        return asyncio.run(_leader(self.settings, topic, partition))


async def _ensure(settings: Settings) -> None:
    await ensure(settings, Client(settings))


async def _configure(settings: Settings, topic: str, configs: dict[str, str]) -> None:
    async def alter(admin: AIOKafkaAdminClient) -> None:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])

    await _administer(settings, alter)


async def _leader(settings: Settings, topic: str, partition: int) -> int:
    async def describe(admin: AIOKafkaAdminClient) -> int:
        [described] = await admin.describe_topics([topic])
        return next(int(p["leader"]) for p in described["partitions"] if p["partition"] == partition)

    return await _administer(settings, describe)


async def _administer(settings: Settings, act: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
    admin = AIOKafkaAdminClient(**Client(settings).options, request_timeout_ms=_ADMIN_MS)
    await admin.start()
    try:
        return await act(admin)
    finally:
        await admin.close()
