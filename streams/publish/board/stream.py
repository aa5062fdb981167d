"""Events to the open pages: each is encoded once and the same bytes go to all of them.

Rules: a page has a bounded queue; one that does not keep up is cut off (its browser connects again and gets
the newest state), never waited for. There is a limit on pages. Frames are those of server-sent events.

Never holds more than the queues, and knows nothing of what the events say.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from streams.publish.board.document import encode
from streams.publish.http.doorkeeper import most_connections

QUEUED = 16
"""Events that may wait for a page: some seconds. What the socket buffers comes on top."""

MOST_PAGES = most_connections() // 2
"""Open pages; the rest of the connections is for probes, Prometheus and readers."""


def frame(event: str, document: object) -> bytes:
    """An event as it goes over the wire."""
    return b"event: " + event.encode() + b"\ndata: " + encode(document) + b"\n\n"


class Page:
    """One open page: what waits for it.

    Args:
        cut_off: ends its connection at once.
    """

    def __init__(self, cut_off: Callable[[], None]) -> None:
        self.cut_off = cut_off
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUED)

    def offer(self, event: bytes | None) -> bool:
        """Queue an event, or None for the end; False if the queue is full."""
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            return False
        return True

    async def events(self) -> AsyncIterator[bytes]:
        """What is sent to it, until the end."""
        while (event := await self._waiting.get()) is not None:
            yield event


class Broadcast:
    """Sends events to every open page."""

    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._ended = False
        self.dropped = 0
        """Pages cut off so far because they did not keep up."""

    def __len__(self) -> int:
        return len(self._pages)

    def join(self, page: Page) -> bool:
        """Send to this page too; False if the limit is reached or the broadcast has ended."""
        joined = not self._ended and len(self._pages) < MOST_PAGES
        if joined:
            self._pages.add(page)
        return joined

    def leave(self, page: Page) -> None:
        """Send to it no longer."""
        self._pages.discard(page)

    def send(self, event: bytes) -> None:
        """Queue an event for every page; never waits."""
        for page in [page for page in self._pages if not page.offer(event)]:
            self.dropped += 1
            self._pages.discard(page)
            page.cut_off()

    def end(self) -> None:
        """End every page; no further one can join."""
        self._ended = True
        for page in self._pages:
            if not page.offer(None):
                page.cut_off()
        self._pages.clear()
