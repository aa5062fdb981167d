"""Pacing: records leave when the wall clock has reached their timestamps, in order, none lost."""

import asyncio
import time
from itertools import count
from types import SimpleNamespace

import pytest

from streams.ingest import sender
from streams.ingest.sender import paced
from streams.simulate import SimRecord


def record(timestamp_ms: int) -> SimRecord:
    """A record of that time."""
    return SimRecord("t", b"c1", b"{}", timestamp_ms)


def test_what_is_due_comes_at_once_and_the_rest_in_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The past in one piece, the future not before its instant; by a clock that is set by hand."""
    now = 1_772_366_400_000
    clock = [now]
    monkeypatch.setattr(sender, "time", SimpleNamespace(time=lambda: clock[0] / 1000))
    records = [record(now - 1_000), record(now - 500), record(now + 200), record(now + 210)]

    async def take() -> list[tuple[int, list[SimRecord]]]:
        taken = []
        async for chunk in paced(records):
            taken.append((clock[0] - now, chunk))
            clock[0] += 100
        return taken

    past, future = records[:2], records[2:]
    assert asyncio.run(take()) == [(0, past), (100, []), (200, future[:1]), (300, future[1:])]


def test_waiting_yields_empty_chunks_so_that_the_caller_can_stop() -> None:
    """Nobody waits for a record that is an hour away."""

    async def first() -> list[SimRecord]:
        async for chunk in paced(record(time.time_ns() // 1_000_000 + 3_600_000 + n) for n in count()):
            return chunk
        raise AssertionError("there is always a chunk")

    assert asyncio.run(first()) == []
