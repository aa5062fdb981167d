"""Another number of partitions for the source topics: every customer's events together again, none lost.

Kafka only adds partitions, and leaves old records where they are: a customer's older events stay in one
partition, the newer ones go to another. So the records are copied. In this order, each step noted (notes.py)
when it is done, so that a crash anywhere goes on with the next run:

1. nobody is at work, no producer has a transaction open, and the topics are whole;
2. each source topic is copied into a topic beside it, by key, each customer's events in their order of
   arrival (after a raise: first what stands where it belonged before; then, and between several raises, by
   timestamp); the copy is read back and compared, record by record, by digest;
3. changelog and totals go: they are counted anew;
4. each source topic is deleted and made anew, and gets its records from the copy: what is there already of a
   run before is not written again;
5. the copies go, when every record of them was found in the new topic.

Never deletes a topic whose records are not known to be elsewhere. Never goes on over a record that it did
not bring, unless that stands where its key belongs; nor where the topics changed since they were copied.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from aiokafka.admin import AIOKafkaAdminClient

from streams.core.partition.placement import Partitioner, key_hash
from streams.engine.exits import EngineError
from streams.engine.kafka.client import Client
from streams.engine.kafka.metadata import Described, await_described
from streams.engine.kafka.sizes import COPY_BYTES
from streams.engine.maintenance.copying import Copier, CopyError, Place
from streams.engine.maintenance.notes import Noted, Notes, Plan
from streams.engine.maintenance.rebuild import away
from streams.engine.topics.admin import TopicSpec, create, delete, more_partitions, present
from streams.engine.topics.configs import change, read, read_own
from streams.engine.topics.standstill import BusyError, check_nobody, check_whole, fence
from streams.engine.topics.topics import ensure, table
from streams.settings import Settings

_COPY_SUFFIX = ".repartition"
_SPACIOUS = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "max.message.bytes": str(COPY_BYTES),
    "message.timestamp.type": "CreateTime",
}
"""While records are copied nothing of them is deleted or refused, however old or great they are."""


class RepartitionError(Exception):
    """It cannot be done now, and nothing is lost; the message says why and what to do."""


@dataclass(frozen=True)
class Repartition:
    """Gives the source topics of a deployment another number of partitions.

    Args:
        settings: of the deployment, with the number wanted.
        client: to reach Kafka with.
        place: where records belong.
        told: takes a line about each step.
    """

    settings: Settings
    client: Client
    place: Place
    told: Callable[[str], None]

    async def run(self, *, accept_loss: bool = False, force: bool = False) -> bool:
        """Do it, or go on where a run before ended.

        Args:
            accept_loss: also where source records were deleted already: what they said is lost then.
            force: also if the counts are right: records may stand where their keys do not belong.

        Returns:
            Whether there was anything to do.

        Raises:
            RepartitionError: it is not safe, or the topics are not as they should be.
            KafkaError: Kafka cannot be reached, or fails.
        """
        admin = self.client.admin()
        await admin.start()
        try:
            notes = Notes(self.client, admin, f"{self.settings.app_id}{_COPY_SUFFIX}")
            plan = await notes.read()
            if plan is None:
                plan = await self._plan(admin, accept_loss=accept_loss, force=force)
                if plan is None:
                    return False
            elif plan.partitions != self.settings.partitions:
                raise RepartitionError(
                    f"a run with --partitions {plan.partitions} was not finished: run it again first"
                )
            else:
                self.told("going on with the run before")
                await check_nobody(admin, self.settings)
            await fence(self.client, max(self.settings.partitions, plan.before))
            await notes.write(plan)
            plan = await self._copy(admin, notes, plan)
            await away(admin, self.settings)
            await self._restore(admin, notes, plan)
            await self._finish(admin, notes, plan)
        except (EngineError, BusyError, CopyError) as error:
            raise RepartitionError(str(error)) from error
        finally:
            await admin.close()
        return True

    async def _plan(self, admin: AIOKafkaAdminClient, *, accept_loss: bool, force: bool) -> Plan | None:
        """What there is, and what is to be done; None if all is as it should be."""
        settings = self.settings
        there = await present(admin, [spec.name for spec in table(settings)])
        sources = {name: there[name] for name in settings.source_topics if name in there}
        if absent := [name for name in settings.source_topics if name not in there]:
            raise RepartitionError(f"missing topics: {', '.join(absent)}; kpi topics create makes them")
        if not all(topic.id for topic in sources.values()):
            raise RepartitionError("this broker tells no topic ids (Kafka 2.8 and later do): not safe here")
        if {topic.partitions for topic in there.values()} == {settings.partitions} and not force:
            return None
        await check_nobody(admin, settings)
        if not accept_loss:
            await check_whole(admin, self.client, sources)
        for name, found in (await read(admin, sources)).items():
            for key, bad in (("cleanup.policy", "compact"), ("message.timestamp.type", "LogAppendTime")):
                if bad in found.get(key, ""):
                    raise RepartitionError(f"{name} has {key}={found[key]}: kpi topics check --fix first")
        own = await read_own(admin, sources)
        noted = {name: Noted(topic.id, topic.replicas, own[name]) for name, topic in sources.items()}
        changelog = there.get(settings.topic_changelog)
        counted = 0 if changelog is None else changelog.partitions
        return Plan(settings.partitions, max(t.partitions for t in there.values()), counted, noted)

    async def _copy(self, admin: AIOKafkaAdminClient, notes: Notes, plan: Plan) -> Plan:
        """Copy the topics that have no verified copy yet."""
        for name, noted in plan.topics.items():
            if noted.extents is not None:
                continue
            (topic,) = await await_described(admin._client, [name])  # noqa: SLF001 - no other way to ask
            if topic.id != noted.id:
                raise RepartitionError(f"{name} is another topic than at the beginning: its records are lost")
            copy = name + _COPY_SUFFIX
            await delete(admin, copy)  # what a run before left of it: the topic itself is whole
            await create(admin, [self._spec(copy, noted)])
            async with Copier(self.client) as copier:
                found = await copier.spread(topic, copy, plan.partitions, self.place, plan.counted)
                await copier.check(copy, found.extents)
            self.told(f"{name}: {found.records:,} records copied and compared")
            plan = plan.with_topic(name, noted.copied(found.extents, found.ends))
            await notes.write(plan)
        return plan

    async def _restore(self, admin: AIOKafkaAdminClient, notes: Notes, plan: Plan) -> None:
        """Make the topics anew, with the records of their copies."""
        for name, noted in plan.topics.items():
            if noted.done:
                continue
            topic = (await present(admin, [name])).get(name)
            if topic is not None and topic.id == noted.id:
                if not await self._as_copied(topic, noted):
                    await notes.write(plan.with_topic(name, Noted(noted.id, noted.replicas, noted.configs)))
                    raise RepartitionError(
                        f"{name} has got records since it was copied. Nothing is lost: stop every producer, "
                        "and run this again"
                    )
                await delete(admin, name)
                await create(admin, [self._spec(name, noted)])
            elif topic is None:
                await create(admin, [self._spec(name, noted)])
            elif topic.partitions != self.settings.partitions:
                raise RepartitionError(
                    f"{name} was made anew by somebody else, with {topic.partitions} partitions; its records "
                    f"are in {name}{_COPY_SUFFIX}. Delete {name}, and run this again"
                )
            else:
                await change(admin, name, noted.configs | _SPACIOUS)
            async with Copier(self.client) as copier:
                others = await copier.bring(name + _COPY_SUFFIX, name, noted.extents or (), self.place)
            await change(admin, name, noted.configs)
            if others.misplaced:
                now = (await present(admin, [name]))[name]
                await notes.write(plan.with_topic(name, Noted(now.id, noted.replicas, noted.configs)))
                raise RepartitionError(
                    f"{name} got {others.misplaced:,} records in partitions where their keys do not belong: "
                    "a producer is running that knows the former number of partitions. Nothing is lost: stop "
                    "every producer, and run this again"
                )
            if others.records:
                self.told(
                    f"{name}: {others.records:,} records of running producers came in meanwhile, and stay"
                )
            self.told(f"{name}: {sum(e.records for e in noted.extents or ()):,} records are in place")
            plan = plan.with_topic(name, noted.finished())
            await notes.write(plan)

    async def _as_copied(self, topic: Described, noted: Noted) -> bool:
        """Whether a topic has exactly the records that its copy, read once more, still holds."""
        async with Copier(self.client) as copier:
            if await copier.ends(topic) != list(noted.ends):
                return False
            try:
                await copier.check(topic.name + _COPY_SUFFIX, noted.extents or ())
            except CopyError as error:
                self.told(str(error))
                return False
        return True

    def _spec(self, name: str, noted: Noted) -> TopicSpec:
        return TopicSpec(name, self.settings.partitions, noted.replicas, noted.configs | _SPACIOUS)

    async def _finish(self, admin: AIOKafkaAdminClient, notes: Notes, plan: Plan) -> None:
        """Make our own topics, then delete copies and notes."""
        settings = self.settings
        dead = (await present(admin, [settings.topic_dead_letter])).get(settings.topic_dead_letter)
        if dead is not None and dead.partitions < settings.partitions:
            await more_partitions(admin, settings.topic_dead_letter, settings.partitions)
        await ensure(settings, self.client, anew=True)
        for name in plan.topics:
            await delete(admin, name + _COPY_SUFFIX)
        await notes.delete()


def by_customer(partitioner: Partitioner) -> Place:
    """Where a record belongs: by its key, else by the customer it names, else where it was, if it can."""
    of = key_hash(partitioner)

    def place(key: bytes | None, value: bytes | None, partition: int, partitions: int) -> int:
        if key is None:
            try:
                customer = msgspec.json.decode(value or b"", type=_Named).customer_id
            except (msgspec.MsgspecError, ValueError):
                return partition % partitions
            key = customer.encode()
        return of(key) % partitions

    return place


class _Named(msgspec.Struct):
    customer_id: str
