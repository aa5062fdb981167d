"""The simulation's state: who there is, what will happen next, and how fast time runs.

One agenda of future acts, one random generator, one delivery. Acts are plain callables that get the
instant they happen at; an act of a customer who has left meanwhile finds another ``epoch`` and does nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import log
from random import Random
from typing import get_args

from streams.core.definition.definition import DAY_MS, Definition
from streams.simulate.days import Days, Happening, Tide
from streams.simulate.delivery import Delivery, Dirt
from streams.simulate.dimensions import KindsOfCustomers
from streams.simulate.seasons import place

Act = Callable[[int], None]


@dataclass(slots=True, eq=False)
class Customer:
    """One simulated customer."""

    name: str
    key: bytes
    attributes: dict[str, str]
    segment: str
    cost: int | None
    currency: str
    basket: int
    """Median order in minor units."""
    gap_ms: float
    """Mean time between two orders."""
    mood: float
    """0 furious, 1 delighted: where the scores come from."""
    active: bool = False
    erased: bool = False
    epoch: int = 0
    """Goes up whenever the customer leaves: what was planned before does not happen."""
    last_ms: int = 0


class World:
    """Everything that is going on.

    Args:
        seed: of all that is drawn.
        dirt: of its traffic.
        definition: names the dimensions.
        days: how they differ.
        span: begin and end of the history (ms).
    """

    def __init__(
        self, seed: int, dirt: Dirt, definition: Definition, days: Days, span: tuple[int, int]
    ) -> None:
        self.rng = Random(seed)  # noqa: S311 - a simulation, not a secret
        self.delivery = Delivery(self.rng, dirt)
        self.kinds = KindsOfCustomers(seed, definition)
        self.days = days
        self._end_ms = span[1]
        self._tides: dict[Happening, Tide | None] = {
            what: days.tide(what, seed, *span) for what in get_args(Happening)
        }
        self.customers: list[Customer] = []
        self.by_segment: dict[str, list[Customer]] = {}
        self.speed = 1.0
        """How much faster than in nature orders and surveys follow each other."""
        self.acts_done = 0
        """How many orders, answers and what follows them have happened."""
        self._agenda: list[tuple[int, int, bool, Act]] = []
        self._number = 0

    def plan(self, at: int, act: Act) -> None:
        """Let something of a customer's life happen at an instant: at its natural pace, always."""
        self._number += 1
        heappush(self._agenda, (at, self._number, False, act))

    def follow(self, at: int, after_ms: float, act: Act) -> None:
        """Let an order, an answer or the like follow: at a likely hour, or soon when time is sped up."""
        when = self.later("orders", at, after_ms / self.speed)
        if self.speed != 1.0:
            when += 1
        elif after_ms > DAY_MS // 2:
            when = place(when, at, self.rng)
        self._number += 1
        heappush(self._agenda, (when, self._number, True, act))

    def stopped(self, at: int) -> bool:
        """Whether nobody can sign up at an instant."""
        return self.days.stopped(at - self._end_ms)

    def later(self, what: Happening, at: int, wait_ms: float) -> int:
        """When something happens that would come after so long if all days were alike."""
        tide = self._tides[what]
        return at + int(wait_ms) if tide is None else tide.after(at, wait_ms)

    def next_at(self) -> int | None:
        """When the next act is due."""
        return self._agenda[0][0] if self._agenda else None

    def step(self) -> int:
        """Do the next act; returns its instant."""
        at, _, sped, act = heappop(self._agenda)
        self.acts_done += sped
        act(at)
        return at

    def speed_up(self, now: int, speed: float) -> None:
        """From now on let orders and surveys, planned ones included, follow ``speed`` times as fast."""
        self.speed = speed
        self._agenda = [
            (now + int((at - now) / speed) if sped else at, number, sped, act)
            for at, number, sped, act in self._agenda
        ]
        heapify(self._agenda)

    def number(self, letter: str) -> str:
        """A new event id."""
        self._number += 1
        return f"{letter}{self._number:x}"

    def gap(self, mean_ms: float) -> float:
        """A gamma-distributed time (shape 2): rarely very short, sometimes long."""
        random = self.rng.random
        return -mean_ms / 2 * log((1.0 - random()) * (1.0 - random()))

    def wait(self, mean_ms: float) -> float:
        """An exponentially distributed time."""
        return -mean_ms * log(1.0 - self.rng.random())
