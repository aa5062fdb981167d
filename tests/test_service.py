"""What a process shows ends with the process, or ends it."""

import asyncio
from typing import Never

import pytest

from streams.app import wall_clock
from streams.core.definition.definition import Definition
from streams.embedded.ports import free_port
from streams.engine.exits import ExitCode
from streams.engine.kafka.client import Client
from streams.service import Service
from streams.settings import read


@pytest.mark.parametrize("ours", [True, False], ids=["a stop", "a task that somebody else cancels"])
def test_publishing_that_ends_unasked_ends_the_process(*, ours: bool) -> None:
    """Cancelled or failed: a page that no longer moves is worse than none. A stop is no failure."""
    settings = read(
        {
            "KPI_SECRET": "of the tests of the service",
            "KPI_HTTP_PORT": str(free_port()),
            "KPI_REDIS_URL": "",
            "KPI_ROLE": "publisher",
        }
    )
    fatal: list[ExitCode] = []

    def end(code: ExitCode, why: str) -> Never:
        fatal.append(code)
        raise RuntimeError(why)  # a process would be over

    async def scene() -> None:
        service = Service(settings, Definition(), Client(settings), wall_clock, end, worker=None)
        await service.start()
        (publishing,) = service._tasks
        if not ours:
            publishing.cancel()
            await asyncio.wait([publishing])
        await service.stop()

    asyncio.run(scene())
    assert fatal == ([] if ours else [ExitCode.PUBLISHER_FAILED])
