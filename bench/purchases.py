"""Live purchases at a rate, dated and stamped with the moment they are sent, and a note of when that was."""

import asyncio
import time
from collections.abc import Iterator
from itertools import count

from bench.stage import Run
from streams.simulate import SimRecord, bodies, topic_of

_EVERY_S = 0.05
_TOPIC = topic_of("purchase")


class Purchases:
    """Purchases of so many customers, in turn, so that no partition stays behind unseen.

    Args:
        run: its topics take them.
        rate: records a second.
        customers: how many there are.
    """

    def __init__(self, run: Run, rate: int, customers: int) -> None:
        self._run = run
        self._rate = rate
        self._customers = customers
        self._numbers = count()
        self.sent = 0
        self.appended: list[tuple[int, float]] = []
        """(records sent so far, when the last of them was handed to the producer, s since the epoch)."""

    async def play(self, seconds: float) -> None:
        """Send for so long; a machine that is too slow sends fewer, never older ones."""
        begin = time.time()
        async with self._run.sender() as sender:
            while (elapsed := time.time() - begin) < seconds:
                due = int(elapsed * self._rate) - self.sent
                if due > 0:
                    records = list(self._chunk(min(due, self._rate)))
                    self.sent += len(records)
                    self.appended.append((self.sent, time.time()))
                    await sender.submit(self._run.renamed(records))
                await asyncio.sleep(_EVERY_S)
            await sender.drain()

    def _chunk(self, n: int) -> Iterator[SimRecord]:
        now = int(time.time() * 1_000)
        for _ in range(n):
            number = next(self._numbers)
            name = f"f{number % self._customers}"
            body = bodies.purchase(f"p{number}", name, now, 500 + number % 9_000, "USD")
            yield SimRecord(_TOPIC, name.encode(), body.encode(), now)
