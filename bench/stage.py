"""Kafka, Valkey and one worker for the benchmarks, and what the worker's process costs.

Each run has topics, group and tenant of its own on one genuine Kafka. Processor time is that of the worker's
process alone, as the kernel counts it; the broker's and ours are not in it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from redis import Redis

from streams.core.events import KINDS
from streams.embedded import KafkaCluster, ValkeyServer, free_port
from streams.embedded.ports import LOOPBACK
from streams.embedded.process import Child
from streams.ingest.sender import Sender
from streams.redis_contract.layout import Keys
from streams.simulate import SimRecord, topic_of

PARTITIONS = 4
_CHUNK = 10_000
_COMPILE = Path(__file__).parents[1] / "scripts" / "compile-core"
_POLL_S = 0.02
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """A benchmark cannot be run; the message says why."""


class Servers:
    """A Kafka and a Valkey, for as long as the ``with`` block lasts."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.bootstrap = ""
        self.redis_url = ""
        self.directory = Path()

    def __enter__(self) -> Self:
        self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="kpi-bench-")))
        self.bootstrap = self._stack.enter_context(KafkaCluster()).bootstrap
        self.redis_url = self._stack.enter_context(ValkeyServer()).url
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def compiled_core(servers: Servers) -> Path:
    """Compile the core, as the container image has it; the folder of the package.

    Raises:
        BenchError: it cannot be compiled here.
    """
    folder = servers.directory / "compiled"
    ran = subprocess.run([_COMPILE, folder], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise BenchError(ran.stderr.strip().splitlines()[-1])
    return folder


class Run:
    """Topics and settings of one measured run.

    Args:
        servers: where.
        compiled: a folder with the compiled package, for a worker that runs that; None: the sources.
        definition: more lines of the definition file.
    """

    def __init__(self, servers: Servers, compiled: Path | None = None, definition: str = "") -> None:
        self.servers = servers
        self.name = f"bench-{uuid.uuid4().hex[:8]}"
        self.directory = servers.directory / self.name
        self.directory.mkdir()
        definition_file = self.directory / "definition.toml"
        definition_file.write_text(f'tenant = "{self.name}"\n{definition}')
        self.environ = {
            "KPI_BROKERS": servers.bootstrap,
            "KPI_REDIS_URL": servers.redis_url,
            "KPI_APP_ID": self.name,
            "KPI_SECRET": "bench" * 4,
            "KPI_PARTITIONS": str(PARTITIONS),
            "KPI_REPLICATION_FACTOR": "1",
            "KPI_DEFINITION_FILE": str(definition_file),
            **{f"KPI_TOPIC_{kind.upper()}": self.topic(kind) for kind in KINDS},
            **{f"KPI_TOPIC_{own.upper()}": self.topic(own) for own in ("changelog", "totals", "dead_letter")},
        }
        if compiled is not None:
            self.environ |= {"PYTHONPATH": str(compiled), "PYTHONSAFEPATH": "1"}
        self._workers = 0

    def topic(self, kind: str) -> str:
        """The topic of a kind."""
        return f"{self.name}.{kind}"

    async def make_topics(self) -> None:
        """Make the source topics, which keep old records."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers.bootstrap)
        await admin.start()
        try:
            keep = {"retention.ms": "-1"}
            await admin.create_topics(
                [NewTopic(self.topic(kind), PARTITIONS, 1, topic_configs=keep) for kind in KINDS]
            )
        finally:
            await admin.close()

    def sender(self) -> Sender:
        """A producer for the source topics."""
        return Sender({"bootstrap_servers": self.servers.bootstrap.split(",")})

    def renamed(self, records: Iterable[SimRecord]) -> list[SimRecord]:
        """Records under the topics of this run."""
        names = {topic_of(kind): self.topic(kind) for kind in KINDS}
        return [record._replace(topic=names[record.topic]) for record in records]

    async def send(self, records: Iterable[SimRecord]) -> int:
        """Send everything as fast as it goes; how many there were."""
        sent, source = 0, iter(records)
        async with self.sender() as sender:
            while chunk := self.renamed(islice(source, _CHUNK)):
                await sender.submit(chunk)
                sent += len(chunk)
            await sender.drain()
        return sent

    def worker(self) -> "BenchWorker":
        """Start a worker."""
        self._workers += 1
        return BenchWorker(self, self.directory / f"worker{self._workers}")


class _Accounting(msgspec.Struct):
    received: int = 0


class _Part(msgspec.Struct):
    state: str
    lag: int | None


class _Document(msgspec.Struct):
    accounting: _Accounting = msgspec.field(default_factory=_Accounting)
    partitions: dict[str, _Part] = {}


class BenchProcess:
    """A process whose processor time is measured.

    Args:
        name: for messages.
        command: starts it.
        log: takes what it says.
    """

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self._name = name
        self._child = Child(name, command, log)
        self._child.start()

    @property
    def cpu_s(self) -> float:
        """Processor time of the process so far, in seconds, of user and kernel."""
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND

    def stop(self) -> None:
        """End it in order."""
        self._child.stop(within=20)

    def wait(self, condition: Callable[[], bool], within: float) -> None:
        """Wait until a condition holds.

        Raises:
            BenchError: it does not in time, or the process has ended.
        """
        deadline = time.monotonic() + within
        while not condition():
            if not self._child.alive or time.monotonic() > deadline:
                raise BenchError(f"{self._name} does not get there:\n{self._child.tail()}")
            time.sleep(_POLL_S)


class BenchWorker(BenchProcess):
    """One ``kpi worker``, alone in its group."""

    def __init__(self, run: Run, directory: Path) -> None:
        directory.mkdir()
        port = free_port()
        own = {"KPI_HTTP_PORT": str(port), "KPI_DATADIR": str(directory)}
        self._readiness = f"http://{LOOPBACK}:{port}/readyz"
        file = directory / "settings.json"
        file.write_text(json.dumps({**run.environ, **own}))
        command = [sys.executable, "-m", "streams.demo.launch", str(file)]
        self._redis = Redis.from_url(run.servers.redis_url)
        self._key = Keys(run.name).snapshot
        self._redis.delete(self._key)
        super().__init__("the worker", command, directory / "log")

    def applied(self, records: int, within: float = 600) -> float:
        """Wait until it publishes complete values of so many records; the processor time it took so far.

        Raises:
            BenchError: it does not.
        """

        def is_applied() -> bool:
            text = self._redis.get(self._key)
            if text is None:
                return False
            document = msgspec.json.decode(text, type=_Document)
            parts = document.partitions.values()
            return document.accounting.received == records and all(
                part.state == "ok" and not part.lag for part in parts
            )

        self.wait(is_applied, within)
        return self.cpu_s

    @property
    def received(self) -> int:
        """Records that the newest published values count as received."""
        text = self._redis.get(self._key)
        return 0 if text is None else msgspec.json.decode(text, type=_Document).accounting.received

    def taken(self, records: int, within: float = 600) -> tuple[float, int]:
        """Wait until it publishes values of so many records or more; processor time, and of how many.

        Raises:
            BenchError: it does not.
        """
        self.wait(lambda: self.received >= records, within)
        return self.cpu_s, self.received

    def ready(self, within: float = 600) -> float:
        """Wait until it has recovered and caught up; the processor time it took so far.

        Raises:
            BenchError: it does not.
        """
        self.wait(lambda: _answers(self._readiness), within)
        return self.cpu_s

    def stop(self) -> None:
        """End it in order."""
        super().stop()
        self._redis.close()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - an address of our own
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False
