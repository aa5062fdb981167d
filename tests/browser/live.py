"""A board that lives: the product's own HTTP server in a thread, shown a scene at every tick.

Its clock begins at END_MS, so the page's own is wrong by months: ages can only come from the server's.
"""

import asyncio
import threading
import time
from collections.abc import Iterable

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.publish.board.board import Board
from streams.publish.http.health import Health
from streams.publish.http.listener import Address
from streams.publish.http.server import HttpServer
from streams.publish.prometheus.exposition import Exposition
from streams.publish.prometheus.metrics import Sample
from tests.browser.scenes import END_MS, Scene
from tests.support.eventually import patient

_TICK_S = 0.25
_WITHIN_S = 15.0


class LiveBoard:
    """Serves a scene on a port of its own until closed; can be stopped and started again."""

    def __init__(self, definition: Definition, scene: Scene) -> None:
        self.definition = definition
        self.scene = scene
        self.port = 0
        self.reasons: tuple[str, ...] = ()
        self.redis_up = 1
        self.before: tuple[Snapshot, ...] = ()
        """Shown first, whenever it starts: the minutes of the past."""
        self.board: Board | None = None
        self._began = time.monotonic()
        self._thread: threading.Thread | None = None
        self._running = threading.Event()
        self._stop = threading.Event()

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.port}/"

    def clock(self) -> int:
        """The server's wall clock (ms)."""
        return END_MS + int((time.monotonic() - self._began) * 1000)

    def start(self) -> None:
        """Serve, on the same port as before if there was one."""
        self._stop.clear()
        self._running.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._running.wait(patient(_WITHIN_S))

    def stop(self) -> None:
        """Go away as a process does that is ended: open pages lose their connection."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join(patient(_WITHIN_S))
            self._thread = None

    def samples(self) -> Iterable[Sample]:
        """What a worker that owns two of four partitions says of itself."""
        yield Sample("kpi_streams_redis_up", self.redis_up)
        yield Sample("kpi_streams_dead_letters_total", 61)
        for partition in ("0", "2"):
            yield Sample("kpi_streams_commit_age_seconds", 0.4, {"partition": partition})

    async def _serve(self) -> None:
        self.board = Board(
            self.definition, clock=self.clock, ready=lambda: Health(self.reasons), process=self.samples
        )
        exposition = Exposition(self.definition, self.samples)
        server = HttpServer(Address(port=self.port), exposition, self.board, alive=Health, ready=Health)
        for minute in self.before:
            server.publish(minute)
        await server.start()
        self.port = server.port
        self._running.set()
        try:
            while not self._stop.is_set():
                snapshot = self.scene.tick(self.clock())
                if snapshot is not None:
                    exposition.publish(snapshot)
                    server.publish(snapshot)
                await asyncio.sleep(_TICK_S)
        finally:
            await server.stop()
