"""How days differ, and what goes wrong on some: so that a business is as ordinary, or not, as it is wanted.

What happens at random happens in a time of its own, which runs faster on busy days and slower on quiet
ones. By default all days are alike.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from streams.core.definition.definition import DAY_MS

Happening = Literal["signups", "churns", "orders"]
"""What has days of its own; answers and refunds go with orders."""

HOLIDAY: Final = 0.3
"""Share of a day's events that a holiday has."""
IMPORTED_AT_MS: Final = 75 * 60_000
"""When the import of a day's cancellations arrives, after its midnight."""
_WEEK_DAYS: Final = 7
_LEAST: Final = 0.001
"""A day never stands still."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Nobody can sign up for a while, from so long before the end of the history on."""

    ago_ms: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Leak:
    """Churn that grows little by little: by the end of the history ``factor`` times as many leave."""

    ago_ms: int
    factor: float


@dataclass(frozen=True, slots=True)
class Days:
    """How days differ; by default not at all.

    Attributes:
        scatter: coefficient of variation of a day's rate, of signups, churns and orders each by itself.
        growth: share by which the rate of signups grows a week.
        holidays: days since the epoch at 30 % of everything.
        by_day: cancellations come as an import in the night after, dated at the end of their day.
        outage: of signups.
        leak: of customers.
    """

    scatter: float = 0.0
    growth: float = 0.0
    holidays: frozenset[int] = frozenset()
    by_day: bool = False
    outage: Outage | None = None
    leak: Leak | None = None

    def stopped(self, since_end_ms: int) -> bool:
        """Whether nobody can sign up at an instant after, or (below 0) before the end of the history."""
        outage = self.outage
        return outage is not None and 0 <= since_end_ms + outage.ago_ms < outage.duration_ms

    def tide(self, what: Happening, seed: int, start_ms: int, end_ms: int) -> "Tide | None":
        """How fast the time of a kind of event runs; None: as time does.

        Args:
            what: the kind of event.
            seed: of the business.
            start_ms: begin of the history.
            end_ms: end of it.
        """
        grows = what == "signups" and self.growth
        leak = self.leak if what == "churns" else None
        if not (self.scatter or self.holidays or grows or leak):
            return None
        first, last = start_ms // DAY_MS, end_ms // DAY_MS

        def factor(day: int) -> float:
            of_day = HOLIDAY if day in self.holidays else 1.0
            if self.scatter:
                shape = self.scatter**-2
                of_day *= Random(f"{seed} {what} {day}").gammavariate(shape, 1 / shape)  # noqa: S311 - no secret
            if grows:
                of_day *= (1 + self.growth) ** ((day - first) / _WEEK_DAYS)
            if leak is not None:
                begin = (end_ms - leak.ago_ms) // DAY_MS
                of_day *= 1 + (leak.factor - 1) * min(1.0, max(0, day - begin) / max(1, last - begin))
            return max(_LEAST, of_day)

        return Tide(first, factor)


class Tide:
    """A time that runs at another pace each day.

    Args:
        first: day since the epoch from which on it does.
        factor: the pace of a day.
    """

    def __init__(self, first: int, factor: Callable[[int], float]) -> None:
        self._first_ms = first * DAY_MS
        self._first = first
        self._factor = factor
        self._paces: list[float] = []
        self._passed = [0.0]
        """How much of it has passed at the begin of each day (ms)."""

    def after(self, at: int, wait_ms: float) -> int:
        """When so much of it will have passed since an instant, which is not before the first day."""
        day, into_ms = divmod(at - self._first_ms, DAY_MS)
        self._reach(day)
        goal = self._passed[day] + into_ms * self._paces[day] + wait_ms
        while self._passed[-1] <= goal:
            self._reach(len(self._paces))
        day = bisect_right(self._passed, goal) - 1
        return self._first_ms + day * DAY_MS + int((goal - self._passed[day]) / self._paces[day])

    def _reach(self, day: int) -> None:
        """Know the pace of the days up to one."""
        while len(self._paces) <= day:
            pace = self._factor(self._first + len(self._paces))
            self._paces.append(pace)
            self._passed.append(self._passed[-1] + pace * DAY_MS)


def end_of_day(at: int) -> int:
    """The midnight (UTC) that ends the day of an instant."""
    return (at // DAY_MS + 1) * DAY_MS
