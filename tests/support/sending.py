"""The moment at which redis-py has sent a command and waits for the answer."""

from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Connection

WhenSent = Callable[[Callable[[], object]], None]


def when_sent(monkeypatch: pytest.MonkeyPatch) -> WhenSent:
    """Have something done once, just before the sending of the next command is over."""
    todo: list[Callable[[], object]] = []
    send = Connection._send_packed_command

    async def sent(self: Connection, command: Any) -> None:  # noqa: ANN401 - redis-py's
        await send(self, command)
        if todo:
            todo.pop()()

    monkeypatch.setattr(Connection, "_send_packed_command", sent)
    return todo.append
