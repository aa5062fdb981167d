"""Alarms from Kafka to HTTP: what live workers say is what a replay says, whoever is the owner."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from streams.embedded import KafkaCluster, ValkeyServer
from streams.replay.recount import replay
from streams.simulate import Business, SimRecord, topic_of
from tests.kafka.harness import run
from tests.kafka.service import Service, ServiceWorker, chunks
from tests.support.eventually import eventually_async

CUSTOMERS, DAYS = 1_500, 45
WITHIN_S = 90.0
ERASE = topic_of("erase")


async def send_all(service: Service) -> None:
    """A business of six weeks; its requests for erasure last, since topics have no order between them."""
    erases: list[SimRecord] = []
    async with service.sender() as sender:
        for chunk in chunks(Business(5, CUSTOMERS, DAYS, int(time.time() * 1000)).history()):
            erases += [record for record in chunk if record.topic == ERASE]
            await service.send(sender, (record for record in chunk if record.topic != ERASE))
        await sender.drain()


async def agreed(service: Service, worker: ServiceWorker) -> dict[str, Any]:
    """What a worker says of alarms once it is what a replay says as of the same instant."""
    expected: dict[int, dict[str, Any]] = {}
    found: dict[str, Any] = {}

    async def same() -> bool:
        assert worker.process.poll() is None, worker.told()
        snapshot = json.loads((await worker.get("/api/snapshot"))[1] or "{}")
        status, body = await worker.get("/api/alarms")
        if snapshot.get("accounting", {}).get("received") != service.sent or status != 200:
            return False
        found.clear()
        found.update(json.loads(body))
        if found["t"] not in expected:
            expected[found["t"]] = await asyncio.to_thread(replayed, service, found["t"])
        return found == expected[found["t"]]

    await eventually_async(same, within=WITHIN_S)
    return found


def replayed(service: Service, t_ms: int) -> dict[str, Any]:
    """What a replay of all that was sent says as of an instant."""
    with service.journal.open("rb") as lines:
        (snapshot,) = replay(lines, definition=service.definition, as_of=[t_ms])
    assert snapshot.alarms is not None
    told: dict[str, Any] = json.loads(snapshot.alarms.json)
    return told


def test_live_alarms_are_those_of_a_replay(kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path) -> None:
    """Of one owner and, derived from the records, of the next; and Prometheus shows as many streams."""

    async def test(service: Service) -> None:
        await service.make_topics()
        first = service.worker()
        await first.ready()
        await send_all(service)
        live = await agreed(service, first)
        assert {stream["status"] for stream in live["streams"]} >= {"ok"}
        first.kill()
        second = service.worker()
        anew = await agreed(service, second)
        page = (await second.get("/metrics"))[1]
        speaking = [one for one in anew["streams"] if one["status"] != "learning"]
        assert page.count("\ncrm_alarm_active{") == len(speaking)
        assert await second.stopped() == 0

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        run(lambda: test(service))
