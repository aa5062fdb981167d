"""Pacing: records leave when the wall clock has reached their timestamps, in order, none lost."""

import asyncio
import time
from itertools import count

from streams.sending import paced
from streams.simulate import SimRecord


def record(timestamp_ms: int) -> SimRecord:
    """A record of that time."""
    return SimRecord("t", b"c1", b"{}", timestamp_ms)


def test_what_is_due_comes_at_once_and_the_rest_in_its_time() -> None:
    """The past in one piece, the future not before its instant."""
    now = time.time_ns() // 1_000_000
    records = [record(now - 1_000), record(now - 500), record(now + 200), record(now + 210)]

    async def take() -> list[tuple[float, SimRecord]]:
        return [(time.time() * 1000, each) async for chunk in paced(records) for each in chunk]

    taken = asyncio.run(take())
    assert [each for _, each in taken] == records
    assert all(at >= each.timestamp_ms for at, each in taken)
    assert taken[1][0] < now + 200


def test_waiting_yields_empty_chunks_so_that_the_caller_can_stop() -> None:
    """Nobody waits for a record that is an hour away."""

    async def first() -> list[SimRecord]:
        async for chunk in paced(record(time.time_ns() // 1_000_000 + 3_600_000 + n) for n in count()):
            return chunk
        raise AssertionError("there is always a chunk")

    assert asyncio.run(first()) == []
