"""What a fetch brings in the middle of a rebalance is read again, even where nothing follows it."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.engine.transport import Consumer, Fetched

PLACE = TP("crm.customer.signup.v1", 1)


class Source(Consumer):
    """The consumer without its thread: fetches what it is given, notes where it seeks."""

    def __init__(self, app: SimpleNamespace) -> None:
        self.app: Any = app
        self._discarded = set()
        self.sought: list[dict[TP, int]] = []

    def assignment(self) -> set[TP]:
        """What the group gave this member."""
        return {PLACE}

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Note it."""
        self.sought.append(dict(partitions))


def test_a_batch_fetched_over_a_rebalance_is_sought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fetch began in one generation and ended in the next, after its seek."""
    assignment = SimpleNamespace(
        ready=True, holds=lambda _: False, seen_ends=lambda _: None, next_offsets=lambda: {PLACE: 7}
    )
    app = SimpleNamespace(rebalancing=False, consumer_generation_id=1, owned=assignment)
    fetches = 0

    async def fetch(*_: Any) -> Fetched:  # noqa: ANN401 - whatever Faust passes
        nonlocal fetches
        fetches += 1
        if fetches == 1:
            app.consumer_generation_id = 2  # the rebalance completes while the fetch is under way
            return Fetched({PLACE: []}, {})
        return Fetched({}, {})

    monkeypatch.setattr(driver.Consumer, "_getmany", fetch)
    source = Source(app)
    assert asyncio.run(source._getmany({PLACE}, 0.0)) == {}
    assert source.sought == []
    asyncio.run(source._getmany({PLACE}, 0.0))
    assert source.sought == [{PLACE: 7}]
    asyncio.run(source._getmany({PLACE}, 0.0))
    assert source.sought == [{PLACE: 7}], "once is enough"
