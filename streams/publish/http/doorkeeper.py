"""Keeps a server's connections few and busy: a limit below that of descriptors, a time for a request to come.

Rules: a request's head has a fixed time from its first moment, whether nothing comes or a byte at a time.
Who does not take an answer for as long is closed, too. Where the limit is reached, the connection that has
waited longest without a request is closed for the new one, else one that is idle between two; where all are
at work, the new one is. So probes and Prometheus are answered, and Kafka and Redis have descriptors left.

Never: looks into what is sent, or touches a connection whose answer is being taken.
"""

import asyncio
import resource
from collections.abc import Callable
from typing import Any, Final

HEAD_S: Final = 10.0
"""How long the head of a request may take to come."""
_MOST: Final = 512
_LEAST: Final = 16
_SPARE: Final = 256
"""Descriptors that are left for Kafka, Redis and files."""


def most_connections() -> int:
    """How many connections are held at once, by the limit on descriptors of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(_LEAST, min(_MOST, soft - _SPARE))


class Doorkeeper:
    """Makes the protocols of a server, each behind a guard.

    Args:
        make: makes aiohttp's protocol of one connection.
        most: how many there may be at once.
        head_s: how long the head of a request may take.
    """

    def __init__(self, make: Callable[[], Any], *, most: int, head_s: float = HEAD_S) -> None:
        self._make = make
        self._most = most
        self.head_s = head_s
        self._open: set[Guard] = set()
        self._waiting: dict[Guard, None] = {}
        """Those without a request, the longest first."""
        self.closed = 0
        """Connections closed so far because they sent no request in time, or for want of room."""

    def __call__(self) -> "Guard":
        """The protocol of a new connection."""
        return Guard(self._make(), self)

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, guard: "Guard") -> bool:
        """Take note of a new connection; False: there is no room for it."""
        if len(self._open) >= self._most:
            oldest = next(iter(self._waiting), None) or next((g for g in self._open if not g.busy()), None)
            if oldest is None:
                self.closed += 1
                return False
            oldest.close()
        self._open.add(guard)
        return True

    def waits(self, guard: "Guard") -> None:
        """Take note that no request is there."""
        self._waiting[guard] = None

    def works(self, guard: "Guard") -> None:
        """Take note that a request is being answered."""
        self._waiting.pop(guard, None)

    def gone(self, guard: "Guard") -> None:
        """Take note of the end of a connection."""
        self._open.discard(guard)
        self._waiting.pop(guard, None)


class Guard(asyncio.Protocol):
    """One connection: aiohttp's protocol with a timer beside it."""

    def __init__(self, handler: Any, keeper: Doorkeeper) -> None:  # noqa: ANN401 - aiohttp's own
        self._handler = handler
        self._keeper = keeper
        self._timer: asyncio.TimerHandle | None = None
        """Until the head of a request must be there."""
        self._unread: asyncio.TimerHandle | None = None
        """Until an answer must be read on."""
        self._transport: asyncio.Transport | None = None
        self._admitted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream's
        self._transport = transport
        self._admitted = self._keeper.admit(self)
        if not self._admitted:
            transport.abort()
            return
        self._wait()
        self._handler.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass on what came; the timer runs until it makes a request."""
        if not self._admitted:
            return
        if self._timer is None and not self.busy():
            self._wait()
        self._handler.data_received(data)
        if self.busy():
            self._work()

    def eof_received(self) -> bool | None:
        """Pass it on."""
        answer: bool | None = self._handler.eof_received() if self._admitted else None
        return answer

    def pause_writing(self) -> None:
        """Pass it on, and give the other side some time to read."""
        self._handler.pause_writing()
        if self._unread is None:
            self._unread = asyncio.get_running_loop().call_later(self._keeper.head_s, self.close)

    def resume_writing(self) -> None:
        """Pass it on."""
        self._read()
        self._handler.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        self._stop()
        self._read()
        self._keeper.gone(self)
        if self._admitted:
            self._handler.connection_lost(exc)

    def close(self) -> None:
        """End the connection at once."""
        self._keeper.closed += 1
        self._stop()
        self._read()
        self._keeper.gone(self)
        if self._transport is not None:
            self._transport.abort()

    def busy(self) -> bool:
        """Whether a request has come whole, and its answer is not over."""
        return bool(self._handler._messages) or self._handler._current_request is not None  # noqa: SLF001

    def _wait(self) -> None:
        self._keeper.waits(self)
        self._timer = asyncio.get_running_loop().call_later(self._keeper.head_s, self._late)

    def _work(self) -> None:
        self._stop()
        self._keeper.works(self)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _late(self) -> None:
        self._timer = None
        if not self.busy():
            self.close()
