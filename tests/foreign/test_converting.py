"""Records to what is written of them, without Kafka."""

import json
from collections import deque

import pytest

from streams.core.definition.definition import Definition
from streams.core.partition.placement import Partitioner, key_hash
from streams.engine.kafka.fetch import KafkaRecord
from streams.engine.kafka.timed import TimedRecord
from streams.foreign.converting import AHEAD_MS, Converter
from streams.foreign.lacking import LEAST, Lacking
from streams.foreign.pending import MAX_EVENTS, Pending
from streams.mapping import Mapper, parse_mapping
from streams.settings import read
from tests.mapping.support import NOW, order, toml

TOPIC = "shop.orders"


def converter(text: str = "", partitioner: Partitioner = "murmur2") -> tuple[Converter, Lacking]:
    """What converts orders, at ``NOW``; and what looks at some of them."""
    mapping = parse_mapping(text or toml(), "m.toml")
    lacking = Lacking(mapping.sources, {})
    settings = read({"KPI_DEMO": "true", "KPI_PARTITIONER": partitioner, "KPI_PARTITIONS": "7"})
    return Converter(Mapper(mapping, Definition()), settings, lambda: NOW, lacking), lacking


def record(number: int, timestamp: int = NOW, **changed: object) -> TimedRecord:
    """An order."""
    value = json.dumps(order(id=number, customer={"id": f"c-{number % 50}"}) | changed).encode()
    return TimedRecord(number, timestamp, b"k", value, [])


@pytest.mark.parametrize("partitioner", ["murmur2", "crc32", "fnv1a"])
def test_an_event_goes_where_its_customer_lives(partitioner: Partitioner) -> None:
    """Whatever key the foreign record has."""
    made, _ = converter(partitioner=partitioner)
    into = Pending(0)
    made.convert(TOPIC, 3, deque(map(record, range(100))), into, 1_000)
    of = key_hash(partitioner)
    assert (into.records, into.mapped, into.upto) == (100, 100, 100)
    for (topic, partition), events in into.events.items():
        assert topic == "crm.customer.purchase.v1"
        assert all(of(event.key) % 7 == partition for event in events)


def test_a_clock_that_is_far_ahead_is_not_believed() -> None:
    """Brokers refuse such records; a little is left as it is."""
    made, _ = converter()
    into = Pending(0)
    stamps = (NOW - 5, NOW + AHEAD_MS, NOW + AHEAD_MS + 1)
    made.convert(TOPIC, 0, deque(record(i, stamp) for i, stamp in enumerate(stamps)), into, 10)
    assert sorted(event.timestamp_ms for events in into.events.values() for event in events) == [
        NOW - 5,
        NOW,
        NOW + AHEAD_MS,
    ]


def test_a_full_transaction_leaves_the_rest_waiting() -> None:
    """And says up to where it goes; ``most`` bounds a slice likewise."""
    made, _ = converter()
    waiting: deque[KafkaRecord] = deque(map(record, range(MAX_EVENTS + 10)))
    into = Pending(0)
    made.convert(TOPIC, 0, waiting, into, 7)
    assert (into.upto, len(waiting)) == (7, MAX_EVENTS + 3)
    made.convert(TOPIC, 0, waiting, into, 1 << 30)
    assert (into.full, into.upto, len(waiting)) == (True, MAX_EVENTS, 10)


def test_a_field_that_no_record_has_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """After enough looks, with source, key and path; no longer shown once a record has it."""
    made, lacking = converter(toml(source='"shpo"'))
    for number in range(LEAST):
        assert lacking.samples() == []
        made.convert(TOPIC, 0, deque([record(number)]), Pending(0), 1)
    assert lacking.samples() == [("kpi_streams_ingest_field_absent", {"source": "0", "field": "source"}, 1)]
    made.convert(TOPIC, 0, deque([record(0, shpo="s")]), Pending(0), 1)
    assert lacking.samples() == []
    assert [one.getMessage() for one in caplog.records] == [
        f"source[0].source: shpo is in none of {LEAST} records"
    ]
