"""A tick begins when the wall clock says so: one evaluation for each instant."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.engine.protocol_model import Logs
from tests.engine.protocol_worker import Worker


@pytest.mark.parametrize(
    ("readings", "looked"),
    [
        ((10_998, 10_999, 11_000, 11_001), 3),
        ((10_998, 11_000, 11_001), 2),
        ((10_998, 9_000, 9_001), 2),
        ((10_998, 70_000, 70_001), 2),
    ],
    ids=["a timer that ends early", "one that does not", "a clock set back", "a clock set forward"],
)
def test_a_tick_never_begins_early(readings: Sequence[int], looked: int) -> None:
    """Whatever a timer says: it is not the wall clock's."""
    left = iter(readings)
    seen: list[int] = []

    def clock() -> int:
        seen.append(next(left, 11_000))
        return seen[-1]

    partition = Worker(Logs({}), clock).partition
    asyncio.run(partition.next_tick())
    assert len(seen) == looked
