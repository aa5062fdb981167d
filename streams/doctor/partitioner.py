"""Whether producers put keys where KPI_PARTITIONER says: told by where the newest source records lie.

A record that lies elsewhere is a fact, one that lies right may be luck: so disagreement counts from the first
record, and another partitioner is named only where nearly all records lie as it says.
Payloads are neither kept nor shown; of a key only its hash is used.
"""

from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, get_args

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.core.partition.placement import Partitioner, key_hash
from streams.doctor.case import Case
from streams.doctor.finding import Finding, SkippedError, fail, ok, skipped, warn

_RECORDS = 300
"""Of one partition at most ..."""
_ALL_RECORDS = 12_000
"""... and of all of a topic."""
_LEAST_RECORDS = 20
_FETCH_BYTES = 256 << 10
_POLL_MS = 200
_POLL_RECORDS = 500
_TOPIC_S = 6.0
_NEARLY_ALL = 0.95
_MOST = 0.5
"""Of the keys that would lie elsewhere if there were no rule at all."""
_FEW = 10
_HASHES: Final = {name: key_hash(name) for name in get_args(Partitioner)}


@dataclass(slots=True)
class Seen:
    """What lay where in one topic."""

    keyed: int = 0
    keyless: int = 0
    agree: Counter[str] = field(default_factory=Counter)
    """Partitioner -> keys that lie where it says."""

    def add(self, key: bytes | None, partition: int, partitions: int) -> None:
        """Count one record."""
        if key is None:
            self.keyless += 1
            return
        self.keyed += 1
        for name, of in _HASHES.items():
            self.agree[name] += of(key) % partitions == partition


async def partitioner(case: Case) -> list[Finding]:
    """Look at the newest records of each source topic."""
    client = case.client
    counts = {
        topic: case.there[topic].partitions for topic in case.settings.source_topics if topic in case.there
    }
    if not counts:
        raise SkippedError("no source topic is there, or may be seen")
    consumer = client.reader(fetch_bytes=_FETCH_BYTES)
    await consumer.start()
    try:
        found = []
        for topic, partitions in counts.items():
            seen = await _sample(consumer, topic, partitions)
            found += judged(topic, seen, case.settings.partitioner, partitions)
    finally:
        await consumer.stop()
    return found or [skipped("no source topic holds records")]


async def _sample(consumer: AIOKafkaConsumer, topic: str, partitions: int) -> Seen:
    places = [TopicPartition(topic, number) for number in range(partitions)]
    consumer.assign(places)
    begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    each = max(_LEAST_RECORDS, min(_RECORDS, _ALL_RECORDS // partitions))
    waiting = {place for place in places if ends[place] > begins[place]}
    consumer.pause(*(set(places) - waiting))
    for place in waiting:
        consumer.seek(place, max(begins[place], ends[place] - each))
    seen = Seen()
    deadline = monotonic() + _TOPIC_S
    while waiting and monotonic() < deadline:
        fetched = await consumer.getmany(*waiting, timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)
        for place, records in fetched.items():
            for record in records:
                seen.add(record.key, place.partition, partitions)
            if records.corrupt is not None or await consumer.position(place) >= ends[place]:
                waiting.discard(place)
                consumer.pause(place)
    return seen


def judged(topic: str, seen: Seen, ours: Partitioner, partitions: int) -> list[Finding]:
    """What it amounts to; nothing of a topic without records."""
    found = []
    if seen.keyless:
        found.append(
            warn(
                f"{topic}: {seen.keyless} of the newest {seen.keyless + seen.keyed} records have no key: "
                "they are refused as missing_key wherever their customer belongs to another partition",
                "make the producer send customer_id as the key",
            )
        )
    astray = seen.keyed - seen.agree[ours]
    if astray:
        found.append(_astray(topic, seen, ours, partitions))
    elif seen.keyed:
        some = "1 record lies" if seen.keyed == 1 else f"{seen.keyed} records lie"
        few = ", which may be luck" if seen.keyed < _FEW or partitions == 1 else ""
        found.append(ok(f"{topic}: by key the newest {some} as {ours} says{few}"))
    return found


def _astray(topic: str, seen: Seen, ours: Partitioner, partitions: int) -> Finding:
    astray = seen.keyed - seen.agree[ours]
    no_rule = 1 - 1 / partitions
    best, agree = max(seen.agree.items(), key=lambda item: item[1])
    says = (
        f"{topic}: {astray} of the newest {seen.keyed} keys lie elsewhere than KPI_PARTITIONER={ours} says; "
        "such records are refused as foreign_partition"
    )
    if astray < _MOST * no_rule * seen.keyed:
        return warn(
            says, "find the producer that hashes keys otherwise, or sends other keys than customer_id"
        )
    if best != ours and agree >= _NEARLY_ALL * seen.keyed:
        cure = (
            f"if all producers do so, set KPI_PARTITIONER={best} before anything is counted (later with kpi "
            f"worker --rebuild); otherwise make this producer use {ours}"
        )
        return fail(f"{says}; {agree} lie as {best} says", cure)
    cure = (
        f"make the producer use {ours} with customer_id as the key; if the topic was given more partitions: "
        f"kpi topics repartition --force --partitions N"
    )
    return fail(f"{says}; no partitioner that is known explains it", cure)
