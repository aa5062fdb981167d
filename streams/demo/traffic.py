"""The demo's events: the history as fast as Kafka takes it, then live traffic at a rate.

Rules: every record sent is also written, before it is sent, to a replay file: what a recount reads.
"""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import BinaryIO

from streams.demo.options import SPIKE_AFTER_MS, SPIKE_DURATION_MS, SPIKE_FACTOR, SPIKE_SEGMENT, DemoOptions
from streams.sending import Sender, paced
from streams.simulate import Business, SimRecord, Spike, to_line

_CHUNK = 4_000


class Traffic:
    """One business and what was sent of it.

    Args:
        options: size and pace.
        journal: takes a line for every record; None: nobody will recount.
    """

    def __init__(self, options: DemoOptions, journal: BinaryIO | None) -> None:
        self._options = options
        self._journal = journal
        self._end_ms = int(time.time() * 1000)
        self.spike = Spike(SPIKE_SEGMENT, self._end_ms + SPIKE_AFTER_MS, SPIKE_FACTOR, SPIKE_DURATION_MS)
        self.sent = 0
        self.history_sent = 0
        self._live = False
        self._business = Business(
            options.seed, options.customers, options.days, self._end_ms, spike=self.spike
        )

    @property
    def live(self) -> bool:
        """Whether the whole history is sent."""
        return self._live

    async def play(self, sender: Sender, stopped: Callable[[], bool]) -> None:
        """Send the history, then live traffic until ``stopped``; returns when all is acknowledged.

        Raises:
            SendingError: Kafka does not take it.
        """
        records = self._business.history()
        while not stopped() and (chunk := list(islice(records, _CHUNK))):
            await self._send(sender, chunk)
        await sender.drain()
        self.history_sent, self._live = self.sent, True
        if not stopped():
            async for chunk in paced(self._business.live(self._options.rate)):
                await self._send(sender, chunk)
                if stopped():
                    break
        await sender.drain()

    async def _send(self, sender: Sender, chunk: Sequence[SimRecord]) -> None:
        if self._journal is not None:
            self._journal.writelines(map(to_line, chunk))
        await sender.submit(chunk)
        self.sent += len(chunk)
