"""Everything that can be wrong with the topics, found at once, and mended where no event is touched.

Mended are topics that are missing, settings that do harm, and the partition counts of totals and of dead
letters, which hold nothing by key that is not written again. A changelog whose count is wrong is left alone:
it says that the sources were given more partitions, and then only a repartition brings customers together.
"""

from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient

from streams.engine.kafka.client import Client
from streams.engine.kafka.metadata import Described
from streams.engine.topics.admin import create, delete, more_partitions, present
from streams.engine.topics.configs import Fault, judge, repair
from streams.engine.topics.standstill import check_nobody
from streams.engine.topics.topics import check_present, table
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with topics that go together."""

    missing: list[str]
    faults: list[Fault]

    @property
    def harm(self) -> list[Fault]:
        """The faults that are more than a note."""
        return [fault for fault in self.faults if not fault.note]


async def findings(settings: Settings, client: Client) -> Findings:
    """Look at all topics.

    Raises:
        EngineError: their partition counts do not go together, or one may not be seen.
        KafkaError: Kafka cannot be reached, or fails.
    """
    admin = client.admin()
    try:
        await admin.start()
        specs = table(settings)
        there = await present(admin, [spec.name for spec in specs])
        check_present(settings, there)
        faults = await judge(admin, settings, specs)
        return Findings([spec.name for spec in specs if spec.name not in there], faults)
    finally:
        await admin.close()


async def fix(settings: Settings, client: Client) -> list[str]:
    """Mend what can be mended.

    Returns:
        What was done, a line each.

    Raises:
        BusyError: the totals would have to go, and workers are running.
        EngineError: sources and changelog do not go together, or something is refused.
        KafkaError: Kafka cannot be reached, or fails.
    """
    admin = client.admin()
    try:
        await admin.start()
        specs = table(settings)
        there = await present(admin, [spec.name for spec in specs])
        dead = settings.topic_dead_letter
        check_present(
            settings, {name: there[name] for name in there if name not in {settings.topic_totals, dead}}
        )
        done = [f"deleted {name}" for name in await _away(admin, settings, there)]
        if dead in there and there[dead].partitions < settings.partitions:
            await more_partitions(admin, dead, settings.partitions)
            done.append(f"gave {dead} {settings.partitions} partitions")
        there = await present(admin, [spec.name for spec in specs])
        missing = [spec for spec in specs if spec.name not in there]
        await create(admin, missing)
        done += [f"made {spec.name}" for spec in missing]
        faults = await judge(admin, settings, specs)
        done += [f"set {fault.key}={fault.cure} of {fault.topic}" for fault in await repair(admin, faults)]
        return done
    finally:
        await admin.close()


async def _away(admin: AIOKafkaAdminClient, settings: Settings, there: dict[str, Described]) -> list[str]:
    """Delete totals with a wrong number of partitions; whoever takes a partition over writes them again."""
    totals = settings.topic_totals
    if totals not in there or there[totals].partitions == settings.partitions:
        return []
    await check_nobody(admin, settings)
    await delete(admin, totals)
    return [totals]
