"""Continuous traffic of a simulated business: every kind, late, repeated, withdrawn, malformed, erased.

Topics have no order between them and a restart changes it; so what class a record gets must not depend on it.
The business takes care of that (only people long gone ask to be erased), and the history's erases are sent
when everything before them is applied.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from streams.ingest.sender import Sender, paced
from streams.simulate import Business, SimRecord, topic_of
from streams.simulate.delivery import Dirt

_DIRT = Dirt(
    late_share=0.02, duplicate_share=0.02, malformed_share=0.004, ahead_share=0.002, ahead_by_ms=2_000
)
_CHUNK = 4_000
_DAYS = 10
_POLL_S = 0.2
_AHEAD = 60_000
"""Twelve seconds' worth: traffic flows on through faults, and a machine that is too slow is not drowned."""
_ERASE = topic_of("erase")


class Load(threading.Thread):
    """Sends from a thread of its own.

    Args:
        options: to reach Kafka with.
        topics: the simulation's topic -> the topic to send to.
        seed: of the business.
        customers: how many it has.
        rate: live records a second.
        applied: how many records the service has counted so far.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        topics: Mapping[str, str],
        *,
        seed: int,
        customers: int,
        rate: float,
        applied: Callable[[], int],
    ) -> None:
        super().__init__(name="load", daemon=True)
        self.sent = 0
        self.live = threading.Event()
        self.error: BaseException | None = None
        self.live_since = 0.0
        self.live_rate = 0.0
        """Live records a second, on average."""
        self._options = options
        self._topics = topics
        self._business = Business(seed, customers, _DAYS, int(time.time() * 1000), dirt=_DIRT)
        self._rate = rate
        self._applied = applied
        self._end = threading.Event()

    def run(self) -> None:
        """Play until told to stop."""
        try:
            asyncio.run(self._play())
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            self.error = error
        self.live.set()

    def stop(self) -> None:
        """End the traffic; returns when all of it is acknowledged.

        Raises:
            BaseException: what ended the traffic before.
        """
        self._end.set()
        self.join()
        if self.error is not None:
            raise self.error

    def abandon(self, *, within: float) -> None:
        """End the traffic, however."""
        self._end.set()
        self.join(within)

    async def _play(self) -> None:
        async with Sender(self._options) as sender:
            history = list(self._business.history())
            await self._send_all(sender, [record for record in history if record.topic != _ERASE])
            await sender.drain()
            await self._within_reach(0)
            await self._send_all(sender, [record for record in history if record.topic == _ERASE])
            before, self.live_since = self.sent, time.time()
            self.live.set()
            async for chunk in paced(self._from(int(self.live_since * 1_000))):
                await self._send(sender, chunk)
                await self._within_reach(_AHEAD)
                if self._end.is_set():
                    break
            await sender.drain()
            self.live_rate = (self.sent - before) / (time.time() - self.live_since)

    def _from(self, begin_ms: int) -> Iterator[SimRecord]:
        """Live traffic without what was due while the history was sent: that would be a burst."""
        return (one for one in self._business.live(self._rate) if one.timestamp_ms >= begin_ms)

    async def _within_reach(self, ahead: int) -> None:
        """Wait while more than so many records are not counted."""
        while self.sent - self._applied() > ahead and not self._end.is_set():  # noqa: ASYNC110 - threads
            await asyncio.sleep(_POLL_S)

    async def _send_all(self, sender: Sender, records: list[SimRecord]) -> None:
        for at in range(0, len(records), _CHUNK):
            await self._send(sender, records[at : at + _CHUNK])

    async def _send(self, sender: Sender, records: Iterable[SimRecord]) -> None:
        """Send with the time of sending, as producers stamp records.

        History must not look expired, nor traffic that a slow machine sends late look like a backlog.
        """
        now = int(time.time() * 1000)
        chunk = [r._replace(topic=self._topics[r.topic], timestamp_ms=now) for r in records]
        await sender.submit(chunk)
        self.sent += len(chunk)
