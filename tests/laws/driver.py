"""Drives partitions over a history in many ways: arrival order, clock, batches, restarts, partitions.

Whatever the way, the totals at the end must be those of the recount. The way is drawn from a seed.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from streams.core.definition import Definition
from streams.core.events import Kind
from streams.core.identity import Identity
from streams.core.partition import PartitionState
from streams.core.totals import FLOWS, GAUGES, Group, Totals, Vector, merge
from tests.spoiling import kind_of

IDENTITY = Identity(b"a secret of the tests")
CLOCKS = ("newest", "behind", "ahead", "fixed", "parked", "mixed")
"""Where the clock stands while records arrive: at the newest event, far behind it, ahead of it up to the
final t, at the final t, before everything, or jumping about."""


class KafkaRecord(NamedTuple):
    """What a partition sees of a Kafka record."""

    key: bytes | None
    value: bytes | None
    timestamp: int


@dataclass(frozen=True)
class Way:
    """One way to drive a history."""

    clock: str = "newest"
    partitions: int = 1
    restart: float = 0.0
    """Chance of a restart after a batch."""
    batch: int = 5


def kafka_record(record: dict[str, Any]) -> KafkaRecord:
    """A record of a history as Kafka would hand it out."""
    raw = (
        base64.b64decode(record["value_b64"])
        if "value_b64" in record
        else json.dumps(record["value"]).encode()
    )
    key = record.get("key")
    return KafkaRecord(
        None if key is None else key.encode("utf-8", "surrogatepass"), raw, record["timestamp"]
    )


def partition_of(record: KafkaRecord, partitions: int) -> int:
    """As a producer's partitioner would: by customer, whether or not the record carries its key."""
    try:
        customer = str(json.loads(record.value or b"")["customer_id"]).encode("utf-8", "surrogatepass")
    except (ValueError, KeyError, TypeError):
        customer = record.key or b""
    return zlib.crc32(customer) % partitions


def restarted(state: PartitionState, definition: Definition, log: dict[bytes, bytes]) -> PartitionState:
    """The state after a crash that follows a flush: read back from its compacted changelog."""
    for key, value in state.drain():
        if value is None:
            log.pop(key, None)
        else:
            log[key] = value
    again = PartitionState(definition, IDENTITY)
    for key, value in log.items():
        again.restore(key, value)
    again.restored(state.header())
    return again


def drive(
    records: Sequence[dict[str, Any]], t: int, way: Way, rng: Random, definition: Definition | None = None
) -> list[PartitionState]:
    """Drive partitions over records in their order; their clocks end at t."""
    rules = definition or Definition()
    states = [PartitionState(rules, IDENTITY) for _ in range(way.partitions)]
    logs: list[dict[bytes, bytes]] = [{} for _ in states]
    for p in range(way.partitions):
        mine = [(kind_of(r), k) for r in records if partition_of(k := kafka_record(r), way.partitions) == p]
        for batch in _batches(mine, way.batch, rng):
            clock = _clock(way.clock, batch, t, states[p].clock, rng)
            if clock is not None:
                states[p].advance(min(clock, t))
            kind: Any = batch[0][0]
            states[p].apply(kind, [record for _, record in batch])
            if rng.random() < way.restart:
                states[p] = restarted(states[p], rules, logs[p])
        states[p].advance(t)
        if way.restart:
            states[p] = restarted(states[p], rules, logs[p])
    return states


def totals_of(states: Iterable[PartitionState]) -> Totals:
    """The sum of the partitions' totals."""
    return merge(state.totals() for state in states)


def named(
    groups: dict[Group, Vector], definition: Definition | None = None
) -> dict[Group, dict[str, dict[str, int]]]:
    """Vectors as the recount names their numbers; all-zero groups are left out."""
    rules = definition or Definition()
    out: dict[Group, dict[str, dict[str, int]]] = {}
    for group, vector in groups.items():
        row = {"now": dict(zip(GAUGES, vector, strict=False))}
        for i, window in enumerate(rules.windows):
            at = len(GAUGES) + i * len(FLOWS)
            row[window.name] = dict(zip(FLOWS, vector[at : at + len(FLOWS)], strict=True))
        if any(n for numbers in row.values() for n in numbers.values()):
            out[group] = row
    return out


def differences(
    found: dict[Group, dict[str, dict[str, int]]], expected: dict[Group, Any]
) -> list[tuple[Group, str, str, int, int]]:
    """(group, window, name, found, expected) wherever two counts differ; absent is 0."""
    out = []
    for group in found.keys() | expected.keys():
        mine, theirs = found.get(group, {}), expected.get(group, {})
        for window in mine.keys() | theirs.keys():
            a, b = mine.get(window, {}), theirs.get(window, {})
            out += [
                (group, window, name, a.get(name, 0), b.get(name, 0))
                for name in a.keys() | b.keys()
                if a.get(name, 0) != b.get(name, 0)
            ]
    return sorted(out)


def _batches(
    records: list[tuple[str, KafkaRecord]], size: int, rng: Random
) -> Iterable[list[tuple[Kind, KafkaRecord]]]:
    batch: list[Any] = []
    for kind, record in records:
        if batch and (batch[0][0] != kind or len(batch) >= rng.randint(1, size)):
            yield batch
            batch = []
        batch.append((kind, record))
    if batch:
        yield batch


def _time_of(record: KafkaRecord) -> int:
    try:
        at = json.loads(record.value or b"")["occurred_at"]
    except (ValueError, KeyError, TypeError):
        return 0
    return at if type(at) is int and 0 < at < 10**14 else 0


def _clock(clock: str, batch: list[tuple[Kind, KafkaRecord]], t: int, now: int, rng: Random) -> int | None:
    newest = max(_time_of(record) for _, record in batch)
    if clock == "mixed":
        clock = rng.choice(CLOCKS[:4])
    match clock:
        case "newest":
            return newest
        case "behind":
            return max(1, newest - rng.randint(1, 20 * 86_400_000))
        case "ahead":
            return min(t, max(newest, now) + rng.randint(0, 5 * 86_400_000))
        case "fixed":
            return t
    return None
