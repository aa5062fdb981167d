"""The live board: takes snapshots, tells the open pages, remembers the curves; part of the HTTP sink.

A page that opens gets ``hello`` (the server's time, and what it must know of the definition), then the newest
``dimensions`` and ``values``; then each as it changes, and a ``beat`` while nothing does, so that a quiet
service can be told from a lost connection. Every event but ``dimensions`` carries the server's time.

Never: computes a figure, waits for a page, or encodes anything while no page is open.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator

import msgspec
from aiohttp import web

from streams.core.definition.definition import Definition
from streams.core.kpi.breakdown import Breakdown
from streams.core.kpi.snapshot import Snapshot
from streams.publish.board import assets, document
from streams.publish.board.history import History
from streams.publish.board.past import Past
from streams.publish.board.past_flows import PastFlows
from streams.publish.board.stream import Broadcast, Page, frame
from streams.publish.http.health import Health
from streams.publish.prometheus.metrics import Sample

_BEAT_S = 1.0
_TOO_MANY = 503


class Board:
    """Serves the board.

    Args:
        definition: what the numbers mean.
        clock: the wall clock (ms).
        ready: why values are not complete, if they are not.
        process: what this process says of itself, asked at every tick while a page is open.
        past: the minutes before this process; None: there is no Redis.
    """

    def __init__(
        self,
        definition: Definition,
        *,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        ready: Callable[[], Health] = Health,
        process: Callable[[], Iterable[Sample]] = tuple,
        past: Past | None = None,
    ) -> None:
        self._clock, self._ready, self._process, self._past = clock, ready, process, past
        self._assets = assets.load(definition)
        self._setup = {**document.setup(definition), "build": assets.build_of(self._assets)}
        self._history = History(definition)
        self._flows = PastFlows(definition)
        self._windows = {window.name: window for window in definition.windows}
        self._pages = Broadcast()
        self._newest: Snapshot | None = None
        self._breakdown: tuple[Breakdown | None, bytes] = (None, b"")
        self._quiet = True
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def pages(self) -> int:
        """How many are open."""
        return len(self._pages)

    @property
    def dropped(self) -> int:
        """Pages cut off so far because they did not keep up."""
        return self._pages.dropped

    def samples(self) -> Iterator[Sample]:
        """What the metrics say of the board."""
        yield Sample("kpi_streams_board_pages", self.pages)
        yield Sample("kpi_streams_board_pages_dropped_total", self.dropped)

    def routes(self) -> list[web.RouteDef]:
        """What it answers to."""
        return [
            *assets.routes(self._assets),
            web.get("/api/events", self._events, allow_head=False),
            web.get("/api/history", self._of_window(self._history.json)),
            web.get("/api/flows", self._of_window(self._past_flows)),
        ]

    async def start(self) -> None:
        """Begin to beat, and to read the past."""
        self._tasks.append(asyncio.create_task(self._beat(), name="board beat"))
        if self._past is not None:
            self._tasks.append(asyncio.create_task(self._past.read_into(self._history), name="board past"))

    def publish(self, snapshot: Snapshot) -> None:
        """Show this snapshot."""
        self._newest = snapshot
        self._history.see(snapshot)
        if self._pages:
            changed = self._dimensions(snapshot.dimensions)
            if changed is not None:
                self._pages.send(changed)
            self._pages.send(self._values(snapshot))
            self._quiet = False

    async def stop(self) -> None:
        """End every page and give back what was opened."""
        self._pages.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            if self._quiet and self._pages:
                self._pages.send(frame("beat", self._time()))
            self._quiet = True

    def _time(self) -> dict[str, object]:
        return {"clock": self._clock(), "reasons": self._ready().reasons}

    def _values(self, snapshot: Snapshot) -> bytes:
        return frame("values", {**self._time(), **document.values(snapshot, self._process())})

    def _dimensions(self, breakdown: Breakdown) -> bytes | None:
        """The event of these values; None if the pages have it."""
        known, event = self._breakdown
        if breakdown is known:
            return None
        renewed = frame("dimensions", document.dimensions(breakdown))
        self._breakdown = (breakdown, renewed)
        return None if renewed == event else renewed

    def _greeting(self) -> list[bytes]:
        """What a new page is told first."""
        events = [frame("hello", {**self._time(), **self._setup})]
        if self._newest is not None:
            self._dimensions(self._newest.dimensions)
            events += [self._breakdown[1], self._values(self._newest)]
        return events

    async def _events(self, request: web.Request) -> web.StreamResponse:
        page = Page(lambda: request.transport.abort() if request.transport else None)
        if not self._pages.join(page):
            return web.Response(status=_TOO_MANY, headers={"Retry-After": "5"})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        try:
            for event in self._greeting():
                page.offer(event)
            await response.prepare(request)
            async for event in page.events():
                await response.write(event)
        except ConnectionError:  # the page was closed or cut off
            pass
        finally:
            self._pages.leave(page)
        return response

    def _past_flows(self, window: str) -> bytes:
        flows = None if self._newest is None else self._newest.flows
        return self._flows.json(self._windows[window], flows)

    def _of_window(self, told: Callable[[str], bytes]) -> assets.Handler:
        """Answers with what is told of a window; 404 where there is none of that name."""

        async def answer(request: web.Request) -> web.Response:
            window = request.query.get("window", "")
            if window in self._windows:
                return web.Response(body=told(window), content_type="application/json")
            named = ", ".join(sorted(self._windows))
            reason = msgspec.json.encode({"status": "unknown window", "reasons": [f"one of {named}"]})
            return web.Response(status=404, body=reason, content_type="application/json")

        return answer
