"""Drives partitions over a history in many ways: arrival order, clock, batches, restarts, partitions.

Whatever the way, the totals at the end must be those of the recount. The way is drawn from a seed. A restart
goes through nothing but the compacted changelog and the header, as a crash after a flush would.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any, NamedTuple, cast

from streams.core.customer.identity import DIGEST_SIZE, Identity
from streams.core.customer.record import ROOM
from streams.core.definition.definition import DAY_MS, Definition
from streams.core.events import Kind
from streams.core.partition.state import PartitionState
from streams.core.totals import Totals, merge
from tests.histories import NOW_MS
from tests.spoiling import Record, kind_of

IDENTITY = Identity(b"a secret of the tests")
CLOCKS = ("newest", "behind", "ahead", "fixed", "parked", "mixed")
"""Where the clock stands while records arrive: at the newest event, far behind it, ahead of it up to the
final t, at the final t, before everything, or jumping about."""
KEEPING = Definition(kept_for_ms=92 * DAY_MS)
"""Nothing is overdue within retention: what holds in any order of arrival, or in several partitions."""
_JUMPY = CLOCKS[:4]
_MS_LIMIT = 10**14


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
    flush: float = 0.0
    """Chance of a flush after a batch."""
    batch: int = 5
    room: int = ROOM
    """Bytes of purchases that a record has room for: with little, all histories are long."""
    promise: bool = False
    """Whether it is promised at the start that no totals will be asked for before the end."""


class Driven:
    """One partition with its changelog.

    Args:
        definition: what the numbers mean.
        room: bytes of purchases that a record has room for.

    Attributes:
        definition: the same.
        log: the compacted changelog.
        written: every record that ever went into it, in order.
    """

    def __init__(self, definition: Definition, room: int = ROOM) -> None:
        self.definition = definition
        self._room = room
        self._numbers = count()
        self.state = self._fresh()
        self.log: dict[bytes, bytes] = {}
        self.written: list[tuple[bytes, bytes | None]] = []

    def _fresh(self) -> PartitionState:
        return PartitionState(self.definition, IDENTITY, entropy=self._entropy, room=self._room)

    def _entropy(self) -> bytes:
        return next(self._numbers).to_bytes(DIGEST_SIZE, "big")

    def flush(self) -> dict[bytes, bytes | None]:
        """Write what changed into the changelog, and tell it."""
        drained = self.state.drain()
        self.written += drained
        for key, value in drained:
            if value is None:
                self.log.pop(key, None)
            else:
                self.log[key] = value
        return dict(drained)

    def restart(self) -> None:
        """Go on as after a crash that follows a flush."""
        self.flush()
        header = self.state.header()
        self.state = self._fresh()
        for key, value in self.log.items():
            self.state.restore(key, value)
        self.state.restored(header)

    def take(self, records: Iterable[Record]) -> None:
        """Apply records one by one."""
        for record in records:
            self.state.apply(cast("Kind", kind_of(record)), [kafka_record(record)])

    def take_batch(self, records: Sequence[Record]) -> None:
        """Apply records of one kind as one batch."""
        self.state.apply(cast("Kind", kind_of(records[0])), [kafka_record(record) for record in records])


def driven(records: Iterable[Record], room: int = ROOM, t: int = NOW_MS) -> Driven:
    """A partition of the default definition whose clock stands at t, after these records."""
    one = Driven(Definition(), room)
    one.state.advance(t)
    one.take(records)
    return one


def kafka_record(record: Record) -> KafkaRecord:
    """A record of a history as Kafka would hand it out."""
    coded = record.get("value_b64")
    raw = json.dumps(record["value"]).encode() if coded is None else base64.b64decode(coded)
    key = record.get("key")
    return KafkaRecord(
        None if key is None else key.encode("utf-8", "surrogatepass"), raw, record["timestamp"]
    )


def drive(
    records: Sequence[Record], t: int, way: Way, rng: Random, definition: Definition | None = None
) -> list[Driven]:
    """Drive partitions over records in their order; their clocks end at t."""
    shares: list[list[tuple[str, KafkaRecord]]] = [[] for _ in range(way.partitions)]
    for record in records:
        seen = kafka_record(record)
        shares[_partition_of(seen, way.partitions)].append((kind_of(record), seen))
    return [_drive_one(share, t, way, rng, definition or Definition()) for share in shares]


def _drive_one(
    records: list[tuple[str, KafkaRecord]], t: int, way: Way, rng: Random, definition: Definition
) -> Driven:
    driven = Driven(definition, way.room)
    if way.promise:
        driven.state.view(t)
    for kind, batch in _batches(records, way.batch, rng):
        clock = _clock(way.clock, batch, t, driven.state.clock, rng)
        if clock is not None:
            driven.state.advance(min(clock, t))
        driven.state.apply(kind, batch)
        if rng.random() < way.flush:
            driven.flush()
        if rng.random() < way.restart:
            driven.restart()
            if way.promise:
                driven.state.view(t)
    driven.state.advance(t)
    if way.restart:
        driven.restart()
    return driven


def totals_of(driven: Iterable[Driven]) -> Totals:
    """The sum of the partitions' totals."""
    return merge(one.state.totals() for one in driven)


def _partition_of(record: KafkaRecord, partitions: int) -> int:
    """As a producer's partitioner would: by customer, whether or not the record carries its key."""
    try:
        customer = str(json.loads(record.value or b"")["customer_id"]).encode("utf-8", "surrogatepass")
    except (ValueError, KeyError, TypeError):
        customer = record.key or b""
    return zlib.crc32(customer) % partitions


def _batches(
    records: list[tuple[str, KafkaRecord]], size: int, rng: Random
) -> Iterator[tuple[Kind, list[KafkaRecord]]]:
    """Batches of one kind each, as a fetch of one topic brings them."""
    start = 0
    for end in range(1, len(records) + 1):
        kind = records[start][0]
        if end == len(records) or records[end][0] != kind or end - start >= rng.randint(1, size):
            yield cast("Kind", kind), [record for _, record in records[start:end]]
            start = end


def _time_of(record: KafkaRecord) -> int:
    try:
        at: Any = json.loads(record.value or b"")["occurred_at"]
    except (ValueError, KeyError, TypeError):
        return 0
    return at if type(at) is int and 0 < at < _MS_LIMIT else 0


def _clock(clock: str, batch: Sequence[KafkaRecord], t: int, now: int, rng: Random) -> int | None:
    newest = max(map(_time_of, batch))
    match rng.choice(_JUMPY) if clock == "mixed" else clock:
        case "newest":
            return newest
        case "behind":
            return max(1, newest - rng.randint(1, 20 * DAY_MS))
        case "ahead":
            return max(newest, now) + rng.randint(0, 5 * DAY_MS)
        case "fixed":
            return t
    return None
