"""The demo's events: the history as fast as Kafka takes it, then live traffic at a rate.

Rules: every record is written to a replay file before it is sent, in the order of sending: what a recount
reads. Topics have no order between them, and an erase decides what becomes of older events that arrive after
it; so the history's erases are sent when everything before them is applied.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import BinaryIO

from streams.demo.options import SPIKE_AFTER_MS, SPIKE_DURATION_MS, SPIKE_SEGMENT, DemoOptions
from streams.ingest.sender import Sender, paced
from streams.simulate import Business, SimRecord, Spike, to_line, topic_of

_CHUNK = 8_000
_POLL_S = 0.2
_ERASE = topic_of("erase")


class Traffic:
    """One business and what was sent of it.

    Args:
        options: size and pace.
        sender: to Kafka.
        journal: takes a line for every record; None: nobody will recount.
        applied: asks how many records the workers have applied.
    """

    def __init__(
        self,
        options: DemoOptions,
        sender: Sender,
        journal: BinaryIO | None,
        applied: Callable[[], Awaitable[int]],
    ) -> None:
        self._rate = options.rate
        self._sender = sender
        self._journal = journal
        self._applied = applied
        self._stopped = False
        end_ms = int(time.time() * 1000)
        self.spike = Spike(SPIKE_SEGMENT, end_ms + SPIKE_AFTER_MS, options.spike_factor, SPIKE_DURATION_MS)
        self._business = Business(
            options.seed,
            options.customers,
            options.days,
            end_ms,
            spike=self.spike,
            unlike=options.unlike,
            definition=options.definition,
        )
        self.sent = 0
        self.history_sent = 0
        self.live = False
        """Whether the history is over."""

    def stop(self) -> None:
        """Let ``play`` come to an end."""
        self._stopped = True

    async def play(self) -> None:
        """Send the history, then live traffic until stopped; returns when all is acknowledged.

        Raises:
            SendingError: Kafka does not take it.
        """
        erases = await self._send_history()
        if await self._all_applied():
            now_ms = int(time.time() * 1000)
            await self._send([record._replace(timestamp_ms=now_ms) for record in erases])
            self.history_sent, self.live = self.sent, True
            async for chunk in paced(self._business.live(self._rate, few_malformed=True)):
                await self._send(chunk)
                if self._stopped:
                    break
        await self._sender.drain()

    async def _send_history(self) -> list[SimRecord]:
        """Send all of the history but its erases; returns these."""
        erases: list[SimRecord] = []
        records = self._business.history()
        while not self._stopped and (chunk := list(islice(records, _CHUNK))):
            erases += [record for record in chunk if record.topic == _ERASE]
            await self._send([record for record in chunk if record.topic != _ERASE])
        await self._sender.drain()
        return erases

    async def _all_applied(self) -> bool:
        """Wait until the workers have applied everything sent; False when stopped meanwhile."""
        while not self._stopped:
            if await self._applied() == self.sent:
                return True
            await asyncio.sleep(_POLL_S)
        return False

    async def _send(self, chunk: Sequence[SimRecord]) -> None:
        if self._journal is not None:
            self._journal.writelines(map(to_line, chunk))
        await self._sender.submit(chunk)
        self.sent += len(chunk)
