"""Avro, JSON Schema and Protobuf beside plain JSON, with a registry that comes late."""

import asyncio
import json
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip("fastavro")
pytest.importorskip("google.protobuf")

from streams.core.partition.placement import key_hash
from streams.embedded import KafkaCluster
from tests.foreign.harness import Ingest
from tests.kafka.harness import run
from tests.registry.framing import AVRO, avro, framed, proto_classes, proto_file, serialized
from tests.registry.server import Registry
from tests.support.eventually import eventually_async

ORDER = """
kind = "purchase"
customer_id = "customer.id"
event_id = "id"
source = { value = "shop" }
occurred_at = { path = "placed", unit = "ms" }
amount = "total"
currency = "currency"
"""
MAPPING = 'version = "1"\n' + "".join(
    f'[[source]]\ntopic = "{{name}}{topic}"\nformat = "{form}"{ORDER}'
    for topic, form in (("plain", "json"), ("avro", "avro"), ("checked", "json-schema"))
)
MAPPING += """
[[source]]
topic = "{name}proto"
format = "protobuf"
kind = "purchase"
customer_id = "customer"
event_id = "id"
source = { value = "shop" }
occurred_at = "placed"
amount = { path = "cents", unit = "minor" }
currency = { value = "EUR" }
"""
TOPICS = {"plain": 1, "avro": 2, "checked": 1, "proto": 1}
EACH = 100
Bought = tuple[int, bytes, str, Decimal]
"""Partition, customer, event, amount."""


def values(number: int, placed: int) -> dict[str, bytes]:
    """An order in each format; the event's id says in which."""
    order = {
        "id": number,
        "customer": {"id": f"c-{number % 17}"},
        "placed": placed,
        "total": Decimal(number) / 4,
        "currency": "EUR",
    }
    made, _ = proto_classes(proto_file())
    message = made(id=number + 3 * EACH, customer=f"c-{number % 17}", cents=25 * number)
    message.placed.FromMilliseconds(placed)
    plain = json.dumps(order, default=float).encode()
    checked = json.dumps(order | {"id": number + 2 * EACH}, default=float).encode()
    return {
        "plain": plain,
        "avro": avro(1, order | {"id": number + EACH}),
        "checked": framed(2, checked),
        "proto": framed(3, b"\x00" + message.SerializeToString()),
    }


async def bought(stage: Ingest) -> Counter[Bought]:
    """What stands in the source topic of purchases."""
    found: Counter[Bought] = Counter()
    for written, times in (await stage.found()).events.items():
        event = json.loads(written.value or b"", parse_float=Decimal)
        place = (written.partition, written.key or b"")
        found[(*place, event["event_id"], Decimal(event["amount"]))] += times
    return found


def test_a_registry_that_comes_late_and_records_that_are_none(kafka: KafkaCluster, tmp_path: Path) -> None:
    """While it is away nothing is dropped, plain records go on, and readiness says why.

    Then every record of every format is an event once; an unknown schema, and one that changed incompatibly,
    are dead letters with reason and field.
    """
    registry = Registry()
    stage = Ingest(kafka.bootstrap, tmp_path, MAPPING, TOPICS, KPI_REGISTRY_URL=registry.url)
    registry.add(1, json.dumps(AVRO))
    registry.add(2, '{"type":"object"}', "JSON")
    registry.add(3, "syntax …", "PROTOBUF", serialized=serialized(proto_file()))
    changed = AVRO | {"fields": [field for field in AVRO["fields"] if field["name"] != "total"]}
    registry.add(4, json.dumps(changed))
    placed = time.time_ns() // 1_000_000
    of = key_hash("murmur2")
    expected: Counter[Bought] = Counter()
    for number in range(EACH):
        key = b"c-%d" % (number % 17)
        for form in range(len(TOPICS)):
            expected[of(key) % 2, key, str(number + form * EACH), Decimal(number) / 4] += 1

    async def test() -> None:
        await stage.make_topics()
        process = stage.start()
        await process.ready()
        async with stage.producer() as producer:
            sent = []
            for number in range(EACH):
                for topic, value in values(number, placed).items():
                    sent.append(await producer.send(stage.name + topic, value))
            short = {"id": 1, "customer": {"id": "c-1"}, "placed": placed, "currency": "EUR"}
            broken = (framed(99, b"x"), avro(4, short, changed))
            sent += [await producer.send(f"{stage.name}avro", value) for value in broken]
            await asyncio.gather(*sent)

        async def plain_is_there() -> bool:
            return (await bought(stage)).total() == EACH

        await eventually_async(plain_is_there, within=60)
        status, told = await process.get("/readyz")
        assert (status, registry.url in told) == (503, True), told
        await registry.start()
        try:
            await stage.settled()
        finally:
            await registry.stop()
        assert await bought(stage) == expected
        dead = (await stage.found()).dead
        assert sorted((one.reason, one.field) for one in dead.elements()) == [
            ("missing_field", "amount"),
            ("unknown_schema", ""),
        ]
        assert (await process.get("/readyz"))[0] == 200
        assert await process.stopped() == 0

    try:
        run(test)
    finally:
        stage.end()
