"""Other dimensions on a genuine Kafka: from event to Prometheus, Redis, page, explain and reader."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from streams.cli.exits import Exit
from streams.definitions import load
from streams.embedded import KafkaCluster, ValkeyServer
from streams.engine.exits import ExitCode
from streams.ingest.sender import Sender
from streams.simulate import Business, SimRecord
from streams.simulate.delivery import Dirt
from tests.kafka.harness import run
from tests.kafka.service import KPI, Service, ServiceWorker, chunks
from tests.publish.board.pages import EventPage
from tests.support.eventually import eventually_async

SILENCE = "".join(f'{kind} = "off"\n' for kind in ("signup", "purchase", "cancellation", "survey"))
CHOSEN = f'dimensions = ["industry", "store"]\n[silence]\n{SILENCE}'
CUSTOMERS = "id,since,industry,store\nold1,2025-05-01,mining,north\nold2,2025-05-01,mining,\n"


def renamed(records: Iterable[SimRecord]) -> Iterator[SimRecord]:
    """The same business, whose signups say industry for segment and store for plan."""
    for record in records:
        value = record.value.replace(b'"segment":', b'"industry":').replace(b'"plan":', b'"store":')
        yield record._replace(value=value)


async def kpi(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the service's own, under its settings."""
    environ = os.environ | service.deployment.environ
    command = [*KPI[:-1], *arguments]
    return await asyncio.to_thread(
        subprocess.run, command, env=environ, capture_output=True, text=True, check=False
    )


def choose(service: Service, text: str) -> None:
    """Give the service another definition."""
    file = Path(service.deployment.environ["KPI_DEFINITION_FILE"])
    file.write_text(f'tenant = "{service.definition.tenant}"\n{text}')
    service.definition = load(file)


async def send_business(service: Service, sender: Sender) -> None:
    """A month of a small business, with enough of everything whatever the day."""
    business = Business(7, 300, 30, int(time.time() * 1000), dirt=Dirt(malformed_share=0.01))
    for chunk in chunks(renamed(business.history())):
        await service.send(sender, chunk)
    await sender.drain()


async def hello(worker: ServiceWorker) -> dict[str, object]:
    """What the live page is told of the definition."""
    page = EventPage()
    await page.open(worker.port)

    async def came() -> bool:
        return "hello" in page.names

    await eventually_async(came, within=20)
    await page.close()
    told = page.events[page.events.index(b"event: hello") + 1]
    found: dict[str, object] = json.loads(told.removeprefix(b"data: "))
    return found


async def miners(worker: ServiceWorker) -> int:
    """The active customers of one industry."""
    document = json.loads((await worker.get("/api/snapshot"))[1])
    listed = document["dimensions"].get("industry", {}).get("mining", {})
    found: int = listed.get("now", {}).get("active_customers", {}).get("numerator", 0)
    return found


async def shows(service: Service, worker: ServiceWorker) -> None:
    """Every sink has the two dimensions, under their names, and no other of customers."""
    document = json.loads((await worker.get("/api/snapshot"))[1])
    assert list(document["dimensions"]) == ["industry", "store", "reason", "churn_type", "touchpoint"]
    assert {"smb", "enterprise"} <= document["dimensions"]["industry"].keys()
    labels = [dict(labels) for name, labels in await worker.page() if name == "crm_active_customers_by"]
    assert {one["dimension"] for one in labels} == {"industry", "store"}
    assert {"smb", "pro"} <= {one["value"] for one in labels}
    assert (await hello(worker))["dimensions"] == ["industry", "store"]
    place = ("--tenant", service.definition.tenant, "--window", "30d")
    explained = await kpi(
        service, "explain", "churn_ratio", *place, "--dimension", "industry", "--value", "smb"
    )
    assert explained.returncode == 0, explained.stderr
    assert "30d, industry smb" in explained.stdout
    got = await kpi(service, "get", "churn_ratio", *place, "--dimension", "store", "--value", "pro")
    assert got.returncode == 0, got.stderr
    for misspelt, near in (("industri", "did you mean industry?"), ("segment", "there are industry, store,")):
        asked = await kpi(service, "get", "churn_ratio", *place, "--dimension", misspelt, "--value", "smb")
        assert (asked.returncode, near in asked.stderr) == (Exit.USAGE, True), asked.stderr


def test_dimensions_by_choice_reach_every_sink(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Every value is that of a recount; others than were counted are refused, and counted anew."""

    async def test(service: Service) -> None:
        await service.make_topics()
        choose(service, CHOSEN)
        worker = service.worker()
        async with service.observer(worker) as observer, service.sender() as sender:
            await send_business(service, sender)
            comparison = await service.compared(observer)
            assert comparison.mismatches == []
            assert comparison.accounting["malformed"]
        await shows(service, worker)

        base = tmp_path / "customers.csv"
        base.write_text(CUSTOMERS)
        sent = await kpi(service, "send", "--customers", str(base))
        assert sent.returncode == 0, sent.stderr

        async def arrived() -> bool:
            return await miners(worker) == 2

        await eventually_async(arrived, within=60)
        assert await worker.stopped() == 0

        old = service.definition
        choose(service, 'dimensions = ["industry"]\n')
        refused = service.worker()
        assert await refused.ended() == ExitCode.DEFINITION_CHANGED
        for named in (old.counting_hash, service.definition.counting_hash, "--rebuild"):
            assert named in refused.told()
        again = service.worker(command=(*KPI, "--rebuild"))
        await again.ready(within=90)

        async def counted_anew() -> bool:
            return await miners(again) == 2

        await eventually_async(counted_anew, within=60)
        document = json.loads((await again.get("/api/snapshot"))[1])
        assert list(document["dimensions"]) == ["industry", "reason", "churn_type", "touchpoint"]
        assert await again.stopped() == 0

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        run(lambda: test(service))
