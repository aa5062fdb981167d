"""A TCP address that a test opens, shuts and silences: what a client sees when a server is away or hangs.

Runs in the test's event loop and forwards to a real server; listens on 127.0.0.1 only.
"""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from streams.embedded.ports import LOOPBACK, free_port

_CHUNK = 1 << 16


class Gate:
    """An address in front of a server; shut at first: connections are refused.

    Args:
        target: ``host:port`` of the server.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self.port = free_port()
        self._server: asyncio.Server | None = None
        self._silent = False
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shut()

    @property
    def address(self) -> str:
        """Where clients connect to."""
        return f"{LOOPBACK}:{self.port}"

    async def open(self) -> None:
        """Forward everything from now on."""
        await self._listen(silent=False)

    async def hang(self) -> None:
        """Accept connections, and never answer."""
        await self._listen(silent=True)

    async def shut(self) -> None:
        """Refuse connections, and break those there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _listen(self, *, silent: bool) -> None:
        await self.shut()
        self._silent = silent
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            if self._silent:
                await _swallow(reader)
            else:
                await self._forward(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the end of a connection is no matter, whoever ends it
        finally:
            self._connections.discard(task)
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._target)
        try:
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        finally:
            back.close()
            with contextlib.suppress(ConnectionError):
                await back.wait_closed()


async def _swallow(reader: asyncio.StreamReader) -> None:
    while await reader.read(_CHUNK):
        pass


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    writer.close()
