"""From what happened to what arrives: delays, late events, duplicates, clocks ahead, malformed records.

Records leave in arrival order. The queue holds only what is still under way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import log
from random import Random

from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from streams.simulate.malformed import any_malformed
from streams.simulate.records import KINDS, SimRecord, topic_of

TOPICS: dict[str, str] = {kind: topic_of(kind) for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Dirt:
    """How dirty the traffic is: shares of all events, and spans in milliseconds."""

    late_share: float = 0.01
    late_from_ms: int = MINUTE_MS
    late_to_ms: int = 2 * DAY_MS
    duplicate_share: float = 0.01
    duplicate_within_ms: int = HOUR_MS
    malformed_share: float = 0.001
    ahead_share: float = 0.002
    """Events of a source whose clock is ahead of ours."""
    ahead_by_ms: int = 20 * SECOND_MS
    delay_ms: int = 400
    """Mean of the usual delay."""


class Delivery:
    """The way of events to Kafka, in the order of their arrival."""

    def __init__(self, rng: Random, dirt: Dirt) -> None:
        self.dirt = dirt
        self._rng = rng
        self._number = 0
        self._under_way: list[tuple[int, int, SimRecord]] = []

    def occurs(self, at: int) -> int:
        """The time an event at ``at`` is dated: a little ahead when its source's clock is."""
        dirt = self.dirt
        if self._rng.random() < dirt.ahead_share:
            return at + 1 + int(self._rng.random() * dirt.ahead_by_ms)
        return at

    def send(self, kind: str, key: bytes, at: int, body: str) -> None:
        """Let an event that happened at ``at`` arrive: as a rule soon, sometimes late or twice."""
        random, dirt = self._rng.random, self.dirt
        arrival = at + int(-dirt.delay_ms * log(1.0 - random()))
        chance = random()
        if chance < dirt.late_share:
            arrival += int(dirt.late_from_ms * (dirt.late_to_ms / dirt.late_from_ms) ** random())
        value = body.encode()
        self._push(TOPICS[kind], key, value, arrival)
        if chance > 1.0 - dirt.duplicate_share:
            self._push(TOPICS[kind], key, value, arrival + 1 + int(random() * dirt.duplicate_within_ms))
        elif dirt.late_share <= chance < dirt.late_share + dirt.malformed_share:
            customer = key.decode()
            bad_kind, bad = any_malformed(self._rng, f"x{self._number}", customer, at)
            self._push(TOPICS[bad_kind], key, bad, arrival)

    def deliver(self, kind: str, key: bytes, body: str, arrival: int) -> None:
        """Let an event arrive exactly then, clean: an import."""
        self._push(TOPICS[kind], key, body.encode(), arrival)

    def arrived(self, until: int) -> Iterator[SimRecord]:
        """Everything that has arrived up to an instant and was not taken yet."""
        queue = self._under_way
        while queue and queue[0][0] <= until:
            yield heappop(queue)[2]

    def _push(self, topic: str, key: bytes, value: bytes, arrival: int) -> None:
        self._number += 1
        heappush(self._under_way, (arrival, self._number, SimRecord(topic, key, value, arrival)))
