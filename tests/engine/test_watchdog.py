"""The watchdog ends a process that no longer moves, and no other."""

import asyncio
from typing import NoReturn

import pytest

from streams.core.definition.definition import Definition
from streams.core.partition.sweep.steps import finish
from streams.engine.exits import ExitCode
from streams.engine.kafka.client import Client
from streams.engine.ownership.assignment import Assignment
from streams.engine.ownership.owned_partition import Context, OwnedPartition
from streams.engine.ownership.stats import Stats
from streams.engine.ownership.task import PartitionTask
from streams.engine.ownership.watchdog import Watchdog
from streams.settings import read
from tests.engine.records import batch
from tests.engine.support import CountingState

HOUR = 3_600_000


class Ended(BaseException):
    """The process would have ended."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


def end(code: ExitCode, _message: str) -> NoReturn:
    """End the process, as far as a test goes."""
    raise Ended(code)


class Bench:
    """An assignment of one partition, and a clock set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        settings = read({"KPI_DEMO": "true"})
        context = Context(
            settings,
            Definition(),
            "f",
            lambda _number: CountingState(),
            lambda: HOUR,
            Client(settings),
            Stats(),
            lambda _p, _n: None,
        )
        self.assignment = Assignment(context, end)
        self.partition = OwnedPartition(0, context)
        self.task = PartitionTask(
            0, {"p": "purchase"}, CountingState(), lambda: HOUR, tick_ms=1_000, dimension_ms=5_000
        )
        self.task.start({"p": 0})
        self.partition.task = self.task
        self.partition.valid = True
        self.partition.committed_at = 0.0
        self.assignment.partitions[0] = self.partition
        self.assignment.ready = True
        self.watchdog = Watchdog(self.assignment, 60, end, lambda: self.now)
        self.watchdog.look()

    def after(self, seconds: float) -> ExitCode | None:
        """Look once a second for so long; the exit code, if it came to that."""
        for _ in range(int(seconds)):
            self.now += 1
            try:
                self.watchdog.look()
            except Ended as ended:
                return ended.code
        return None


def test_an_idle_partition_is_left_alone() -> None:
    """Nothing to do is no trouble."""

    async def test() -> None:
        bench = Bench()
        bench.partition.durable = {"p": 0}
        finish(bench.task.state.draining())
        assert bench.after(300) is None

    asyncio.run(test())


def test_changed_state_without_a_flush_ends_it() -> None:
    """After the stuck timeout, not before."""

    async def test() -> None:
        bench = Bench()
        bench.task.seen_end("p", 1)
        bench.task.take("p", batch(0, 100))
        assert bench.after(59) is None
        assert bench.after(10) is ExitCode.NO_DURABLE_FLUSH

    asyncio.run(test())


def test_waiting_records_of_which_none_is_applied_end_it() -> None:
    """The end of the log is known to be further on."""

    async def test() -> None:
        bench = Bench()
        bench.partition.durable = {"p": 0}
        finish(bench.task.state.draining())
        bench.task.seen_end("p", 5)
        assert bench.after(100) is ExitCode.NO_PROGRESS

    asyncio.run(test())


@pytest.mark.parametrize("assigned", [True, False])
def test_streams_that_never_resume_end_it(*, assigned: bool) -> None:
    """Only with partitions: without any there is nothing to resume."""

    async def test() -> None:
        bench = Bench()
        bench.assignment.ready = False
        if not assigned:
            bench.assignment.partitions.clear()
        assert bench.after(100) is (ExitCode.NEVER_RESUMED if assigned else None)

    asyncio.run(test())
