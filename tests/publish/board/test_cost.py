"""200 open pages cost little: measured in CPU time of the server alone."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Self

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.publish.board.board import Board
from tests.publish import world
from tests.publish.board.pages import EventPage, serving
from tests.publish.world import T0
from tests.support.eventually import eventually_async, patient

DEFINITION = Definition()
PAGES = 200
TICKS = 10
MOST_CPU_S = 0.15
"""For a tick, with dimensions in every other one. Measured: 0.007 s, and 23 kB for each page."""


class Server:
    """A board served in a thread of its own, whose CPU time can be told from that of the pages."""

    def __init__(self) -> None:
        self.board = Board(DEFINITION)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._down = asyncio.Event()
        self._publish: Callable[[Snapshot], None] | None = None
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._up.wait(patient(15))
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._down.set)
        self._thread.join(patient(15))
        self._loop.close()

    def publish(self, snapshot: Snapshot) -> None:
        """Publish in the server's thread."""
        assert self._publish is not None
        self._loop.call_soon_threadsafe(self._publish, snapshot)

    def cpu_s(self) -> float:
        """CPU time of the server's thread so far."""
        assert self._thread.ident is not None
        return time.clock_gettime(time.pthread_getcpuclockid(self._thread.ident))

    async def _serve(self) -> None:
        async with serving(self.board, DEFINITION) as server:
            self.port, self._publish = server.port, server.publish
            self._up.set()
            await self._down.wait()


def test_two_hundred_pages_cost_little() -> None:
    """Every page gets every tick, and a tick costs the server a few hundredths of a second in all."""

    async def scene(server: Server) -> tuple[float, int]:
        pages = [EventPage() for _ in range(PAGES)]
        for page in pages:
            await page.open(server.port)

        async def told(ticks: int) -> bool:
            return all(page.names.count("values") >= ticks for page in pages)

        async def joined() -> bool:
            return server.board.pages == PAGES

        await eventually_async(joined, within=30)
        began = server.cpu_s()
        for tick in range(TICKS):
            server.publish(world.snapshot(DEFINITION, T0 + 1_000 * tick, 1 + tick // 2))
            await eventually_async(lambda tick=tick: told(tick + 1), within=30)  # type: ignore[misc] # bound
        spent = server.cpu_s() - began
        received = sum(page.received for page in pages)
        for page in pages:
            await page.close()
        return spent, received

    with Server() as server:
        spent, received = asyncio.run(scene(server))
        assert server.board.dropped == 0
    assert spent / TICKS < MOST_CPU_S, f"{spent / TICKS:.3f} s of CPU a tick"
    assert received / PAGES / TICKS < 60_000, "bytes a page and tick"
