"""``kpi ingest`` on a genuine Kafka: nested JSON to purchases that stand in the source topics.

Start-up is measured on empty topics and subtracted; what is left is everything else: reading, mapping,
judging, placing, and the transactions.
"""

import asyncio
import re
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.figures import Figure
from bench.mapping import MAPPING, TOPIC, orders
from bench.stage import PARTITIONS, BenchProcess, Run, Servers
from bench.timing import elsewhere, middle
from streams.embedded import free_port
from streams.embedded.ports import LOOPBACK
from streams.simulate import SimRecord

_CHUNK = 10_000


_COUNTED = re.compile(r"^kpi_streams_ingest_records_total\{.*\} (\S+)$", re.MULTILINE)


class BenchIngest(BenchProcess):
    """One ``kpi ingest``, alone in its group."""

    def __init__(self, run: Run, mapping: Path) -> None:
        port = free_port()
        self._url = f"http://{LOOPBACK}:{port}"
        own = {
            "KPI_MAPPING_FILE": str(mapping),
            "KPI_HTTP_PORT": str(port),
            "KPI_DATADIR": str(run.directory / "data"),
        }
        environ = [f"{key}={text}" for key, text in {**run.environ, **own}.items()]
        command = ["/usr/bin/env", *environ, sys.executable, "-m", "streams.cli.main", "ingest"]
        super().__init__("kpi ingest", command, run.directory / "log")

    def written(self, records: int, within: float = 600) -> float:
        """Wait until what became of so many records is durable; the processor time it took so far.

        Raises:
            BenchError: it does not.
        """
        self.wait(lambda: self._counted() >= records, within)
        return self.cpu_s

    def _counted(self) -> float:
        """Records whose outcome is written; -1 until it is ready."""
        try:
            with urllib.request.urlopen(f"{self._url}/readyz", timeout=5):  # noqa: S310 - our own
                pass
            with urllib.request.urlopen(f"{self._url}/metrics", timeout=5) as answer:  # noqa: S310 - our own
                return sum(map(float, _COUNTED.findall(answer.read().decode())))
        except OSError:
            return -1


def measure(servers: Servers, *, quick: bool) -> Iterator[Figure]:
    """Processor time of the process."""
    rounds, n = (1, 50_000) if quick else (3, 300_000)
    start_s = median(_ingested(servers, 0) for _ in range(rounds))
    yield Figure("ingest: start, nothing to read", "s", start_s)
    found = middle([elsewhere(n, lambda: _ingested(servers, n) - start_s) for _ in range(rounds)])
    yield Figure("ingest: nested JSON to purchases", "event", found.us, found.relative)


def _ingested(servers: Servers, n: int) -> float:
    """Start it on records that are there; its processor time until their events are."""
    run = Run(servers)
    topic = f"{run.name}.{TOPIC}"
    mapping = run.directory / "mapping.toml"
    mapping.write_text(MAPPING.replace(TOPIC, topic))
    asyncio.run(_prepare(run, topic, n))
    process = BenchIngest(run, mapping)
    try:
        return process.written(n)
    finally:
        process.stop()


async def _prepare(run: Run, topic: str, n: int) -> None:
    await run.make_topics()
    admin = AIOKafkaAdminClient(bootstrap_servers=run.servers.bootstrap)
    await admin.start()
    try:
        keep = {"retention.ms": "-1"}
        await admin.create_topics(
            [
                NewTopic(topic, PARTITIONS, 1, topic_configs=keep),
                NewTopic(run.topic("dead_letter"), PARTITIONS, 1),
            ]
        )
    finally:
        await admin.close()
    chunk: list[SimRecord] = []
    async with run.sender() as sender:
        for one in orders(n):
            chunk.append(SimRecord(topic, one.key, one.value or b"", one.timestamp_ms))
            if len(chunk) == _CHUNK:
                await sender.submit(chunk)
                chunk = []
        await sender.submit(chunk)
        await sender.drain()
