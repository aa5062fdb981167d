"""Every format at once into one board: what live workers publish equals a recount by mapping alone."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastavro")
pytest.importorskip("google.protobuf")

from streams.core.definition.definition import Definition
from streams.demo.compare import Comparison
from streams.embedded import KafkaCluster, ValkeyServer
from streams.mapping import Foreign, Mapped, Mapper, parse_mapping
from streams.simulate import SimRecord, to_line, topic_of
from tests.foreign import corpus, test_schemas
from tests.foreign.harness import Ingest
from tests.kafka.harness import run
from tests.kafka.service import Service
from tests.registry.framing import AVRO, proto_file, serialized
from tests.registry.server import Registry

MAPPING = corpus.MAPPING + test_schemas.MAPPING.removeprefix('version = "1"\n')
TOPICS = {**corpus.TOPICS, **test_schemas.TOPICS}
ORDERS = 'version = "1"\n[[source]]\ntopic = "orders"\nformat = "FORMAT"' + test_schemas.ORDER
CSV = ORDERS.replace("FORMAT", "csv").replace("customer.id", "customer")
OF_CORPUS, OF_CSV = 1_200, 60
NOT_OF_CSV = 10_000


def orders(placed: int) -> Iterator[tuple[dict[str, bytes], list[dict[str, object]]]]:
    """Records of the schema formats and of plain JSON; and the four orders that they say, in plain JSON."""
    for number in range(test_schemas.EACH):
        said = [
            {
                "id": number + form * test_schemas.EACH,
                "customer": {"id": f"c-{number % 17}"},
                "placed": placed,
                "total": number / 4,
                "currency": "EUR",
            }
            for form in range(4)
        ]
        yield test_schemas.values(number, placed), said


def canonical(mapper: Mapper, foreign: Foreign) -> list[SimRecord]:
    """The events of a record."""
    one = mapper.one(foreign)
    if not isinstance(one, Mapped):
        return []
    return [SimRecord(topic_of(e.kind), e.key, e.value, e.timestamp_ms) for e in one.events]


def test_all_formats_fill_one_board(kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path) -> None:
    """JSON, CloudEvents, Debezium, Avro, JSON Schema, Protobuf over Kafka, and a CSV file by ``kpi send``."""
    registry = Registry()
    registry.add(1, json.dumps(AVRO))
    registry.add(2, '{"type":"object"}', "JSON")
    registry.add(3, "syntax …", "PROTOBUF", serialized=serialized(proto_file()))
    placed = time.time_ns() // 1_000_000 - 60_000

    async def test(service: Service) -> Comparison:
        service.deployment.environ["KPI_REGISTRY_URL"] = registry.url
        stage = Ingest(kafka.bootstrap, tmp_path, MAPPING, TOPICS, deployment=service.deployment)
        foreign = Mapper(parse_mapping(corpus.MAPPING.replace("{name}", stage.name), "m.toml"), Definition())
        plain = Mapper(parse_mapping(ORDERS.replace("FORMAT", "json"), "m.toml"), Definition())
        await service.make_topics()
        await stage.make_foreign(stage.topics)
        await registry.start()
        worker, process = service.worker(), stage.start()
        try:
            await worker.ready()
            await process.ready()
            expected: list[SimRecord] = []
            async with stage.producer() as producer:
                sent = list(corpus.records(OF_CORPUS, seed=3))
                await corpus.send(producer, stage.name, iter(sent))
                for one in sent:
                    headers = tuple(one.headers)
                    record = Foreign(stage.name + one.topic, one.key, one.value, placed + 60_000, headers)
                    expected += canonical(foreign, record)
                for values, said in orders(placed):
                    for topic, value in values.items():
                        await producer.send(stage.name + topic, value)
                    for order in said:
                        value = json.dumps(order).encode()
                        expected += canonical(plain, Foreign("orders", None, value, placed + 60_000))
                await producer.flush()
            expected += await asyncio.to_thread(from_csv, service, plain, placed, tmp_path)
            with service.journal.open("ab") as journal:
                journal.writelines(map(to_line, expected))
            service.sent = len(expected)
            async with service.observer(worker) as observer:
                comparison = await service.compared(observer)
            assert await process.stopped() == 0
        finally:
            stage.end()
            await registry.stop()
        return comparison

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        comparison = run(lambda: test(service))
        sent = service.sent
    assert sent > 4 * test_schemas.EACH + OF_CSV + 500
    assert comparison.mismatches == []
    assert comparison.compared > 500


def from_csv(service: Service, plain: Mapper, placed: int, folder: Path) -> list[SimRecord]:
    """A file of orders, sent by ``kpi send``; the events it says."""
    mapping, table = folder / "csv.toml", folder / "orders.csv"
    mapping.write_text(CSV)
    rows, expected = ["id,customer,placed,total,currency"], list[SimRecord]()
    for number in range(NOT_OF_CSV, NOT_OF_CSV + OF_CSV):
        rows.append(f"{number},c-{number % 17},{placed},{number}.25,EUR")
        order = {
            "id": number,
            "customer": {"id": f"c-{number % 17}"},
            "placed": placed,
            "total": f"{number}.25",
            "currency": "EUR",
        }
        expected += canonical(plain, Foreign("orders", None, json.dumps(order).encode(), placed + 60_000))
    table.write_text("\n".join(rows) + "\n")
    command = [sys.executable, "-m", "streams.cli.main", "send", "--mapping", str(mapping), str(table)]
    environ = {**os.environ, **service.deployment.environ}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return expected
