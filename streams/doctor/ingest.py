"""What ``kpi ingest`` needs with these settings, and how far it has come: nothing is joined, or committed."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.core.definition.definition import DefinitionError, duration_text
from streams.definitions import text_of
from streams.doctor.case import Case
from streams.doctor.finding import Finding, fail, ok, warn
from streams.doctor.rights import lacking
from streams.engine.kafka.committed import committed
from streams.engine.kafka.metadata import Described
from streams.engine.topics.admin import present
from streams.engine.topics.group import describe_group
from streams.foreign.names import Names
from streams.foreign.writing import group_of
from streams.mapping import Mapping as Rules
from streams.mapping import MappingError, parse_mapping
from streams.mapping.specs import WITH_SCHEMAS
from streams.registry.client import RegistryClient, TroubleError, UnknownSchemaError, client_of
from streams.registry.wire import id_of
from streams.rights import kafka_rights

_LATE_MS: Final = 60_000
"""A record that has waited longer is a matter for somebody."""
_NO_ID: Final = 1
_POLL_MS: Final = 500
_POLLS: Final = 6
_PACKAGES: Final = {"avro": "fastavro", "protobuf": "google.protobuf"}
_REGISTRY: Final = "check KPI_REGISTRY_URL, and whether the registry runs"


async def ingest(case: Case) -> list[Finding]:
    """Mapping, topics, rights, schemas, and the group."""
    settings = case.settings
    if not settings.mapping_file:
        return [ok("KPI_MAPPING_FILE is not set: no records of other topics become events")]
    try:
        rules = parse_mapping(text_of(Path(settings.mapping_file)), settings.mapping_file, case.definition)
    except (DefinitionError, MappingError) as error:
        return [fail(str(error), f"correct the file: kpi map check {settings.mapping_file}")]
    names = Names(rules, settings)
    absent = list(_packages(rules))
    if absent or not names.in_kafka:
        return absent or [ok(f"{_named(settings.mapping_file, rules)}; all records come over HTTP")]
    there = await _topics(case, names)
    found = [*_missing(names, there, settings.mapping_file), *await _rights(case, there)]
    if found:
        return found
    first = ok(f"{_named(settings.mapping_file, rules)}, {_some(len(there), 'topic')}, all may be read")
    return [first, *await _running(case, rules, there)]


def _named(file: str, rules: Rules) -> str:
    return f"{file}: {_some(len(rules.sources), 'source')}"


def _some(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"


def _packages(rules: Rules) -> Iterator[Finding]:
    for name in sorted({source.format for source in rules.sources} & _PACKAGES.keys()):
        try:
            known = find_spec(_PACKAGES[name]) is not None
        except ModuleNotFoundError:  # the package above it is not there
            known = False
        if not known:
            yield fail(
                f"the mapping reads {name}, for which {_PACKAGES[name]} is not installed",
                "pip install 'kpi-streams[service,registry]'",
            )


async def _topics(case: Case, names: Names) -> dict[str, Described]:
    wanted = set(names.exact)
    if names.patterns:
        wanted |= {name for name in await case.admin.list_topics() if names.fits(name)}
    return await present(case.admin, sorted(wanted))


def _missing(names: Names, there: Mapping[str, Described], file: str) -> list[Finding]:
    cure = f"make it, or correct topic in {file}: kpi ingest waits until it is there"
    found = [fail(f"foreign topic {name} is not there", cure) for name in names.exact if name not in there]
    if not found and not there:
        found = [warn("no topic fits any name of the mapping", f"correct topic in {file}, or make one")]
    return found


async def _rights(case: Case, there: Iterable[str]) -> list[Finding]:
    return await lacking(case, kafka_rights("ingest", case.settings, sorted(there)))


async def _running(case: Case, rules: Rules, there: Mapping[str, Described]) -> list[Finding]:
    """What its records, its registry and its group say."""
    consumer = case.client.reader()
    await consumer.start()
    try:
        framed = {s.topic for s in rules.sources if s.format in WITH_SCHEMAS}
        found = await _schemas(case, consumer, rules, there) if framed else []
        return [*found, *await _group(case, consumer, there)]
    finally:
        await consumer.stop()


async def _schemas(
    case: Case, consumer: AIOKafkaConsumer, rules: Rules, there: Mapping[str, Described]
) -> list[Finding]:
    """Whether the registry answers, and knows the schemas of the newest records."""
    asked: dict[int, str] = {}
    for topic in there:
        if any(source.reads(topic) and source.format in WITH_SCHEMAS for source in rules.sources):
            number = await _newest_schema(consumer, there[topic])
            if number is not None:
                asked.setdefault(number, topic)
    client = client_of(case.settings)
    try:
        return [await _asked(client, number, topic) for number, topic in asked.items() or ((_NO_ID, ""),)]
    finally:
        await client.close()


async def _asked(client: RegistryClient, number: int, topic: str) -> Finding:
    try:
        await client.schema(number)
    except UnknownSchemaError:
        if topic:
            return fail(
                f"the newest record of {topic} has schema {number}, which the registry does not have: such "
                "records are malformed (unknown_schema)",
                "set KPI_REGISTRY_URL to the registry that the producer has, or register the schema",
            )
    except TroubleError as error:
        return fail(f"{error}: records of its schemas wait", _REGISTRY)
    return ok(f"the schema registry answers{f', and has schema {number} of {topic}' if topic else ''}")


async def _newest_schema(consumer: AIOKafkaConsumer, topic: Described) -> int | None:
    """The schema's id of a topic's newest record; None where there is none."""
    for partition in range(topic.partitions):
        place = TopicPartition(topic.name, partition)
        ends = await _ends(consumer, place)
        if ends[1] > ends[0]:
            record = await _record(consumer, place, ends[1] - 1)
            if record is not None:
                return id_of(record[1])
    return None


async def _ends(consumer: AIOKafkaConsumer, place: TopicPartition) -> tuple[int, int]:
    consumer.assign([place])
    begin = (await consumer.beginning_offsets([place]))[place]
    return int(begin), int((await consumer.end_offsets([place]))[place])


async def _record(
    consumer: AIOKafkaConsumer, place: TopicPartition, offset: int
) -> tuple[int, bytes | None] | None:
    """Timestamp and value of the first record from an offset on; None where none comes."""
    consumer.assign([place])
    consumer.seek(place, offset)
    for _ in range(_POLLS):
        for records in (await consumer.getmany(timeout_ms=_POLL_MS, max_records=1)).values():
            for record in records:
                return record.timestamp, record.value
    return None


async def _group(case: Case, consumer: AIOKafkaConsumer, there: Mapping[str, Described]) -> list[Finding]:
    """Who is at work, and what waits."""
    name = group_of(case.settings.app_id)
    members = len((await describe_group(case.admin, name)).members)
    waiting, oldest = 0, None
    for topic in there.values():
        for partition in range(topic.partitions):
            place = TopicPartition(topic.name, partition)
            begin, end = await _ends(consumer, place)
            stands = await committed(case.admin, name, place)
            at = begin if stands is None else stands.offset
            if at < begin or at > end:
                return [_lost(name, place, at, begin, end)]
            if at < end:
                waiting += end - at
                first = await _record(consumer, place, at)
                if first is not None:
                    oldest = first[0] if oldest is None else min(oldest, first[0])
    return _told(name, members, waiting, None if oldest is None else case.clock() - oldest)


def _told(name: str, members: int, waiting: int, age_ms: int | None) -> list[Finding]:
    some = _some(waiting, "record")
    if age_ms is not None and age_ms >= _LATE_MS:
        some += f", the oldest for {duration_text(age_ms - age_ms % 1_000)}"
    if not members:
        return [warn(f"nobody is in group {name}, and {some} wait", "kpi ingest")]
    if age_ms is not None and age_ms > _LATE_MS:
        cure = (
            "look at the log of kpi ingest and at its /readyz; if it has just begun, wait; or start one more"
        )
        return [warn(f"{_processes(members)} of kpi ingest, and {some} wait", cure)]
    return [ok(f"{_processes(members)} of kpi ingest in group {name}, and {some} wait")]


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"


def _lost(name: str, place: TopicPartition, at: int, begin: int, end: int) -> Finding:
    return fail(
        f"group {name} stands at offset {at} of {place.topic} partition {place.partition}, which holds "
        f"{begin} to {end}: kpi ingest would end with exit code 34 OFFSETS_LOST",
        f"restore the topic, or accept the loss: kafka-consumer-groups.sh --group {name} "
        f"--topic {place.topic}:{place.partition} --reset-offsets --to-earliest --execute",
    )
