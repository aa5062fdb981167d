"""Dead letters deleted, so that no other is lost wherever it breaks off.

Kafka deletes from a partition's beginning only. So of each partition that holds a letter to be deleted:

1. everything else up to the last of them is written once more, behind the others, marked as copies; while the
   letters they stand for are there, copies do not count (letter.py), so this changes nothing;
2. when all of them are durable, and the partition still begins where it did, the records up to there go by
   one DeleteRecords: from that moment on the copies count, and what was to be deleted is gone.

A run that broke off before the second step has deleted nothing; the next one leaves its copies behind and
deletes them, too. Where there are transactions, the copies of a partition are one, and a run that starts ends
every other that is under way, unless that has only the second step before it: then both may go on, and either
may keep what the other deletes. Afterwards the topic is read again: what is still there, or there again as
another run's copy, is told.

Never: deletes what was not copied before, but for what was asked for.
"""

import asyncio
from bisect import bisect_right
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from operator import attrgetter
from time import monotonic

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import IllegalOperation, MessageSizeTooLargeError, PolicyViolationError, ProducerFenced

from streams.deadletters import TASK
from streams.deadletters.letter import Letter, Place
from streams.deadletters.reading import Extent, LetterLog, undecided
from streams.deadletters.wanted import Wanted
from streams.engine.kafka.client import Client
from streams.engine.maintenance.writing import Writer

_MENTIONED = 10
_TRANSACTION_MS = 600_000
"""So long the letters of one partition may take to be written once more; below what brokers allow."""
_SETTLED_S = 10.0
_PAUSE_S = 0.1


class DeletingError(Exception):
    """A partition was left as it is; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be done in a partition."""

    begin: int
    cut: int
    """Behind the last record that goes."""
    deleted: int
    kept: int
    """Letters before the cut that are copied."""
    gone: tuple[range, ...]
    """Where the deleted letters stood; no other one was in there."""


@dataclass(slots=True)
class Plan:
    """What is to be deleted."""

    parts: dict[int, Part] = field(default_factory=dict)
    mentioned: int = 0
    """Letters that hold the customer's id, and may be somebody else's."""
    first_mentioned: list[Place] = field(default_factory=list)

    @property
    def deleted(self) -> int:
        """How many letters are to go."""
        return sum(part.deleted for part in self.parts.values())

    @property
    def kept(self) -> int:
        """How many are written once more."""
        return sum(part.kept for part in self.parts.values())

    def held(self, letter: Letter) -> bool:
        """Whether it is a copy, by another run, of what was to go."""
        part, of = self.parts.get(letter.place.partition), letter.copy_of
        if part is None or of is None:
            return False
        at = bisect_right(part.gone, of, key=attrgetter("start"))
        return at > 0 and of in part.gone[at - 1]

    def mention(self, letter: Letter) -> None:
        """Note a letter that only holds the id."""
        self.mentioned += 1
        if len(self.first_mentioned) < _MENTIONED:
            self.first_mentioned.append(letter.place)


async def plan(log: LetterLog, wanted: Wanted, limit: int | None = None) -> Plan:
    """Look at every letter; changes nothing.

    Raises:
        KafkaError: Kafka cannot be reached, or fails.
    """
    made = Plan()
    for extent in await log.extents():
        left = None if limit is None else limit - made.deleted
        part = await _part(log, extent, wanted, made, left)
        if part.deleted:
            made.parts[extent.partition] = part
    return made


async def _part(log: LetterLog, extent: Extent, wanted: Wanted, made: Plan, limit: int | None) -> Part:
    cut, deleted, seen, kept = extent.begin, 0, 0, 0
    gone, apart = list[range](), True
    async for letter, twin in log.all_of(extent):
        if twin:  # of a run that broke off: it has to go with its letter, or both its copies would count
            cut, kept = letter.place.offset + 1, seen
        elif deleted != limit and wanted.takes(letter):
            deleted += 1
            cut, kept = letter.place.offset + 1, seen
            gone.append(range(letter.place.offset if apart else gone.pop().start, cut))
            apart = False
        else:
            seen += 1
            apart = True
            if wanted.mentions(letter) and not wanted.takes(letter):
                made.mention(letter)
    return Part(extent.begin, cut, deleted, kept, tuple(gone))


