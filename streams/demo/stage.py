"""What the demo plays on: Kafka, Valkey, topics and workers, started together and ended together.

Rules: everything listens on 127.0.0.1, has an address of its own and ends with us, whatever happens; the
directory with the logs stays only if something failed.
"""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.demo.observability import Monitoring, missing
from streams.demo.options import WORKERS, DemoOptions
from streams.demo.workers import DemoWorker
from streams.embedded import EmbeddedKafka, ValkeyServer, check_programs, choose_kafka
from streams.embedded.ports import LOOPBACK
from streams.settings import Settings, read

Tell = Callable[[str], None]
_KEEP_ALL = {"retention.ms": "-1"}
"""The history's records carry their own, old timestamps: no broker may take them for expired."""


class StageError(Exception):
    """Something the demo needs ended; the message names it and its log."""


class Stage:
    """An async context manager; ``tell`` takes a line for every step.

    Raises:
        StageError, EmbeddedError: something it needs is not installed; nothing was started.
    """

    def __init__(self, options: DemoOptions, tell: Tell) -> None:
        lacking = missing() if options.observability else []
        if lacking:
            raise StageError(f"--observability needs {' and '.join(lacking)}")
        check_programs()
        self._options = options
        self._tell = tell
        self._kafka: EmbeddedKafka | None = None
        self._valkey = ValkeyServer()
        self.directory = Path(tempfile.mkdtemp(prefix="kpi-demo-"))
        self.keep_directory = False
        """Set when somebody should look at it."""
        self.workers: list[DemoWorker] = []
        self.monitoring: Monitoring | None = None
        self.kafka_name = ""
        self.transactional = False
        self.kafka_options: dict[str, Any] = {}
        self.redis_url = ""
        self.brokers = ""

    async def __aenter__(self) -> Self:
        try:
            await asyncio.to_thread(self._start_servers)
            settings = self._settings()
            await self._make_topics(read(settings))
            for number in range(1, WORKERS + 1):
                self.workers.append(DemoWorker(number, self.directory, settings))
                self.workers[-1].start()
            if self._options.observability:
                self.monitoring = Monitoring([f"{LOOPBACK}:{worker.port}" for worker in self.workers])
                await asyncio.to_thread(self.monitoring.start)
        except BaseException as error:
            await self._leave(error)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave(error)

    def check(self) -> None:
        """Make sure that all workers run.

        Raises:
            StageError: one has ended.
        """
        for worker in self.workers:
            if not worker.alive:
                raise StageError(f"{worker.name} has ended: {worker.last_line()} (log: {worker.log})")

    def _start_servers(self) -> None:
        kafka = self._kafka = choose_kafka(self._tell)
        kafka.start()
        self._valkey.start()
        self.kafka_name, self.transactional = kafka.name, kafka.transactional
        self.brokers, self.redis_url = kafka.bootstrap, self._valkey.url
        self.kafka_options = {"bootstrap_servers": kafka.bootstrap.split(",")}

    def _settings(self) -> dict[str, str]:
        settings = {
            "KPI_BROKERS": self.brokers,
            "KPI_REDIS_URL": self.redis_url,
            "KPI_SECRET": secrets.token_hex(32),
            "KPI_PARTITIONS": str(self._options.partitions),
            "KPI_REPLICATION_FACTOR": "1",
        }
        if self._options.definition_file is not None:
            settings["KPI_DEFINITION_FILE"] = str(self._options.definition_file)
        if not self.transactional:
            settings |= {
                "KPI_PROCESSING_GUARANTEE": "at_least_once",
                "KPI_SESSION_TIMEOUT": "6s",
                "KPI_HEARTBEAT_INTERVAL": "2s",
            }
        return settings

    async def _make_topics(self, settings: Settings) -> None:
        """Make the source topics, which belong to the demo; the workers make their own."""
        admin = AIOKafkaAdminClient(**self.kafka_options)
        await admin.start()
        try:
            await admin.create_topics(
                [
                    NewTopic(name, settings.partitions, 1, topic_configs=_KEEP_ALL)
                    for name in settings.source_topics
                ]
            )
        finally:
            await admin.close()

    async def _leave(self, error: BaseException | None) -> None:
        """End everything; keep the directory if something failed."""
        await self._end()
        if self.keep_directory or isinstance(error, Exception):
            self._tell(f"Logs: {self.directory}")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    async def _end(self) -> None:
        if self.monitoring is not None:
            await asyncio.to_thread(self.monitoring.stop)
        await asyncio.gather(*(asyncio.to_thread(worker.stop) for worker in self.workers))
        if self._kafka is not None:
            await asyncio.to_thread(self._kafka.stop)
        await asyncio.to_thread(self._valkey.stop)
