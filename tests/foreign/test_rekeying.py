"""Events by producers that know nothing of our partitions, through ``kpi ingest``."""

import asyncio
import time
from pathlib import Path
from typing import Any

import confluent_kafka

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import Definition
from streams.core.events import KINDS, Kind, Malformed
from streams.demo.compare import Comparison
from streams.embedded import KafkaCluster, ValkeyServer
from streams.simulate import Business, SimRecord, bodies, to_line, topic_of
from tests.foreign.harness import Ingest
from tests.kafka.harness import run
from tests.kafka.service import Service

MAPPING = 'version = "1"\n' + "".join(
    f'[[source]]\ntopic = "{{name}}web.{kind}"\nformat = "event"\nkind = "{kind}"\n' for kind in KINDS
)
TOPICS = {f"web.{kind}": 3 for kind in KINDS}
"""Another number of partitions than ours have."""
OF_TOPIC: dict[str, Kind] = {topic_of(kind): kind for kind in KINDS}
DECODER = Decoder(Definition())


def customer(record: SimRecord) -> bytes | None:
    """Whose event a record is; None if it is none."""
    event = DECODER.one(OF_TOPIC[record.topic], None, record.value, record.timestamp_ms)
    return None if isinstance(event, Malformed) else event.customer_id.encode()


def surely(now_ms: int) -> list[SimRecord]:
    """What a small business has by chance alone: a request for erasure, and a record that is none."""
    erase = bodies.erase("e-1", "c-1", now_ms).encode()
    return [
        SimRecord(
            topic_of("purchase"), b"c-1", bodies.purchase("p-1", "c-1", now_ms, 990, "USD").encode(), now_ms
        ),
        SimRecord(topic_of("erase"), b"c-1", erase, now_ms),
        SimRecord(topic_of("purchase"), b"c-2", b"{", now_ms),
    ]


def produce(stage: Ingest, records: list[SimRecord]) -> None:
    """As librdkafka does it by default, under an order's number, and half of them without a key."""
    options: dict[str, Any] = {"bootstrap.servers": stage.bootstrap, "log_level": 0}
    producer = confluent_kafka.Producer(options)
    for number, record in enumerate(records):
        producer.produce(
            f"{stage.name}web.{OF_TOPIC[record.topic]}",
            record.value,
            b"%d" % number if number % 2 else None,
            timestamp=record.timestamp_ms,
        )
        if not number % 1_000:
            producer.flush()
    producer.flush()


def test_events_of_any_partitioner_and_without_keys_are_counted_right(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Into live workers: everything published equals a recount of what was sent.

    What is no event is a dead letter of ``kpi ingest`` and never comes to the workers. Topics have no order
    between them, so requests for erasure come last.
    """
    now_ms = int(time.time() * 1_000)
    history = [*Business(11, 400, 30, now_ms).history(), *surely(now_ms)]
    events = [(record, key) for record in history if (key := customer(record)) is not None]
    broken = [record for record in history if customer(record) is None]
    erases = [
        (record._replace(timestamp_ms=now_ms), key) for record, key in events if "erase" in record.topic
    ]
    others = [(record, key) for record, key in events if "erase" not in record.topic]
    assert len(others) > 1_500
    assert len(erases) > 0 < len(broken)

    async def test(service: Service) -> Comparison:
        stage = Ingest(kafka.bootstrap, tmp_path, MAPPING, TOPICS, deployment=service.deployment)
        await service.make_topics()
        await stage.make_foreign(stage.topics)
        worker, process = service.worker(), stage.start()
        try:
            await worker.ready()
            async with service.observer(worker) as observer:
                for part in (others, erases):
                    with service.journal.open("ab") as journal:
                        journal.writelines(to_line(record._replace(key=key)) for record, key in part)
                    service.sent += len(part)
                    bad = broken if part is others else []
                    await asyncio.to_thread(produce, stage, [*(record for record, _ in part), *bad])
                    await observer.settled(service.sent, within=180)
                comparison = await service.compared(observer)
            assert len((await stage.check()).dead) == len(broken)
            assert await process.stopped() == 0
        finally:
            stage.end()
        return comparison

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        comparison = run(lambda: test(service))
    assert comparison.mismatches == []
    assert comparison.compared > 5_000
    assert comparison.accounting["malformed"] == {}
