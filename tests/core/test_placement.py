"""A customer counts in one partition: the one that the producers' partitioner finds."""

import pytest
from aiokafka.partitioner import murmur2 as aiokafka_murmur2
from hypothesis import given
from hypothesis import strategies as st

from streams.core.customer.identity import Identity
from streams.core.definition.definition import Definition
from streams.core.partition.journal import Journal
from streams.core.partition.placement import (
    Partitioner,
    belongs_as_logged,
    belongs_in,
    fnv1a,
    key_hash,
    murmur2,
)
from streams.core.partition.state import PartitionState
from streams.core.totals import Accounting
from streams.replay.kafka_log import Logged
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import kafka_record

KEYS = [f"customer-{i}" for i in range(40)]
HERE = {key for key in KEYS if murmur2(key.encode()) % 4 == 1}
ELSEWHERE = sorted(set(KEYS) - HERE)
MINE, OTHER = min(HERE), ELSEWHERE[0]


@given(st.binary(min_size=1, max_size=300))
def test_murmur2_is_that_of_aiokafka(key: bytes) -> None:
    """Which took it from Java."""
    assert murmur2(key) == aiokafka_murmur2(key) & 0x7FFFFFFF


@pytest.mark.parametrize(
    ("partitioner", "key", "expected"),
    [
        ("murmur2", b"21", -973932308 & 0x7FFFFFFF),  # UtilsTest of Java's client
        ("murmur2", b"foobar", -790332482 & 0x7FFFFFFF),
        ("murmur2", b"a-little-bit-long-string", -985981536 & 0x7FFFFFFF),
        ("murmur2", b"abc", 479470107),
        ("crc32", b"123456789", 0xCBF43926),
        ("fnv1a", b"foobar", abs(0xBF9CF968 - (1 << 32))),
        ("fnv1a", b"a", abs(0xE40C292C - (1 << 32))),
    ],
)
def test_hashes_are_those_of_the_clients(partitioner: Partitioner, key: bytes, expected: int) -> None:
    """By published vectors."""
    assert key_hash(partitioner)(key) == expected
    assert fnv1a(b"b") >= 0


def state(journal: Journal | None = None) -> PartitionState:
    """Partition 1 of 4 at T."""
    one = PartitionState(Definition(), Identity(b"s"), journal=journal, belongs=belongs_in("murmur2", 4, 1))
    one.advance(T)
    return one


def accounting(one: PartitionState) -> Accounting:
    """Balanced in any case."""
    found = one.accounting_only().accounting
    assert found.balanced
    return found


@pytest.mark.parametrize("kind", ["signup", "purchase", "cancellation", "survey", "void", "erase"])
@pytest.mark.parametrize("at_ms", [T - 5, T + 5])
def test_who_is_unknown_in_a_foreign_partition_is_refused(kind: str, at_ms: int) -> None:
    """Whatever the event is, due or waiting, in the batch where the customer's own partition counts."""
    one = state()
    foreign, lawful, lucky = (
        kafka_record(record(kind, who, at_ms, event_id))
        for who, event_id in ((OTHER, "f"), (MINE, "m"), (MINE, "l"))
    )
    keyless, lucky = foreign._replace(key=None), lucky._replace(key=None)
    told = one.apply(kind, [lawful, foreign, keyless, lucky, foreign])  # type: ignore[arg-type]
    reasons = ["foreign_partition", "missing_key", "foreign_partition"]
    assert [malformed.reason for _, malformed in told] == reasons
    assert [refused.value for refused, _ in told] == [foreign.value] * 3
    found = accounting(one)
    assert found.malformed == {"foreign_partition": 2, "missing_key": 1}
    assert found.parked == (sum(found.counted.values()) if at_ms > T else 0)
    one.advance(T + 10)
    assert len(one._customers.hot) <= 1


def test_a_customer_with_a_record_or_an_erasure_here_stays_lawful() -> None:
    """Counted before the number of partitions changed."""
    before = PartitionState(Definition(), Identity(b"s"))
    before.advance(T)
    before.apply("signup", [kafka_record(record("signup", OTHER, T - 9, "s"))])
    before.apply("signup", [kafka_record(record("signup", ELSEWHERE[1], T - 9, "s"))])
    before.apply("erase", [kafka_record(record("erase", ELSEWHERE[1], T - 5, "e"))])
    one = PartitionState(Definition(), Identity(b"s"), belongs=belongs_in("murmur2", 4, 1))
    for key, value in before.drain():
        one.restore(key, value)
    one.restored(before.header())
    for customer in (OTHER, ELSEWHERE[1]):
        for at_ms in (T - 1, T + 1):
            assert (
                one.apply("purchase", [kafka_record(record("purchase", customer, at_ms, f"p{at_ms}"))]) == []
            )
    assert accounting(one).malformed == {}


def test_a_replay_of_all_partitions_refuses_what_each_of_them_refused() -> None:
    """Although a customer has been seen, in the right one."""
    one = PartitionState(
        Definition(), Identity(b"s"), journal=Journal(), belongs=belongs_as_logged("murmur2", 4)
    )
    right = murmur2(MINE.encode()) % 4
    for kind, partition, expected in (
        ("erase", right, []),
        ("purchase", right, []),
        ("purchase", right ^ 1, ["foreign_partition"]),
    ):
        sent = kafka_record(record(kind, MINE, T, f"{kind}{partition}"))
        logged = Logged(sent.key, sent.value, sent.timestamp, partition, 0)
        assert [malformed.reason for _, malformed in one.apply(kind, [logged])] == expected  # type: ignore[arg-type]