async def delete(client: Client, log: LetterLog, wanted: Wanted, limit: int | None = None) -> Plan:
    """Delete the letters that are wanted.

    Returns:
        What was done.

    Raises:
        DeletingError: a partition changed meanwhile; those before it are done.
        KafkaError: Kafka cannot be reached, or fails.
    """
    producer, admin = client.producer(TASK, _TRANSACTION_MS), client.admin()
    try:
        await producer.start()  # first: it settles what a run that was killed left open
        await admin.start()
        done = await plan(log, wanted, limit)
        for number, part in done.parts.items():
            await _copy(client, log, producer, wanted, number, part)
            await _cut(admin, log, number, part)
    except ProducerFenced as error:
        raise DeletingError("another run has begun, which ends this one: run this again after it") from error
    finally:
        with suppress(Exception):  # what it had to say is void
            await producer.stop()
        await admin.close()
    return done


async def _copy(  # noqa: PLR0917 - the parts of one step
    client: Client, log: LetterLog, producer: AIOKafkaProducer, wanted: Wanted, number: int, part: Part
) -> None:
    """Write once more what stays, all of it or nothing where there are transactions."""
    if not part.kept:
        await _unchanged(log, number, part)
        return
    if not client.exactly_once:
        await _write(log, producer, wanted, number, part)
        return
    async with producer.transaction():
        await _write(log, producer, wanted, number, part)


async def _write(log: LetterLog, producer: AIOKafkaProducer, wanted: Wanted, number: int, part: Part) -> None:
    writer, deleted = Writer(producer, log.topic), 0
    try:
        async for letter, twin in log.all_of(Extent(number, part.begin, part.cut)):
            if twin:
                continue
            if deleted < part.deleted and wanted.takes(letter):
                deleted += 1
            else:
                await writer.add(number, letter.copied(log.topic_id))
        await writer.drain()
    except IllegalOperation:  # the transaction has failed meanwhile, and commits nothing any more:
        await producer.commit_transaction()  # this raises what ended it
        raise
    except MessageSizeTooLargeError as error:
        raise DeletingError(
            f"{log.topic} partition {number} has a record of another program that is too large to be written "
            "once more: give the topic 1,024 bytes more (max.message.bytes), and run this again"
        ) from error
    await _unchanged(log, number, part)


async def _unchanged(log: LetterLog, number: int, part: Part) -> None:
    (extent,) = (extent for extent in await log.extents() if extent.partition == number)
    if extent.begin != part.begin:
        raise DeletingError(
            f"{log.topic} partition {number} begins at offset {extent.begin} now: letters went meanwhile, by "
            "age or by another run. Nothing of this partition was deleted: run this again"
        )


async def _cut(admin: AIOKafkaAdminClient, log: LetterLog, number: int, part: Part) -> None:
    """Delete everything before the cut."""
    place = TopicPartition(log.topic, number)
    try:
        await admin.delete_records({place: RecordsToDelete(before_offset=part.cut)})
    except PolicyViolationError as error:
        raise DeletingError(
            f"Kafka deletes no single records of {log.topic} (cleanup.policy): kpi topics check says what to "
            "set"
        ) from error


async def still_there(
    log: LetterLog, whole: LetterLog, done: Plan, wanted: Wanted | None
) -> tuple[list[Place], int]:
    """Read the topic once more: letters that should not be there, and how many records nobody can judge yet.

    Args:
        log: reads what is decided.
        whole: reads also what is of open transactions.
        done: what was deleted; what another run kept of it is there again.
        wanted: which letters should be gone as well, if any came meanwhile.
    """
    deadline = monotonic() + _SETTLED_S
    while True:
        open_ones = await undecided(log, whole)
        if not open_ones or monotonic() > deadline:
            async with aclosing(log.letters()) as letters:
                there = [
                    one.place async for one in letters if done.held(one) or (wanted and wanted.takes(one))
                ]
            return there, open_ones
        await asyncio.sleep(_PAUSE_S)
