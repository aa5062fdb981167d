"""With which exit code a worker started here would end: its checks of the changelog, made beforehand.

Only the newest marker of each partition is read, and where logs begin and end: damage in the middle of a
changelog shows at a recovery alone.
"""

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.core.customer.identity import Identity
from streams.doctor.case import Case
from streams.doctor.finding import Finding, SkippedError, ok, parted, warn
from streams.engine.exits import EngineError
from streams.engine.maintenance.rebuild import newest_marker
from streams.engine.ownership.marker import (
    Marker,
    blank,
    check_beginning,
    check_identity,
    check_offsets,
    check_partitions,
    check_topic_ids,
)

_REBUILD = "kpi worker --rebuild"


async def state(case: Case) -> list[Finding]:
    """Read the newest markers and hold them against this process."""
    if not case.has_secret:
        raise SkippedError("the secret is missing")
    settings = case.settings
    case.need(*settings.source_topics, settings.topic_changelog)
    expected = blank(settings, case.definition, Identity(settings.secret_bytes).fingerprint)
    consumer = case.client.reader()
    await consumer.start()
    markers: dict[int, Marker | None] = {}
    errors: dict[int, EngineError] = {}
    try:
        for number in range(settings.partitions):
            try:
                markers[number] = await _checked(case, consumer, number, expected)
            except EngineError as error:
                errors[number] = error
    finally:
        await consumer.stop()
    return _ends(errors) or _told(markers)


async def _checked(case: Case, consumer: AIOKafkaConsumer, number: int, expected: Marker) -> Marker | None:
    settings = case.settings
    changelog = TopicPartition(settings.topic_changelog, number)
    marker = await newest_marker(consumer, changelog)
    sources = [TopicPartition(topic, number) for topic in settings.source_topics]
    begins = await consumer.beginning_offsets([changelog, *sources])
    check_beginning(number, begins[changelog])
    if marker is None:
        return None
    check_identity(number, marker, expected)
    check_partitions(number, marker, expected.partitions)
    ids = {name: topic.id for name, topic in case.there.items() if topic.id}
    check_topic_ids(number, marker, settings.topic_changelog, ids)
    begin = {place.topic: begins[place] for place in sources}
    end = None
    if settings.exactly_once:
        end = {place.topic: last for place, last in (await consumer.end_offsets(sources)).items()}
    offsets = {topic: marker.offsets.get(topic, first) for topic, first in begin.items()}
    check_offsets(number, offsets, begin, end)
    return marker


def _ends(errors: dict[int, EngineError]) -> list[Finding]:
    """One finding a code: the first partition's line stands for the others."""
    found = []
    for code in dict.fromkeys(error.code for error in errors.values()):
        alike = [error for error in errors.values() if error.code is code]
        others = f" (and so it is with {len(alike)} partitions)" if len(alike) > 1 else ""
        more = f"{others}: a worker would end with exit code {code.value} {code.name}"
        found.append(parted(str(alike[0]), _REBUILD, more=more))
    return found


def _told(markers: dict[int, Marker | None]) -> list[Finding]:
    counted = [marker for marker in markers.values() if marker is not None]
    if not counted:
        return [ok("nothing is counted yet: a worker begins with the first records of the sources")]
    found = [ok(f"{_some(len(counted), len(markers))} fit this definition, secret and partitioner")]
    left_out = sum(sum(marker.left_out.values()) for marker in counted)
    if left_out:
        found.append(warn(f"{left_out} offsets of the sources were left out by hand", _REBUILD + " --force"))
    return found


def _some(count: int, of: int) -> str:
    return f"all {of} partitions" if count == of else f"{count} of {of} partitions (the others are new)"
