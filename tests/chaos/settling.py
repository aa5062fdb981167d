"""Waits until everything that was sent is counted, and told of every dimension value too.

What it knows it reads from the totals topic, as a publisher does. It judges no value.
"""

import asyncio
from collections.abc import Callable

from streams.app import wall_clock
from streams.engine.kafka.client import Client
from streams.engine.totals_topic.reader import Told, TotalsReader
from streams.settings import Settings
from tests.chaos import logs
from tests.support.eventually import eventually_async

_SETTLE_S = 90.0
_BEGUN_SINCE = 2
"""Flushes told after an instant, of which the last one began after it: a partition's do not overlap."""


async def settled(settings: Settings) -> int:
    """Wait until everything in the source logs is counted, nothing is parked, and dimensions know it too.

    Returns:
        A t (ms) from which on that is so.

    Raises:
        AssertionError: it does not come to that.
    """
    settling = Settling(settings.partitions, await logs.ends(settings), settings.dimension_interval)
    reader = TotalsReader(Client(settings), settings.topic_totals, settings.partitions, settling.tell)
    reading = asyncio.create_task(reader.run())

    async def all_counted() -> bool:
        return settling.settled

    try:
        await eventually_async(all_counted, within=_SETTLE_S)
    except AssertionError as error:
        raise AssertionError(str(settling)) from error
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return settling.since_ms


class Settling:
    """What the partitions say until all is counted.

    Args:
        partitions: how many there are.
        expected: how many records there are.
        interval_ms: how often dimension totals are made.
        clock: the wall clock (ms).
    """

    def __init__(
        self, partitions: int, expected: int, interval_ms: int, clock: Callable[[], int] = wall_clock
    ) -> None:
        self._partitions = partitions
        self._expected = expected
        self._interval_ms = interval_ms
        self._clock = clock
        self._newest: dict[int, Told] = {}
        self._since: dict[int, int] = {}
        self._again_ms = 0
        """From then on dimension totals have been due once more since all was counted."""
        self._again: dict[int, int] = {}

    def tell(self, told: Told) -> None:
        """Take what a partition says."""
        number = told.partition
        self._newest[number] = told
        if self._since and self._clock() >= self._again_ms:
            self._again[number] = self._again.get(number, 0) + 1

    @property
    def since_ms(self) -> int:
        """The t (ms) at which all was first seen to be counted."""
        return max(self._since.values())

    @property
    def settled(self) -> bool:
        """Whether all is counted, and dimension totals were made after that was first seen."""
        told = self._newest.values()
        if len(told) < self._partitions or not all(one.header.live for one in told):
            return False
        accounts = [one.header.accounting for one in told]
        if sum(one.received for one in accounts) != self._expected or any(one.parked for one in accounts):
            return False
        if not self._since:
            self._since = {one.partition: one.header.t for one in told}
            self._again_ms = self._clock() + self._interval_ms
        return all(self._made_since(one) for one in told)

    def _made_since(self, told: Told) -> bool:
        """Whether dimension totals are of later than that; a t in the future is no proof of it."""
        t = told.header.dimensions_t or 0
        if t > self._clock():
            return self._again.get(told.partition, 0) >= _BEGUN_SINCE
        return t >= self._since[told.partition]

    def __str__(self) -> str:
        states = ", ".join(
            f"partition {number}: live {told.header.live}, received {told.header.accounting.received}, "
            f"parked {told.header.accounting.parked}, lag {told.header.lag}, t {told.header.t}"
            for number, told in sorted(self._newest.items())
        )
        return f"{states}; {self._expected} records sent"
