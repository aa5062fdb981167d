"""How much ordinary days differ: the coefficient of variation of days, and the tolerance that follows.

A day's count D is held against m, the mean of the same weekday in the four weeks before it. If days differed
by chance alone, (D/m - 1)² would be 1.25/m on average (D and the mean of four, both Poisson); what it is more
than that is how much days differ by themselves.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from typing import Final

from streams.core.alarms.limits import chi_square_quantile, gamma_quantile

WEEKS: Final = 4
"""Weeks that a day is held against."""
DAYS_MOST: Final = 56
DAYS_LEAST: Final = 7
"""Days, with four weeks behind them, that the variation is learned from."""
LEARNING_DAYS: Final = 35
"""Four weeks of baseline, and the days that are held against it."""
LEAST_TOLERANCE: Final = 1.25
_WEEK: Final = 7
_OF_MEAN: Final = 1 + 1 / WEEKS
"""Variance of D/m in units of 1/m: of the day itself, and of the mean of four."""
_LEAST_MEAN: Final = 0.5
_CONFIDENT: Final = 0.1
_RARE: Final = 0.999
_MARGIN: Final = 1.1


def day_variation(days: Sequence[int]) -> float | None:
    """The coefficient of variation of days, with confidence 90 % at most so much; None: too few days yet.

    Args:
        days: counts of complete days, the newest last.
    """
    squares: list[float] = []
    for at in range(len(days) - 1, _WEEK * WEEKS - 1, -1):
        mean = sum(days[at - _WEEK * (1 + week)] for week in range(WEEKS)) / WEEKS
        if mean >= _LEAST_MEAN:
            squares.append((days[at] / mean - 1) ** 2 - _OF_MEAN / mean)
        if len(squares) == DAYS_MOST:
            break
    k = len(squares)
    if k < DAYS_LEAST:
        return None
    beyond_chance = max(0.0, sum(squares) / k) / _OF_MEAN
    return sqrt(k / chi_square_quantile(k, _CONFIDENT) * beyond_chance)


def tolerance(variation: float) -> float:
    """How many times the expectation is ordinary still: that of one day in a thousand, and a tenth more."""
    return _of_gamma(1 / (variation * variation)) if variation else LEAST_TOLERANCE


@lru_cache(maxsize=4_096)
def _of_gamma(shape: float) -> float:
    return max(LEAST_TOLERANCE, _MARGIN * gamma_quantile(shape, _RARE) / shape)
