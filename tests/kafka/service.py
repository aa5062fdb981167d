"""The whole service, for end-to-end tests: ``kpi worker`` processes on the shared Kafka and Valkey.

Topics, group, tenant and ports are a test's own. What must come out is recounted from the journal of what
was sent; the service is never asked for it.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from streams.core.definition.definition import Definition
from streams.demo.check import recount
from streams.demo.compare import Comparison, compare
from streams.demo.observe import Observer, Page, parse_page
from streams.embedded import free_port
from streams.embedded.ports import LOOPBACK
from streams.ingest.sender import Sender
from streams.simulate import SimRecord, to_line, topic_of
from tests.kafka.harness import Deployment
from tests.support.eventually import eventually_async, patient
from tests.support.topics import create_topics

KPI = (sys.executable, "-m", "streams.cli.main", "worker")
FAUST = (sys.executable, "-m", "faust", "-A", "streams.app", "worker")
_CHUNK = 2_000
_TIMEOUT = aiohttp.ClientTimeout(total=patient(5))


class Service:
    """One deployment of the service; at the end of its ``with`` block what still runs is killed.

    Args:
        bootstrap: of Kafka.
        redis_url: of Valkey.
        folder: takes journal, definition and logs.
        overrides: settings.
    """

    def __init__(self, bootstrap: str, redis_url: str, folder: Path, **overrides: str) -> None:
        tick = {"KPI_TICK": "1s", "KPI_DIMENSION_INTERVAL": "5s"}
        own = {"KPI_REDIS_URL": redis_url, "KPI_PARTITIONS": "4", **tick, **overrides}
        self.deployment = Deployment(bootstrap, folder, **own)
        self.definition = Definition(tenant=self.deployment.name)
        file = folder / "definition.toml"
        file.write_text(f'tenant = "{self.definition.tenant}"\n')
        self.deployment.environ["KPI_DEFINITION_FILE"] = str(file)
        self.redis_url = redis_url
        self._bootstrap = bootstrap
        self.journal = folder / "sent.jsonl"
        self.journal.touch()
        self.sent = 0
        self.workers: list[ServiceWorker] = []

    async def make_topics(self) -> None:
        """Make the source topics: records with old timestamps stay; the workers make the others."""
        settings = self.deployment.settings
        await create_topics(
            self._bootstrap,
            settings.source_topics,
            partitions=settings.partitions,
            config={"retention.ms": "-1"},
        )

    def worker(
        self, port: int | None = None, *, command: tuple[str, ...] = KPI, **environ: str
    ) -> "ServiceWorker":
        """Start a worker; ``port``: of its HTTP server, a free one by default."""
        worker = ServiceWorker(self, free_port() if port is None else port, command, environ)
        self.workers.append(worker)
        return worker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.workers:
            worker.kill()

    def observer(self, *workers: "ServiceWorker") -> Observer:
        """Reads Redis and these workers."""
        addresses = {str(worker.port): worker.url for worker in workers}
        return Observer(self.redis_url, self.definition.tenant, addresses, self._check_alive)

    def _check_alive(self) -> None:
        """Make sure that the newest worker on each port runs."""
        for worker in {worker.port: worker for worker in self.workers}.values():
            assert worker.process.poll() is None, f"a worker has ended:\n{worker.told()}"

    def sender(self) -> Sender:
        """A producer for the source topics."""
        return Sender({"bootstrap_servers": self._bootstrap.split(",")})

    async def send(self, sender: Sender, records: Iterable[SimRecord]) -> None:
        """Send one chunk, and write it to the journal first, under the topics' default names."""
        chunk = list(records)
        with self.journal.open("ab") as journal:
            journal.writelines(map(to_line, chunk))
        names = {topic_of(kind): topic for topic, kind in self.deployment.settings.source_topics.items()}
        await sender.submit([record._replace(topic=names[record.topic]) for record in chunk])
        self.sent += len(chunk)

    async def compared(self, observer: Observer) -> Comparison:
        """When everything sent is applied: what is published against the recount."""
        settled_ms = await observer.settled(self.sent, within=patient(90))
        observed = await observer.observe(settled_ms, within=patient(30))
        recounted = await asyncio.to_thread(recount, self.journal, observed, self.definition)
        return compare(observed, recounted, self.definition)


class ServiceWorker:
    """A worker process."""

    def __init__(
        self, service: Service, port: int, command: tuple[str, ...], environ: dict[str, str]
    ) -> None:
        self.port = port
        self.url = f"http://{LOOPBACK}:{port}"
        self.output = service.deployment.folder / f"service{len(service.workers)}.log"
        self.files = self.output.with_suffix(".data")
        own = {"KPI_HTTP_PORT": str(port), "KPI_DATADIR": str(self.files)}
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **service.deployment.environ, **own, **environ},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def told(self) -> str:
        """Everything it has logged."""
        return self.output.read_text()

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    async def stopped(self, within: float = 20) -> int:
        """Ask it to end (SIGTERM); its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, patient(within))

    async def ended(self, within: float = 60) -> int | None:
        """Wait for it to end by itself; its exit code, None if it goes on."""
        try:
            return await asyncio.to_thread(self.process.wait, within)
        except subprocess.TimeoutExpired:
            return None

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body; (0, "") when it does not answer."""
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.get(self.url + path) as answer,
            ):
                return answer.status, await answer.text()
        except aiohttp.ClientConnectionError:
            return 0, ""

    async def page(self) -> Page:
        """The samples of its metrics page."""
        return parse_page((await self.get("/metrics"))[1])

    async def ready(self, within: float = 30) -> None:
        """Wait until it says that it is ready.

        Raises:
            AssertionError: it does not.
        """

        async def answer() -> bool:
            assert self.process.poll() is None, self.told()
            return (await self.get("/readyz"))[0] == 200

        await eventually_async(answer, within=within)


def chunks(records: Iterable[SimRecord]) -> Iterator[list[SimRecord]]:
    """Records by the thousand."""
    source = iter(records)
    while chunk := list(islice(source, _CHUNK)):
        yield chunk
