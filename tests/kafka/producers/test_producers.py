"""Events of genuine producers with their defaults: counted once by the right setting, never twice."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.core.partition.placement import Partitioner, key_hash
from streams.embedded import KafkaCluster, ValkeyServer
from streams.embedded.java import JavaTools, fetch_jars
from tests.kafka.harness import run
from tests.kafka.service import Service, ServiceWorker
from tests.support.eventually import eventually_async, patient

HERE = Path(__file__).parent
EACH = 60
"""Customers of each producer."""
PARTITIONS = 4
CLIENTS: dict[str, tuple[str, ...]] = {
    "Java": (),
    "aiokafka": ("aiokafka",),
    "kafka-python": ("kafka-python",),
    "librdkafka by murmur2_random": ("confluent-kafka", "murmur2_random"),
    "librdkafka by default": ("confluent-kafka",),
    "librdkafka by fnv1a_random": ("confluent-kafka", "fnv1a_random"),
}
AGREES: dict[str, Partitioner] = {
    "Java": "murmur2",
    "aiokafka": "murmur2",
    "kafka-python": "murmur2",
    "librdkafka by murmur2_random": "murmur2",
    "librdkafka by default": "crc32",
    "librdkafka by fnv1a_random": "fnv1a",
}


def send(bootstrap: str, client: str, lines: list[tuple[str, str, dict[str, object]]]) -> None:
    """Send events by a client: topic, key and event of each."""
    text = "".join(f"{topic}\t{key}\t{msgspec.json.encode(event).decode()}\n" for topic, key, event in lines)
    if client == "Java":
        tools = JavaTools.find()
        assert tools.java is not None
        command = [tools.java, "-cp", f"{fetch_jars(tools.maven)}/*", str(HERE / "Producers.java"), bootstrap]
    else:
        own = CLIENTS[client]
        command = [sys.executable, "-W", "ignore", str(HERE / "produce.py"), bootstrap, *own]
    ran = subprocess.run(
        command, input=text, text=True, capture_output=True, check=False, timeout=patient(120)
    )
    assert ran.returncode == 0, ran.stderr


def life(service: Service, client: str, *, keyed: bool = True) -> list[tuple[str, str, dict[str, object]]]:
    """A signup and two purchases of each of the client's customers."""
    now_ms = int(time.time() * 1000)
    topics = service.deployment.topic("signup"), service.deployment.topic("purchase")
    made: list[tuple[str, str, dict[str, object]]] = []
    for number in range(EACH):
        customer = f"{client.replace(' ', '-')}-é{number}"
        event: dict[str, object] = {"customer_id": customer, "occurred_at": now_ms - 60_000 + number}
        key = customer if keyed else ""
        made.append((topics[0], key, {**event, "event_id": "s"}))
        for count in range(2):
            bought = {"event_id": f"p{count}", "amount": "10.00", "currency": "USD"}
            made.append((topics[1], key, {**event, **bought}))
    return made


def at_home(client: str, partitioner: Partitioner) -> set[str]:
    """The client's customers whose records lie where the service looks for them."""
    theirs, ours = key_hash(AGREES[client]), key_hash(partitioner)
    names = [f"{client.replace(' ', '-')}-é{number}" for number in range(EACH)]
    return {n for n in names if theirs(n.encode()) % PARTITIONS == ours(n.encode()) % PARTITIONS}


async def settled(worker: ServiceWorker, received: int) -> dict[str, Any]:
    """The snapshot, when everything has been received and is shown."""

    async def shown() -> dict[str, Any] | None:
        assert worker.process.poll() is None, worker.told()
        document: dict[str, Any] = msgspec.json.decode((await worker.get("/api/snapshot"))[1] or "{}")
        accounting = document.get("accounting", {})
        whole = document.get("windows", {}).get("24h", {}).get("orders", {}).get("status") == "ok"
        return document if whole and accounting.get("received") == received else None

    found = await eventually_async(shown, within=60)
    assert found is not None
    return found


@pytest.mark.system("javac")
@pytest.mark.parametrize("partitioner", ["murmur2", "crc32"])
def test_every_producer_is_counted_once_or_refused_and_never_twice(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path, partitioner: Partitioner
) -> None:
    """Six producers at once: who agrees with the setting is counted; of the others, who lies right by luck.

    Every record is in one class, and no customer is two: as many are new as are counted at all.
    """

    async def test(service: Service) -> dict[str, Any]:
        await service.make_topics()
        for client in CLIENTS:
            send(kafka.bootstrap, client, life(service, client))
        return await settled(service.worker(), 3 * EACH * len(CLIENTS))

    own = {"KPI_PARTITIONER": partitioner, "KPI_PARTITIONS": str(PARTITIONS)}
    with Service(kafka.bootstrap, valkey.url, tmp_path, **own) as service:
        document = run(lambda: test(service))
    home = sum(len(at_home(client, partitioner)) for client in CLIENTS)
    all_of = EACH * len(CLIENTS)
    assert home >= EACH * sum(agrees == partitioner for agrees in AGREES.values())
    assert home < all_of
    accounting, day = document["accounting"], document["windows"]["24h"]
    assert accounting["malformed"] == {"foreign_partition": 3 * (all_of - home)}
    assert accounting["counted"] == 3 * home
    assert day["new_customers"]["value"] == document["now"]["active_customers"]["value"] == home
    assert day["orders"]["value"] == 2 * home
    assert day["revenue"]["value"] == 20 * home


def test_records_without_keys_are_refused_unless_they_lie_right(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Forty purchases of one customer are never four customers."""

    async def test(service: Service) -> dict[str, Any]:
        await service.make_topics()
        (_, _, event), *_ = life(service, "aiokafka")
        bought = [{**event, "event_id": f"p{i}", "amount": 1, "currency": "USD"} for i in range(40)]
        send(kafka.bootstrap, "aiokafka", [(service.deployment.topic("purchase"), "", b) for b in bought])
        return await settled(service.worker(), 40)

    with Service(kafka.bootstrap, valkey.url, tmp_path, KPI_PARTITIONS=str(PARTITIONS)) as service:
        document = run(lambda: test(service))
    accounting = document["accounting"]
    assert accounting["malformed"]["missing_key"] + accounting["counted"] == 40
    assert accounting["counted"] > 0
    assert document["windows"]["24h"]["new_customers"]["value"] == 1


def recounted(service: Service) -> dict[str, Any]:
    """What ``kpi replay --from-kafka`` makes of the topics."""
    ran = subprocess.run(
        [sys.executable, "-m", "streams.cli.main", "replay", "--from-kafka"],
        env=os.environ | service.deployment.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=patient(120),
    )
    assert ran.returncode == 0, ran.stderr
    (document,) = msgspec.json.decode(ran.stdout).values()
    return dict(document)


def test_a_recount_of_what_kafka_holds_refuses_the_same(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """``kpi replay --from-kafka`` makes the same check in each partition."""

    async def test(service: Service) -> tuple[dict[str, Any], dict[str, Any]]:
        await service.make_topics()
        for client in ("librdkafka by default", "aiokafka"):
            send(kafka.bootstrap, client, life(service, client))
        live = await settled(service.worker(), 6 * EACH)
        return live, await asyncio.to_thread(recounted, service)

    with Service(kafka.bootstrap, valkey.url, tmp_path, KPI_PARTITIONS=str(PARTITIONS)) as service:
        live, replayed = run(lambda: test(service))
    for part in ("received", "counted", "ignored", "malformed"):
        assert live["accounting"][part] == replayed["accounting"][part], part
    assert live["accounting"]["malformed"]["foreign_partition"] > EACH
