"""Open pages, as the server sees them: connections that ask for the events, and read or do not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from streams.core.definition.definition import Definition
from streams.publish.board.board import Board
from streams.publish.http.health import Health
from streams.publish.http.listener import Address
from streams.publish.http.server import HttpServer
from streams.publish.prometheus.exposition import Exposition

ASK = b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextlib.asynccontextmanager
async def serving(board: Board, definition: Definition) -> AsyncIterator[HttpServer]:
    """Serve a board on a free port."""
    server = HttpServer(Address(port=0), Exposition(definition), board, alive=Health, ready=Health)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class EventPage:
    """One page that reads events."""

    def __init__(self) -> None:
        self.received = 0
        """Bytes so far."""
        self.events: list[bytes] = []
        """Names of the events so far, and their data."""
        self._task: asyncio.Task[None] | None = None

    async def open(self, port: int) -> None:
        """Connect and begin to read."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK)
        self._task = asyncio.create_task(self._read(reader, writer))

    async def close(self) -> None:
        """Go away."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self.received += len(line)
                if line.startswith((b"event:", b"data:")):
                    self.events.append(line.strip())
        finally:
            writer.close()

    @property
    def names(self) -> list[str]:
        """The events in their order."""
        return [one.removeprefix(b"event: ").decode() for one in self.events if one.startswith(b"event:")]
