"""Faults of ``kpi ingest``, the long form: each foreign record's canonical events stand once.

Two processes under a supervisor that starts again what ends, and records of three foreign systems all the
time. After a fault the load stops, everything settles, and what stands in the source topics and among the
dead letters is held against a recount by mapping alone. The short form is tests/foreign/test_faults.py.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Literal

from streams.embedded import KafkaCluster
from tests.chaos.processes import FIRST_PERSON
from tests.chaos.run import Outcome
from tests.foreign.corpus import MAPPING, TOPICS
from tests.foreign.harness import Ingest, IngestProcess, Outcomes, summed
from tests.foreign.load import under_load
from tests.kafka.harness import run
from tests.support.eventually import eventually_async

_PROCESSES = 2
_SESSION_S = 6.0
_MOVES = 600
"""So many records have to be written before and after each blow."""
_POLL_S = 0.2
_SHOWN = 6


class Fleet:
    """The processes of a deployment, under a supervisor.

    Args:
        stage: theirs.
        kafka: may be hurt.
        chance: of everything random.
    """

    def __init__(self, stage: Ingest, kafka: KafkaCluster, chance: random.Random) -> None:
        self.stage, self.kafka, self.chance = stage, kafka, chance
        self.exits: list[int] = []
        self.violations: list[str] = []
        self.running: list[IngestProcess] = [stage.start() for _ in range(_PROCESSES)]

    async def supervise(self) -> None:
        """Start again what ends, for ever; an end that a person has to look at is a violation."""
        while True:
            for process in list(self.running):
                code = process.process.poll()
                if code is not None:
                    self.exits.append(code)
                    if code >= FIRST_PERSON:
                        self.violations.append(f"a process ended with {code}: {process.told()[-300:]}")
                    self.running.remove(process)
                    self.running.append(self.stage.start())
            await asyncio.sleep(_POLL_S)

    def one(self) -> IngestProcess:
        """One of them, by chance."""
        return self.chance.choice(self.running)

    async def moves(self) -> None:
        """Wait until what runs now has written some more."""
        before = {id(process): await _written(process) for process in self.running}

        async def more() -> bool:
            told = [await _written(one) - before.get(id(one), 0) for one in self.running]
            return sum(max(0, more) for more in told) >= _MOVES

        await eventually_async(more, within=90)


async def _written(process: IngestProcess) -> int:
    """What it says of itself; 0: one that is gone, or stopped, says nothing."""
    if process.process.poll() is not None:
        return 0
    try:
        return summed([await process.page()], "kpi_streams_ingest_records_total").total()
    except TimeoutError:
        return 0


@dataclass(frozen=True)
class IngestFault:
    """One fault.

    Attributes:
        name: as in the table.
        act: does it; returns when the world is mended.
        nodes: how many Kafka nodes it needs.
        short: whether it belongs to the short form of this suite.
    """

    name: str
    act: Callable[[Fleet], Awaitable[None]]
    nodes: Literal[1, 3] = 1
    short: bool = False


def play_ingest(fault: IngestFault, kafka: KafkaCluster, folder: Path, seed: int) -> Outcome:
    """Play a fault and judge it.

    Raises:
        AssertionError: it does not settle.
    """
    stage = Ingest(
        kafka.bootstrap,
        folder,
        MAPPING,
        TOPICS,
        KPI_REPLICATION_FACTOR=str(fault.nodes),
        KPI_SESSION_TIMEOUT=f"{_SESSION_S:.0f}s",
    )

    async def test() -> Outcome:
        await stage.make_topics()
        fleet = Fleet(stage, kafka, random.Random(seed))  # noqa: S311 - chaos, no secret
        began = monotonic()
        async with _supervised(fleet):
            async with under_load(stage) as load:
                await fleet.moves()
                await fault.act(fleet)
                await fleet.moves()
            rate = load.sent / (monotonic() - began)
            await stage.settled(within=90)
            expected, found = await stage.expected(), await stage.found()
        compared = expected.events.total() + expected.dead.total()
        wrong = [*_differences(expected, found), *fleet.violations]
        return Outcome(
            fault.name, fault.nodes, seed, load.sent, rate, compared, wrong[:_SHOWN], None, False, fleet.exits
        )

    try:
        return run(test)
    finally:
        stage.end()


@asynccontextmanager
async def _supervised(fleet: Fleet) -> AsyncIterator[None]:
    supervising = asyncio.create_task(fleet.supervise())
    try:
        yield
    finally:
        supervising.cancel()
        await asyncio.gather(supervising, return_exceptions=True)


def _differences(expected: Outcomes, found: Outcomes) -> Iterator[str]:
    """What does not stand exactly as often as the mapping says."""
    yield from _unequal("events", Counter(expected.events), Counter(found.events))
    yield from _unequal("dead letters", Counter(expected.dead), Counter(found.dead))


def _unequal(what: str, expected: Counter[Hashable], found: Counter[Hashable]) -> Iterator[str]:
    missing, beyond = expected - found, found - expected
    if missing:
        yield f"{missing.total()} {what} are missing, like {next(iter(missing))!r:.300}"
    if beyond:
        yield f"{beyond.total()} {what} stand once too often, like {next(iter(beyond))!r:.300}"


async def _kill(fleet: Fleet) -> None:
    fleet.one().process.kill()
    await fleet.moves()


async def _kill_again_and_again(fleet: Fleet) -> None:
    """At any moment: while records are converted, in a transaction, while taking over."""
    for _ in range(10):
        await asyncio.sleep(fleet.chance.random() * 2)
        fleet.one().process.kill()
    await fleet.moves()


async def _stop_and_continue(fleet: Fleet) -> None:
    victim = fleet.one()
    victim.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(2 * _SESSION_S)  # only time can tell
    await fleet.moves()
    victim.process.send_signal(signal.SIGCONT)


async def _join_and_leave(fleet: Fleet) -> None:
    joined = fleet.stage.start()
    await joined.ready(60)
    await fleet.moves()
    assert await joined.stopped() == 0


async def _kill_broker(fleet: Fleet) -> None:
    await asyncio.to_thread(fleet.kafka.kill, 1)
    await asyncio.to_thread(fleet.kafka.restart, 1)
    await fleet.moves()


async def _several(fleet: Fleet) -> None:
    """Three by chance, each into what the one before has left."""
    for act in fleet.chance.choices((_kill, _stop_and_continue, _join_and_leave, _kill_broker), k=3):
        await act(fleet)


async def _lose_nodes(fleet: Fleet, nodes: tuple[int, ...]) -> None:
    for node in nodes:
        await asyncio.to_thread(fleet.kafka.kill, node)
    await asyncio.sleep(_SESSION_S)  # so long they are away
    for node in nodes:
        await asyncio.to_thread(fleet.kafka.restart, node)


async def _fail_over(fleet: Fleet) -> None:
    """Each node in turn: of every leader and every coordinator."""
    for node in (1, 2, 3):
        await _lose_nodes(fleet, (node,))
        await fleet.moves()


async def _two_nodes_down(fleet: Fleet) -> None:
    await _lose_nodes(fleet, (2, 3))


INGEST_FAULTS = (
    IngestFault("ingest: processes killed again and again (kill -9)", _kill_again_and_again),
    IngestFault("ingest: stopped beyond its session, then continued", _stop_and_continue),
    IngestFault("ingest: one joins, and leaves in order", _join_and_leave),
    IngestFault("ingest: broker killed (kill -9) and restarted", _kill_broker),
    IngestFault("ingest: three of these at random", _several),
    IngestFault("ingest: each of three brokers killed, failover", _fail_over, nodes=3),
    IngestFault("ingest: two brokers of three killed and restarted", _two_nodes_down, nodes=3),
)
