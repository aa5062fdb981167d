"""Traffic of one kind at a rate, as nobody would wish for it: what each load sends, record by record.

A machine that is too slow sends fewer; records are dated and stamped with the moment they are made.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from streams.ingest.sender import Sender
from streams.simulate import SimRecord, bodies, topic_of

_EVERY_S = 0.05
_CHUNK = 10_000
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_COMMENT = "x" * 890_000
"""With its envelope just below what brokers take without being told."""
_ATTRIBUTES = ("plan", "segment", "channel", "region")

Make = Callable[[int, int], SimRecord]
"""A record of a number and a moment (ms)."""


class Stream(NamedTuple):
    """Records of one kind, so many a second."""

    make: Make
    rate: int


def order(number: int, at_ms: int, *, customers: int = 20_000) -> SimRecord:
    """A purchase; customers take turns, so that every partition has its share."""
    return _order(f"p{number}", f"c{number % customers}", number, at_ms)


def hot_order(number: int, at_ms: int) -> SimRecord:
    """A purchase, always of the same customer."""
    return _order(f"h{number}", "hot", number, at_ms)


def _order(event_id: str, customer: str, number: int, at_ms: int) -> SimRecord:
    body = bodies.purchase(event_id, customer, at_ms, 500 + number % 9_000, "USD")
    return SimRecord(topic_of("purchase"), customer.encode(), body.encode(), at_ms)


def new_profile(number: int, at_ms: int) -> SimRecord:
    """The signup of a new customer, whose plan, segment, channel and region nobody has seen before."""
    customer = f"v{number}"
    attributes = {name: f"{name}{number}" for name in _ATTRIBUTES}
    body = bodies.signup(f"s{number}", customer, at_ms, attributes, 2_500, trial=False)
    return SimRecord(topic_of("signup"), customer.encode(), body.encode(), at_ms)


def new_touchpoint(number: int, at_ms: int) -> SimRecord:
    """A survey answer at a touchpoint nobody has seen before; customers take turns."""
    customer = f"c{number % 20_000}"
    body = bodies.survey(
        f"t{number}", customer, at_ms, kind="nps", score=number % 11, scale=10, touchpoint=f"touch{number}"
    )
    return SimRecord(topic_of("survey"), customer.encode(), body.encode(), at_ms)


def essay(number: int, at_ms: int) -> SimRecord:
    """A survey answer with a comment as long as a broker takes it."""
    customer = f"e{number}"
    body = bodies.survey(
        f"e{number}", customer, at_ms, kind="nps", score=9, scale=10, touchpoint="app", comment=_COMMENT
    )
    return SimRecord(topic_of("survey"), customer.encode(), body.encode(), at_ms)


def garbage(number: int, at_ms: int) -> SimRecord:
    """No event, in a topic and partition by turns."""
    kind = ("signup", "purchase", "survey", "void")[number % 4]
    return SimRecord(topic_of(kind), b"m%d" % number, b'{"event_id":"%d","customer' % number, at_ms)


class Flood:
    """Sends streams.

    Args:
        options: to reach Kafka with.
        topics: the simulation's topic -> the topic to send to.
    """

    def __init__(self, options: Mapping[str, Any], topics: Mapping[str, str]) -> None:
        self.sent = 0
        self._options = options
        self._topics = topics
        self._numbers: dict[Make, int] = {}

    def play(self, streams: Iterable[Stream], seconds: float) -> None:
        """Send for so long, and until all of it is acknowledged; the caller's thread goes on meanwhile.

        Raises:
            RuntimeError: the traffic broke off.
        """
        told: list[BaseException] = []

        def run() -> None:
            try:
                asyncio.run(self._play(list(streams), seconds))
            except BaseException as error:  # noqa: BLE001 - told to whoever waits
                told.append(error)

        thread = threading.Thread(target=run, name="flood", daemon=True)
        thread.start()
        thread.join()
        if told:
            raise RuntimeError("the traffic broke off") from told[0]

    def backlog(self, records: int) -> None:
        """Send so many purchases as fast as it goes, dated within one hour three days ago.

        What 5,000 customers amount to soon stops growing then: what still grows is not theirs.
        """
        begin_ms = int(time.time() * 1_000) - 3 * _DAY_MS
        dated = (
            order(number, begin_ms + number * _HOUR_MS // records, customers=5_000)
            for number in range(records)
        )
        asyncio.run(self._pour(dated))

    async def _pour(self, records: Iterator[SimRecord]) -> None:
        async with Sender(self._options) as sender:
            while chunk := [self._renamed(record) for record in islice(records, _CHUNK)]:
                await sender.submit(chunk)
                self.sent += len(chunk)
            await sender.drain()

    async def _play(self, streams: list[Stream], seconds: float) -> None:
        begin, done = time.time(), [0] * len(streams)
        async with Sender(self._options) as sender:
            while (elapsed := time.time() - begin) < seconds:
                for place, stream in enumerate(streams):
                    due = min(int(elapsed * stream.rate) - done[place], stream.rate)
                    chunk = self._made(stream.make, due)
                    done[place] += due
                    await sender.submit(chunk)
                    self.sent += len(chunk)
                await asyncio.sleep(_EVERY_S)
            await sender.drain()

    def _made(self, make: Make, count: int) -> list[SimRecord]:
        now_ms, first = int(time.time() * 1_000), self._numbers.get(make, 0)
        self._numbers[make] = first + count
        return [self._renamed(make(number, now_ms)) for number in range(first, first + count)]

    def _renamed(self, record: SimRecord) -> SimRecord:
        return record._replace(topic=self._topics[record.topic])
