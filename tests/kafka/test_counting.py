"""Workers on a genuine Kafka count every record exactly once, whatever happens to them."""

import signal
from collections.abc import Callable

import pytest

from streams.engine.exits import ExitCode
from tests.kafka.harness import Deployment, run
from tests.support.eventually import eventually

Deploy = Callable[..., Deployment]


def test_a_worker_counts_and_a_clean_stop_leaves_nothing_behind(deploy: Deploy) -> None:
    """SIGTERM after more records: they are flushed, the exit code is 0, the offsets are the log's ends."""
    deployment = deploy()

    async def test() -> None:
        await deployment.make_topics()
        await deployment.send(6_000)
        worker = deployment.worker()
        await deployment.all_counted()
        await deployment.send(6_000, seed=2)
        worker.signal(signal.SIGTERM)
        assert worker.code() == 0
        after = deployment.worker()
        eventually(after.ready, within=20)
        markers = await deployment.all_counted()
        after.signal(signal.SIGINT)
        assert after.code() == 0
        assert sum(sum(marker.offsets.values()) for marker in markers) == 12_000

    run(test)


def test_a_killed_worker_is_continued_exactly_where_it_had_committed(deploy: Deploy) -> None:
    """SIGKILL in the middle of counting, then a new process."""
    deployment = deploy()

    async def test() -> None:
        await deployment.make_topics()
        await deployment.send(60_000)
        first = deployment.worker()
        eventually(first.ready, within=20)
        await deployment.send(60_000, seed=2)
        first.kill()
        await deployment.send(6_000, seed=3)
        deployment.worker()
        await deployment.all_counted()

    run(test)


def test_a_crash_between_acknowledgement_and_commit_counts_nothing_twice(deploy: Deploy) -> None:
    """What the transaction had written is aborted by the next owner and counted from the sources again."""
    deployment = deploy()

    async def test() -> None:
        await deployment.make_topics()
        await deployment.send(30_000)
        crashing = deployment.worker("crash:100")
        assert crashing.code(25) == 9
        deployment.worker()
        await deployment.all_counted()

    run(test)


def test_partitions_move_between_workers_without_loss(deploy: Deploy) -> None:
    """A second worker joins, then the first leaves, while records keep coming."""
    deployment = deploy(KPI_PARTITIONS="4")

    async def test() -> None:
        await deployment.make_topics()
        first = deployment.worker()
        eventually(first.ready, within=20)
        await deployment.send(24_000)
        second = deployment.worker()
        eventually(second.ready, within=20)
        await deployment.send(24_000, seed=2)
        first.signal(signal.SIGTERM)
        await deployment.send(24_000, seed=3)
        assert first.code() == 0
        await deployment.all_counted()
        assert second.process.poll() is None

    run(test)


def test_a_worker_that_wakes_up_after_another_took_over_is_fenced(deploy: Deploy) -> None:
    """SIGSTOP inside an open transaction for longer than the session: what it then writes never counts."""
    deployment = deploy()

    async def test() -> None:
        await deployment.make_topics()
        await deployment.send(30_000)
        zombie = deployment.worker("stall:100")
        eventually(zombie.stopped, within=25)
        deployment.worker()
        await deployment.all_counted(40)
        zombie.signal(signal.SIGCONT)
        await deployment.send(6_000, seed=2)
        await deployment.all_counted()
        if zombie.process.poll() is not None:  # else it lost its partitions and joined again in time
            assert zombie.code() in {ExitCode.FENCED, ExitCode.FLUSH_FAILED, ExitCode.RECOVERY_FAILED}

    run(test)


@pytest.mark.parametrize("guarantee", ["at_least_once"])
def test_without_transactions_a_restart_still_counts_right(deploy: Deploy, guarantee: str) -> None:
    """Data is acknowledged before the marker, so a clean restart and a crash continue from the marker."""
    deployment = deploy(KPI_PROCESSING_GUARANTEE=guarantee)

    async def test() -> None:
        await deployment.make_topics()
        await deployment.send(12_000)
        first = deployment.worker()
        await deployment.all_counted()
        first.kill()
        await deployment.send(12_000, seed=2)
        deployment.worker()
        await deployment.all_counted()

    run(test)
