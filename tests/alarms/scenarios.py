"""Simulated streams: counts by five minutes of a business that is ordinary, or not.

The seasons are the simulated business's (streams/simulate/seasons.py). Everything is drawn from one
generator.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from streams.simulate.seasons import HOUR_WEIGHTS

SLOTS_A_DAY: Final = 288
WARM_UP_DAYS: Final = 63
"""Four weeks of baseline, and five of days that are held against one."""
Counts: TypeAlias = npt.NDArray[np.int64]

_HOURS: Final = np.array(HOUR_WEIGHTS, dtype=float)
_WEEKDAYS: Final = np.array([1.05, 1.0, 1.0, 1.05, 1.15, 0.95, 0.8])
_HOLIDAY: Final = 0.3
_HOLIDAYS_A_YEAR: Final = 8


@dataclass(frozen=True, slots=True)
class Scenario:
    """An ordinary business, seen in one stream.

    Attributes:
        an_hour: counts an hour on average.
        scatter: coefficient of variation of days.
        growth: share by which the rate grows a week.
        holidays: days a year at 30 %.
        by_day: all of a day is dated at one instant of it.
        clock_changes: on two days of the year all moves by an hour.
    """

    an_hour: float
    scatter: float = 0.0
    growth: float = 0.0
    holidays: int = _HOLIDAYS_A_YEAR
    by_day: bool = False
    clock_changes: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Something out of the ordinary: the rate times a factor, for so many hours from a slot on."""

    at: int
    factor: float
    hours: float


@dataclass(frozen=True, slots=True)
class Ordinary:
    """The mean of each slot, and which days are holidays."""

    means: npt.NDArray[np.float64]
    holidays: frozenset[int]


def ordinary(scenario: Scenario, days: int, rng: np.random.Generator) -> Ordinary:
    """An ordinary business, so many days of it."""
    hours = _HOURS / _HOURS.mean()
    if scenario.clock_changes:
        shifted = [np.roll(hours, 1 if 90 <= day % 365 < 300 else 0) for day in range(days)]
        by_hour = np.concatenate(shifted)
    else:
        by_hour = np.tile(hours, days)
    number = np.arange(days)
    factor = (_WEEKDAYS / _WEEKDAYS.mean())[number % 7] * (1 + scenario.growth) ** (number / 7)
    if scenario.scatter:
        shape = 1 / scenario.scatter**2
        factor = factor * rng.gamma(shape, 1 / shape, days)
    holidays = np.flatnonzero(rng.random(days) < scenario.holidays / 365)
    factor[holidays] *= _HOLIDAY
    means: npt.NDArray[np.float64] = np.repeat(by_hour, 12) * np.repeat(factor, SLOTS_A_DAY)
    return Ordinary(means * scenario.an_hour / 12, frozenset(holidays.tolist()))


def counts(
    scenario: Scenario, business: Ordinary, rng: np.random.Generator, change: Change | None = None
) -> Counts:
    """What is counted in each slot."""
    means = business.means
    if change is not None:
        means = means.copy()
        means[change.at : change.at + round(change.hours * 12)] *= change.factor
    drawn: Counts = rng.poisson(means).astype(np.int64)
    if scenario.by_day:
        days = drawn.reshape(-1, SLOTS_A_DAY)
        instant = 15  # 01:15, which is no full hour
        whole = days.sum(axis=1)
        days[:] = 0
        days[:, instant] = whole
        drawn = days.reshape(-1)
    return drawn
