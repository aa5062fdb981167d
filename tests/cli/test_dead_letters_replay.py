"""Dead letters sent again beside a live worker: whatever is repeated or breaks off, an event counts once."""

import asyncio
import time
from pathlib import Path
from typing import cast

import confluent_kafka
import msgspec
import pytest

from streams.cli.exits import Exit
from streams.core.definition.definition import Definition
from streams.core.partition.placement import murmur2
from streams.deadletters.letter import Letter
from streams.deadletters.reading import opened
from streams.deadletters.replaying import Judge, replay
from streams.deadletters.wanted import Wanted
from streams.embedded import KafkaCluster, ValkeyServer
from streams.engine.kafka.client import Client
from tests.cli.conftest import Kpi
from tests.kafka.service import Service, ServiceWorker
from tests.support.eventually import eventually_async

NOW = int(time.time() * 1_000)
LONG_AGO = NOW - 400 * 86_400_000
CUSTOMERS = 40


class Live:
    """A worker at work, and commands beside it."""

    def __init__(self, service: Service, worker: ServiceWorker, kpi: Kpi) -> None:
        self.environ = service.deployment.environ
        self.settings = service.deployment.settings
        self.purchases = service.deployment.topic("purchase")
        self._worker, self._kpi = worker, kpi
        brokers = {"bootstrap.servers": self.environ["KPI_BROKERS"], "log_level": 0}
        self.producer = confluent_kafka.Producer(brokers)

    def __call__(self, *words: str, code: Exit = Exit.OK) -> tuple[str, str]:
        """Run a command; what it said on standard output and standard error."""
        ran = self._kpi("dead-letters", *words, **self.environ)
        assert ran.code == code, ran
        return ran.out, ran.err

    def send(self, customer: str, key: str | None, partition: int, ms: int = NOW, **more: object) -> None:
        """Send a purchase, as a record of that time."""
        event = {"event_id": "e", "customer_id": customer, "occurred_at": NOW - 1_000, "amount": 1}
        value = msgspec.json.encode(
            {k: v for k, v in {**event, "currency": "USD", **more}.items() if v is not None}
        )
        self.producer.produce(self.purchases, value, key, partition, timestamp=ms, headers=[("own", b"1")])
        self.producer.flush()

    async def accounted(self, **wanted: int) -> None:
        """Wait until the worker's accounting says so."""

        async def said() -> bool:
            assert self._worker.process.poll() is None, self._worker.told()
            document = msgspec.json.decode((await self._worker.get("/api/snapshot"))[1] or "{}")
            told = document.get("accounting", {"ignored": {}})
            told["duplicates"] = told["ignored"].get("duplicate", 0)
            return {name: told.get(name) for name in wanted} == wanted

        await eventually_async(said, within=40)

    def listed(self) -> list[dict[str, object]]:
        """The letters."""
        return [msgspec.json.decode(line) for line in self("list", "--json")[0].splitlines()]


def partition_of(customer: str) -> int:
    """Where a customer belongs."""
    return murmur2(customer.encode()) % 2


async def broken_off(live: Live, after: int) -> None:
    """A replay that ends in the middle, with what it had handed over."""

    def told(_letter: Letter, why: str) -> None:
        nonlocal after
        after -= not why
        if not after:
            raise InterruptedError

    client, wanted = Client(live.settings), Wanted(live.settings.source_topics)
    judge = Judge(wanted, Definition(), lambda *_: "", lambda: NOW)
    async with opened(client, live.settings.topic_dead_letter) as log:
        with pytest.raises(InterruptedError):
            await replay(client, log, wanted, judge, live.settings.partitioner, told)


def test_replayed_letters_count_once_whatever_happens(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path, kpi: Kpi
) -> None:
    """Refused for their partition; sent again in parts, twice, and beside the producer that was mended."""
    with Service(kafka.bootstrap, valkey.url, tmp_path, KPI_PARTITIONS="2") as service:
        asyncio.run(service.make_topics())
        worker = service.worker()
        live = Live(service, worker, kpi)
        asyncio.run(worker.ready(60))
        customers = [f"c{number}" for number in range(CUSTOMERS)]
        for number, customer in enumerate(customers):
            live.send(customer, customer if number % 2 else None, 1 - partition_of(customer))
        live.send("lacks", "lacks", partition_of("lacks"), LONG_AGO, event_id=None)
        live.send("ahead", "ahead", partition_of("ahead"), occurred_at=NOW + 7_200_000)
        refused = CUSTOMERS + 2
        asyncio.run(live.accounted(malformed_total=refused, counted=0))
        live.producer.produce(live.settings.topic_dead_letter, b"of somebody", b"\xff", 0)
        live.send("c0", "c0", partition_of("c0"))
        asyncio.run(live.accounted(counted=1))

        (lacking,) = (row for row in live.listed() if row["reason"] == "missing_field")
        assert (lacking["source_timestamp"], cast("int", lacking["timestamp"]) > NOW - 60_000) == (
            LONG_AGO,
            True,
        ), "kept for its time, however old the record is"

        out, err = live("replay", "--dry-run", code=Exit.BAD_DATA)
        assert f"{CUSTOMERS}  would be sent: purchase\n" in out
        assert "still malformed: missing_field: event_id is missing" in err
        assert "still malformed: in_future: occurred_at" in err
        assert "3 letters would not be sent" in err
        live("replay", "--key", "c1")
        asyncio.run(live.accounted(counted=2, received=refused + 2))

        asyncio.run(broken_off(live, 15))
        out, _ = live("replay", "--reason", "missing_key")
        assert out.endswith(f"{CUSTOMERS // 2}  sent in all\n")
        live("replay", code=Exit.BAD_DATA)
        live("replay", code=Exit.BAD_DATA)
        asyncio.run(live.accounted(counted=CUSTOMERS, malformed_total=refused))
        assert len(live.listed()) == refused + 1

        for times in (1, 2):
            _, err = live("replay", "--force", code=Exit.BAD_DATA)
            assert ("came back from a replay" in err) is (times > 1)
            asyncio.run(live.accounted(counted=CUSTOMERS, malformed_total=refused + 2 * times))
            assert [row["returned"] for row in live.listed()].count(True) == 2 * times

        assert live("delete", "--kind", "purchase", "--yes")[0].startswith(f"{refused + 4} letters deleted")
        assert [row["kind"] for row in live.listed()] == [None]
        live.send("c1", "c2", 0)
        asyncio.run(live.accounted(malformed_total=refused + 5))
        assert [row["reason"] for row in live.listed()] == [None, "key_mismatch"]
        assert asyncio.run(worker.stopped()) == 0
        assert "Traceback" not in worker.told()
