"""Dead letters sent again to their source topics, after a cure.

What is sent is the record as it came: value, timestamp, headers; its key, or the customer's id where the
event is well-formed by now and has no key; the partition is that of the key under the deployment's
partitioner. A header ``kpi-replay-of`` names where it came from first. A record of a foreign topic goes back
into its partition there, under the key that it had, for ``kpi ingest`` to read it once more.

Counted once: only an event with an id can be counted, and the core takes each id once, so runs may be
repeated, break off, or send what was counted meanwhile. Never a circle: what is still malformed is not sent
unless forced, and what comes back all the same is never sent again: its first letter stands for it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.core.decoding.arrival import arrival_ms
from streams.core.decoding.decoder import Decoder
from streams.core.decoding.expected import described
from streams.core.definition.definition import Definition
from streams.core.events import Kind, Malformed
from streams.core.partition.placement import Partitioner, key_hash
from streams.deadletters.foreign import ForeignLetters
from streams.deadletters.letter import REPLAY_OF, Copied, Letter, Origin
from streams.deadletters.original import SHORTENED, original
from streams.deadletters.reading import LetterLog
from streams.deadletters.wanted import Wanted
from streams.engine.kafka.client import Client
from streams.engine.maintenance.writing import Writer
from streams.engine.topics.admin import present

_WAITING_BYTES = 32 << 20
"""So much waits at most, over all partitions of all topics."""
RETURNED = "came back from a replay: its first letter stands for it"
GONE = "its topic is not there"

Refusal = Callable[[str, Copied, int], str]
"""Topic, record and the time now (ms) -> why the topic would not take or keep it; empty: it does."""
Told = Callable[[Letter, str], None]
"""Takes each letter and why it is not sent; empty: it is."""


@dataclass(slots=True)
class Replayed:
    """What became of the letters."""

    sent: Counter[str] = field(default_factory=Counter)
    """By kind; those of foreign topics by their topic."""
    left: Counter[str] = field(default_factory=Counter)
    """Those that were not sent, by why."""


class Sent(NamedTuple):
    """What is sent for a letter."""

    topic: str
    called: str
    """The kind of event, or the foreign topic."""
    record: Copied
    partition: int | None
    """None: that of its key."""


class Judge:
    """Says what is sent for a letter.

    Args:
        wanted: knows the deployment's topics.
        definition: by which records are judged.
        refusal: of the topics.
        clock: gives the time now, in ms.
        foreign: knows the topics of ``kpi ingest``; None: letters of theirs stay.
        force: malformed records go, too.
    """

    def __init__(
        self,
        wanted: Wanted,
        definition: Definition,
        refusal: Refusal,
        clock: Callable[[], int],
        *,
        foreign: ForeignLetters | None = None,
        force: bool = False,
    ) -> None:
        self._wanted = wanted
        self._foreign = foreign
        self._decoder = Decoder(definition)
        self._force = force
        self._refusal = refusal
        self._clock = clock

    async def sent(self, letter: Letter) -> Sent | str:
        """What is sent, or why nothing is.

        Raises:
            RegistryAwayError: a record of a foreign topic cannot be judged.
        """
        origin = letter.origin
        if origin is not None and self._foreign is not None and self._foreign.reads(origin.topic):
            return await self._put_back(letter, origin, self._foreign)
        found = original(letter, self._wanted)
        if isinstance(found, str):
            return found
        origin, kind = found
        if origin.returned:
            return RETURNED
        key = self._key(letter, origin, kind)
        if isinstance(key, Malformed):
            return f"still malformed: {described(key)}"
        return self._copied(letter, origin, key, kind, None)

    async def _put_back(self, letter: Letter, origin: Origin, foreign: ForeignLetters) -> Sent | str:
        """A record of a foreign topic, under its own key."""
        if origin.shortened:
            return SHORTENED
        if origin.returned:
            return RETURNED
        why = await foreign.why_not(letter, origin, arrival_ms(origin.timestamp, self._clock()))
        if why and not self._force:
            return why
        return self._copied(letter, origin, letter.key, origin.topic, origin.partition)

    def _copied(
        self, letter: Letter, origin: Origin, key: bytes | None, called: str, partition: int | None
    ) -> Sent | str:
        mark = (REPLAY_OF, f"{origin.topic}/{origin.partition}/{origin.offset}".encode())
        record = Copied(origin.timestamp, key, letter.value, [*origin.headers, mark])
        refused = self._refusal(origin.topic, record, self._clock())
        return refused or Sent(origin.topic, called, record, partition)

    def _key(self, letter: Letter, origin: Origin, kind: Kind) -> bytes | Malformed | None:
        """The key under which a record goes; what is wrong with it, if that keeps it from going."""
        arrival = arrival_ms(origin.timestamp, self._clock())
        event = self._decoder.one(kind, letter.key, letter.value, arrival)
        if not isinstance(event, Malformed):
            return event.customer_id.encode()
        return letter.key if self._force else event


async def replay(  # noqa: PLR0917 - the parts of one run
    client: Client,
    log: LetterLog,
    wanted: Wanted,
    judge: Judge,
    partitioner: Partitioner,
    told: Told,
    *,
    foreign: Sequence[str] = (),
    limit: int | None = None,
    dry_run: bool = False,
) -> Replayed:
    """Send the letters that are wanted, each once; what is sent is durable when this returns.

    Args:
        client: to reach Kafka with.
        log: where they are.
        wanted: which.
        judge: says what is sent.
        partitioner: of the producers.
        told: takes each of them.
        foreign: topics that letters may go back to, besides the source topics.
        limit: at most so many are looked at.
        dry_run: nothing is sent.

    Raises:
        KafkaError: Kafka cannot be reached, or refuses a record; what was sent before stays.
        RegistryAwayError: a record cannot be judged; so here.
    """
    done, of = Replayed(), key_hash(partitioner)
    counts = await _counts(client, [*wanted.topics, *foreign])
    producer = client.plain_producer()
    if not dry_run:
        await producer.start()
    writers = {topic: Writer(producer, topic) for topic in counts}
    looked_at = waiting = 0
    try:
        async with aclosing(log.letters()) as letters:
            async for letter in letters:
                if not wanted.takes(letter):
                    continue
                if looked_at == limit:
                    break
                looked_at += 1
                found = await judge.sent(letter)
                if isinstance(found, Sent) and found.topic not in counts:
                    found = GONE
                told(letter, found if isinstance(found, str) else "")
                if isinstance(found, str):
                    done.left[found] += 1
                    continue
                topic, called, record, number = found
                done.sent[called] += 1
                if not dry_run:
                    if number is None:
                        number = letter.place.partition if record.key is None else of(record.key)
                    await writers[topic].add(number % counts[topic], record)
                    waiting += record.size
                if waiting > _WAITING_BYTES:
                    await _drain(writers)
                    waiting = 0
        await _drain(writers)
    finally:
        await producer.stop()
    return done


async def _drain(writers: Mapping[str, Writer]) -> None:
    for writer in writers.values():
        await writer.drain()


async def _counts(client: Client, topics: Sequence[str]) -> dict[str, int]:
    """The partitions of each topic that is there."""
    admin = client.admin()
    try:
        await admin.start()
        there = await present(admin, topics)
    finally:
        await admin.close()
    return {name: topic.partitions for name, topic in there.items()}
