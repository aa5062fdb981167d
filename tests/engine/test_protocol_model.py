"""The changelog protocol against a model of Kafka: whatever crashes when, everything is counted once.

Five hundred random schedules (`make laws` draws others) of deliveries, ticks, clock steps, compaction,
rebalances, crashes before and after every call to the broker, and processes that stall in the middle of one
and wake up after another took over.
Partition, producer, recovery and state are the real ones; only the broker is a model.
"""

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar, cast

import pytest
from aiokafka.errors import ProducerFenced
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from streams.core.events import KINDS
from streams.core.partition.state import PartitionState
from streams.core.totals import Totals
from streams.engine.kafka.fetch import Batch, KafkaRecord
from streams.engine.kafka.timed import TimedRecord
from streams.engine.ownership.task import Admission
from tests.engine.protocol_model import CrashError, Fate, Logs
from tests.engine.protocol_worker import TOPICS, Worker, new_state
from tests.engine.stories import Story
from tests.laws.judging import same
from tests.support.chance import examples

SCHEDULES = 500
STEPS = 24
START_MS = 1_772_366_400_000
CALLS = 7
"""More than a flush of this size makes."""

T = TypeVar("T")


class Schedule(RuleBasedStateMachine):
    """One partition, the worker that owns it, and those that do not know yet that they lost it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.logs = Logs({topic: [] for topic in TOPICS})
        self.now = START_MS
        self.sent: list[tuple[str, KafkaRecord]] = []
        self.zombies: list[Worker] = []
        self.worker = Worker(self.logs, lambda: self.now)
        self.story = Story()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self.loop.run_until_complete(work)

    @initialize()
    def acquire(self) -> None:
        """Somebody owns the partition."""
        self._replace_worker()

    def _replace_worker(self) -> None:
        self.worker = Worker(self.logs, lambda: self.now)
        self.run(self.worker.partition.acquire(asyncio.Semaphore()))

    # -- what happens outside

    @rule(seed=st.integers(0, 2**32), records=st.integers(1, 12))
    def send(self, seed: int, records: int) -> None:
        """Customers do something."""
        rng = Random(seed)  # noqa: S311 - a schedule, no secret
        for _ in range(records):
            kind, key, value = self.story.event(rng, self.now)
            self._append(kind, key, value)

    @precondition(lambda self: self._settled())
    @rule(who=st.integers(0, 3))
    def erase(self, who: int) -> None:
        """A customer all of whose records are durable asks to be erased: here topics have an order."""
        kind, key, value = self.story.erase(who, self.now)
        self._append(kind, key, value)

    def _append(self, kind: str, key: bytes, value: bytes) -> None:
        topic = f"crm.customer.{kind}.v1"
        log = self.logs.sources[topic]
        record = TimedRecord(len(log), self.now, key, value, [])
        log.append(record)
        self.sent.append((kind, record))

    def _settled(self) -> bool:
        durable = self.worker.partition.durable
        return all(durable.get(topic) == len(log) for topic, log in self.logs.sources.items())

    @rule(ms=st.sampled_from([100, 1_000, 7_000, 40_000]))
    def pass_time(self, ms: int) -> None:
        """The wall clock goes on."""
        self.now += ms

    @rule(skew_ms=st.sampled_from([-600_000, 0, 600_000]))
    def step_clock(self, skew_ms: int) -> None:
        """The worker's clock is set wrongly, or right again."""
        self.worker.skew_ms = skew_ms

    @rule(share=st.floats(0, 1))
    def compact(self, share: float) -> None:
        """The log cleaner runs."""
        self.logs.compact(int(share * len(self.logs.changelog)))

    # -- what the worker does

    @rule(topic=st.sampled_from(list(TOPICS)), size=st.integers(0, 9), again=st.integers(0, 3))
    def deliver(self, topic: str, size: int, again: int) -> None:
        """A fetch of one topic, which may begin with records that were there before."""
        assert self.worker.take(self.logs, topic, size, again) is not Admission.GAP

    @rule()
    def deliver_all(self) -> None:
        """A fetch of every topic."""
        for topic in TOPICS:
            self.worker.take(self.logs, topic, 1_000)

    @rule(topic=st.sampled_from(list(TOPICS)))
    def deliver_with_a_gap(self, topic: str) -> None:
        """A batch that leaves records out is refused."""
        start = self.worker.task.received[topic] + 1
        batch = Batch([TimedRecord(start, self.now, None, b"", [])], start, start + 1)
        assert self.worker.task.take(topic, batch) is Admission.GAP

    @rule()
    def tick(self) -> None:
        """A flush that succeeds."""
        self.run(self.worker.partition.flush())

    @rule(fate=st.sampled_from([Fate.CRASH_BEFORE, Fate.CRASH_AFTER]), calls=st.integers(0, CALLS))
    def crash_in_a_tick(self, fate: Fate, calls: int) -> None:
        """The process dies at some call of a flush; another one takes over."""
        self.worker.process.doom(fate, calls)
        try:
            self.run(self.worker.partition.flush())
        except CrashError:
            assert not self.worker.partition.valid
        self._replace_worker()

    @rule()
    def kill(self) -> None:
        """The process dies between two flushes."""
        self._replace_worker()

    @rule()
    def touch(self) -> None:
        """A rebalance that leaves the partition where it is."""
        state = self.worker.task.state
        self.run(self.worker.partition.acquire(asyncio.Semaphore()))
        assert self.worker.task.state is state

    @rule()
    def take_over(self) -> None:
        """Another process takes over from one that is alive and does not know."""
        self.zombies.append(self.worker)
        self._replace_worker()

    @rule(calls=st.integers(0, CALLS))
    def stall_in_a_tick(self, calls: int) -> None:
        """The process is stopped in the middle of a flush, and taken for dead."""
        worker = self.worker
        worker.process.doom(Fate.STALL, calls)

        async def flush_until_stalled() -> None:
            worker.flushing = asyncio.create_task(worker.partition.flush())
            stalled = asyncio.create_task(worker.process.stalled.wait())
            await asyncio.wait({worker.flushing, stalled}, return_when=asyncio.FIRST_COMPLETED)
            stalled.cancel()

        self.run(flush_until_stalled())
        self.take_over()

    @precondition(lambda self: self.zombies)
    @rule(topic=st.sampled_from(list(TOPICS)), rejoins=st.booleans())
    def wake_a_zombie(self, topic: str, rejoins: bool) -> None:  # noqa: FBT001 - drawn
        """It goes on with what it was doing; nothing of it counts, or it owns the partition again, anew."""
        zombie = self.zombies.pop()
        zombie.process.woken.set()
        before = len(self.logs.changelog), len(self.logs.dead)
        if zombie.flushing is not None and not zombie.flushing.done():
            with pytest.raises(ProducerFenced):
                self.run(_wait(zombie.flushing))
        elif not rejoins:
            zombie.take(self.logs, topic, 5)
            with pytest.raises(ProducerFenced):
                self.run(zombie.partition.flush(force=True))
        assert (len(self.logs.changelog), len(self.logs.dead)) == before
        if rejoins:
            state = zombie.task.state
            self.zombies.append(self.worker)
            self.worker = zombie
            self.run(zombie.partition.acquire(asyncio.Semaphore()))
            assert zombie.task.state is not state

    # -- the end

    def teardown(self) -> None:
        """Whatever happened: the log holds what an uninterrupted state counts."""
        try:
            self._check()
        finally:
            for zombie in self.zombies:
                if zombie.flushing is not None and not zombie.flushing.done():
                    zombie.flushing.cancel()
                    self.run(asyncio.wait({zombie.flushing}))
            self.run(self.loop.shutdown_default_executor())
            self.loop.close()

    def _check(self) -> None:
        self._replace_worker()
        for _ in range(2):  # the second fetch tells those that waited that nothing more comes
            for topic in TOPICS:
                self.worker.take(self.logs, topic, 10_000)
        self.now += 3_600_000
        self.run(self.worker.partition.flush())
        counted = cast("PartitionState", self.worker.task.state)
        expected = self._uninterrupted(counted.clock)
        assert_same(counted.totals(), expected)
        self._replace_worker()
        kept = cast("PartitionState", self.worker.task.state)
        assert self.worker.task.offsets() == {topic: len(log) for topic, log in self.logs.sources.items()}
        assert_same(kept.totals(), expected)
        assert len(self.logs.dead) == sum(expected.accounting.malformed.values())

    def _uninterrupted(self, t: int) -> Totals:
        state = new_state()
        for kind, record in self.sent:
            state.apply(cast("Any", kind), [record])
        state.advance(t)
        return state.totals()


async def _wait(task: asyncio.Task[None]) -> None:
    await task


def assert_same(found: Totals, expected: Totals) -> None:
    """Equal in every group, class and instant, and balanced."""
    assert found.accounting.balanced
    assert same(found, expected), (found, expected)


@pytest.mark.hypothesis
def test_every_schedule_of_crashes_ends_with_everything_counted_once() -> None:
    """All of them."""
    run_state_machine_as_test(
        Schedule,
        settings=settings(
            max_examples=examples(SCHEDULES),
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_all_kinds_are_in_the_story() -> None:
    """A schedule that left one out would prove less than it says."""
    story, rng = Story(), Random(1)  # noqa: S311 - a schedule, no secret
    kinds = {story.event(rng, START_MS)[0] for _ in range(500)} | {story.erase(0, START_MS)[0]}
    assert kinds == set(KINDS)
