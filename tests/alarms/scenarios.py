"""Simulated streams: counts by five minutes of a business that is ordinary, or not.

The seasons are the simulated business's (streams/simulate/seasons.py). Everything is drawn from one
generator: how many there are in an hour, then in which slot of the hour each of them is, which is the same as
a Poisson number for each slot and quicker.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from streams.simulate.seasons import HOUR_WEIGHTS

SLOTS_A_DAY: Final = 288
WARM_UP_DAYS: Final = 63
"""Four weeks of baseline, and five of days that are held against one."""
Counts: TypeAlias = npt.NDArray[np.int32]
Floats: TypeAlias = npt.NDArray[np.float64]

_SLOTS_AN_HOUR: Final = 12
_HOURS: Final = np.array(HOUR_WEIGHTS, dtype=float)
_WEEKDAYS: Final = np.array([1.05, 1.0, 1.0, 1.05, 1.15, 0.95, 0.8])
_HOLIDAY: Final = 0.3
_HOLIDAYS_A_YEAR: Final = 8
_INSTANT: Final = 15
"""01:15, which is no full hour."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """An ordinary business, seen in one stream.

    Attributes:
        an_hour: counts an hour on average; of a share, answers.
        scatter: coefficient of variation of days, of a share of its own besides.
        growth: share by which the rate grows a week.
        holidays: days a year at 30 %.
        declared: whether the definition lists them.
        by_day: all of a day is dated at one instant of it.
        clock_changes: on two days of the year all moves by an hour.
        seasons: whether hours and weekdays differ.
        burst: how many come together, on average.
        share: of the answers that count; 0: no share is looked at.
    """

    an_hour: float
    scatter: float = 0.0
    growth: float = 0.0
    holidays: int = _HOLIDAYS_A_YEAR
    declared: bool = True
    by_day: bool = False
    clock_changes: bool = False
    seasons: bool = True
    burst: float = 1.0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """Something out of the ordinary: the rate, or share, times a factor, for so many hours from a slot on."""

    at: int
    factor: float
    hours: float


@dataclass(frozen=True, slots=True)
class Ordinary:
    """The mean of each hour, which days are holidays, and the share on each day."""

    means: Floats
    holidays: frozenset[int]
    shares: Floats | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is counted in each slot, and of a share how many answers there are."""

    counts: Counts
    answers: Counts | None = None


def ordinary(scenario: Scenario, days: int, rng: np.random.Generator) -> Ordinary:
    """An ordinary business, so many days of it."""
    number = np.arange(days)
    hours = _HOURS / _HOURS.mean() if scenario.seasons else np.ones(24)
    by_hour = np.tile(hours, (days, 1))
    if scenario.clock_changes:
        summer = (number % 365 >= 90) & (number % 365 < 300)
        by_hour[summer] = np.roll(hours, 1)
    factor = (1 + scenario.growth) ** (number / 7) * _scattered(scenario, days, rng)
    if scenario.seasons:
        factor *= (_WEEKDAYS / _WEEKDAYS.mean())[number % 7]
    holidays = np.flatnonzero(rng.random(days) < scenario.holidays / 365)
    factor[holidays] *= _HOLIDAY
    shares = None
    if scenario.share:
        shares = np.minimum(1.0, scenario.share * _scattered(scenario, days, rng))
    means: Floats = (by_hour * factor[:, None]).reshape(-1) * scenario.an_hour
    return Ordinary(means, frozenset(holidays.tolist()), shares)


def draw(
    scenario: Scenario, business: Ordinary, rng: np.random.Generator, change: Change | None = None
) -> Drawn:
    """What is counted in each slot."""
    found = _placed(rng.poisson(business.means / scenario.burst), rng)
    if scenario.burst > 1:
        together = np.flatnonzero(found)
        found[together] += rng.negative_binomial(found[together], 1 / scenario.burst).astype(np.int32)
    if scenario.by_day:
        days = found.reshape(-1, SLOTS_A_DAY)
        whole = days.sum(axis=1)
        days[:] = 0
        days[:, _INSTANT] = whole
    if business.shares is not None:
        return _share(found, business.shares, rng, change)
    if change is not None:
        _apply(found, business.means, rng, change)
    return Drawn(found)


def _scattered(scenario: Scenario, days: int, rng: np.random.Generator) -> Floats:
    if not scenario.scatter:
        return np.ones(days)
    shape = 1 / scenario.scatter**2
    return rng.gamma(shape, 1 / shape, days)


def _placed(by_hour: npt.NDArray[np.int64], rng: np.random.Generator) -> Counts:
    """Each in a slot of its hour, all slots being as likely."""
    slots = np.repeat(np.arange(len(by_hour), dtype=np.int32) * _SLOTS_AN_HOUR, by_hour)
    slots += rng.integers(0, _SLOTS_AN_HOUR, len(slots), dtype=np.int8)
    return np.bincount(slots, minlength=len(by_hour) * _SLOTS_AN_HOUR).astype(np.int32)


def _apply(found: Counts, means: Floats, rng: np.random.Generator, change: Change) -> None:
    """More are added at random, or some are left out."""
    slots = np.arange(change.at, min(len(found), change.at + round(change.hours * _SLOTS_AN_HOUR)))
    if change.factor > 1:
        mean = means[slots // _SLOTS_AN_HOUR] / _SLOTS_AN_HOUR
        found[slots] += rng.poisson(mean * (change.factor - 1)).astype(np.int32)
    else:
        found[slots] = rng.binomial(found[slots], change.factor)


def _share(answers: Counts, shares: Floats, rng: np.random.Generator, change: Change | None) -> Drawn:
    some = np.flatnonzero(answers)
    share = shares[some // SLOTS_A_DAY]
    if change is not None:
        changed = (some >= change.at) & (some < change.at + round(change.hours * _SLOTS_AN_HOUR))
        share = np.where(changed, np.minimum(1.0, share * change.factor), share)
    hits = np.zeros_like(answers)
    hits[some] = rng.binomial(answers[some], share)
    return Drawn(hits, answers)
