"""The tolerance of every day of a series at once, in numpy; test_vectors.py holds it to the core's form."""

from collections.abc import Collection
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import betaincinv, gammaincinv

from streams.core.alarms import tolerance as core
from streams.core.alarms.day import KEPT_DAYS
from streams.core.alarms.evidence import Direction
from streams.core.alarms.judging import HOLIDAY_TOLERANCE
from tests.alarms.scenarios import SLOTS_A_DAY, Counts, Drawn, Floats

_BEHIND: Final = KEPT_DAYS - 2
"""Complete days that a judge knows."""
_BASE: Final = core.WEEKS * 7
_OF_MEAN: Final = 1 + 1 / core.WEEKS
_LEAST_MEAN: Final = 0.5


def tolerances(
    drawn: Drawn,
    direction: Direction,
    holidays: Collection[int] = (),
    first: int = core.LEARNING_DAYS,
) -> Floats:
    """The tolerance on each day, NaN while it is learned; holidays and the days after have their own.

    Args:
        drawn: whole days.
        direction: of the alarm.
        holidays: those that the definition lists.
        first: days before it are not asked for, and are NaN.
    """
    days = _by_day(drawn.counts)
    found = np.full(len(days), np.nan)
    behind = _behind(days)[first:]
    if drawn.answers is not None:
        behind = _as_if_average(behind, _behind(_by_day(drawn.answers))[first:])
    falling = direction == "down"
    found[first:] = _of(_variations(behind), falling=falling)
    day = np.arange(len(days))
    near = np.array([one in holidays or one - 1 in holidays for one in range(len(days))])
    least = found[near] * (HOLIDAY_TOLERANCE / core.LEAST_TOLERANCE) if falling else HOLIDAY_TOLERANCE
    found[near] = np.maximum(found[near], least)  # NaN stays
    if direction == "up":
        low = sum(np.isin(day - 7 * week, day[near]).astype(int) for week in range(1, core.WEEKS + 1))
        found *= core.WEEKS / (core.WEEKS - (1 - core.HOLIDAY_SHARE) * low)
    return found


def _by_day(counts: Counts) -> Floats:
    return np.asarray(counts.reshape(-1, SLOTS_A_DAY).sum(axis=1).astype(float))


def _behind(days: Floats) -> Floats:
    """A row a day: the days before it, the newest last; NaN: none was counted yet."""
    padded = np.concatenate([np.full(_BEHIND, np.nan), days[:-1]])
    return np.lib.stride_tricks.sliding_window_view(padded, _BEHIND)


def _as_if_average(hits: Floats, answers: Floats) -> Floats:
    """What a share's days come to if each had as many answers as the average day."""
    mean = np.nanmean(answers, axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(answers == 0, 0.0, np.round(hits * mean / answers)))


def _variations(behind: Floats) -> Floats:
    """A row's coefficient of variation; NaN: too few days yet."""
    mean = sum(behind[:, _BASE - 7 * week : -7 * week] for week in range(1, core.WEEKS + 1)) / core.WEEKS
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = (behind[:, _BASE:] / mean - 1) ** 2 - _OF_MEAN / mean
        known = np.asarray(mean >= _LEAST_MEAN)
    known[:, 0] &= ~known[:, 1:].all(axis=1)  # the newest DAYS_MOST of them
    k = known.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond_chance = np.maximum(0.0, np.where(known, squares, 0.0).sum(axis=1) / k) / _OF_MEAN
    return np.where(k >= core.DAYS_LEAST, np.sqrt(_unsure()[k] * beyond_chance), np.nan)


@lru_cache(maxsize=1)
def _unsure() -> Floats:
    """By the number of days: how many times the variance may be, with confidence of 90 %."""
    k = np.arange(_BEHIND + 1)
    return np.concatenate([[1.0], k[1:] / (2 * gammaincinv(k[1:] / 2, 0.1))])


def _of(variation: Floats, *, falling: bool) -> Floats:
    shape = 1 / np.clip(variation, 0.05, 1.5) ** 2
    x = (
        betaincinv(core.WEEKS * shape, shape, 0.999)
        if falling
        else betaincinv(shape, core.WEEKS * shape, 0.999)
    )
    ratio = x / (1 - x) * (1 / core.WEEKS if falling else core.WEEKS)
    return np.where(np.isnan(variation), np.nan, np.maximum(core.LEAST_TOLERANCE, ratio))
