"""The evidence of a whole series at once, in numpy; test_vectors.py holds it to the core's form."""

from collections.abc import Collection
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from streams.core.alarms.evidence import CONFIDENCE, REACH, WEEK, WINDOWS, Direction
from streams.core.alarms.judging import HOLD, HOLIDAY_TOLERANCE
from streams.core.alarms.tolerance import DAYS_LEAST, WEEKS, day_variation, tolerance
from tests.alarms.scenarios import SLOTS_A_DAY, Counts

Floats = npt.NDArray[np.float64]
_UP: Final = (1.5, 2.0, 3.0, 5.0, 10.0)
_DOWN: Final = (0.5, 0.25, 0.1, 0.0)
_KEPT_DAYS: Final = 84
_LOG_10: Final = float(np.log(10))


@lru_cache(maxsize=8)
def _limits(most: int, p: float) -> Floats:
    at = np.arange(most + 1)
    if p > 0.5:
        return np.asarray(gammaincinv(at + 1, p))
    return np.concatenate([[0.0], gammaincinv(at[1:], p)])


def _table(values: Counts, p: float) -> Floats:
    most = 1 << int(np.max(values) + 1).bit_length()
    return np.asarray(_limits(most, p)[values])


def tolerances(counts: Counts, holidays: Collection[int] = ()) -> Floats:
    """The tolerance on each day, NaN while it is learned; holidays and the days after have their own."""
    days = counts.reshape(-1, SLOTS_A_DAY).sum(axis=1).tolist()
    found = np.full(len(days), np.nan)
    for day in range(WEEKS * 7 + DAYS_LEAST, len(days)):
        variation = day_variation(days[max(0, day - _KEPT_DAYS) : day])
        if variation is not None:
            found[day] = tolerance(round(variation, 4))
    for day in {*holidays, *(day + 1 for day in holidays)} & {*range(len(days))}:
        found[day] = np.maximum(found[day], HOLIDAY_TOLERANCE)  # NaN stays
    return found


def log10_evidence(
    counts: Counts, direction: Direction = "up", rho: Floats | None = None, least: float = -np.inf
) -> Floats:
    """The evidence at the end of each slot, exposures being equal; minus infinity where there is none.

    Args:
        counts: by slot, whole days.
        direction: of the alarm.
        rho: the tolerance on each day, NaN while it is learned; None: of these counts.
        least: logarithms below it need not be found (which is much quicker), and are minus infinity.
    """
    sums = np.concatenate([[0], np.cumsum(counts)])
    by_day = tolerances(counts) if rho is None else rho
    slots = len(counts) - REACH + 1
    own = np.repeat(by_day, SLOTS_A_DAY)[REACH - 1 :]

    def between(back: int, window: int) -> Counts:
        end = REACH - back
        found: Counts = sums[end : end + slots] - sums[end - window : end - window + slots]
        return found

    seen = [between(0, window) for window in WINDOWS]
    base = [sum(between(w * WEEK, window) for w in range(1, WEEKS + 1)) for window in WINDOWS]
    means = [_mean(direction, np.asarray(one), own) for one in base]
    # a window whose count is no further from ordinary than its mean has e-values of at most 1
    greatest = [_greatest(direction, n, mean) for n, mean in zip(seen, means, strict=True)]
    look = ~np.isnan(own) & (np.max(greatest, axis=0) + np.log(len(WINDOWS)) >= least * _LOG_10)
    stacked = np.vstack(
        [log for n, mean in zip(seen, means, strict=True) for log in _logs(direction, n[look], mean[look])]
    )
    top = stacked.max(axis=0)
    found = np.full(len(counts), -np.inf)
    with np.errstate(invalid="ignore"):
        total = np.where(np.isfinite(top), top + np.log(np.exp(stacked - top).sum(axis=0)), -np.inf)
    found[REACH - 1 :][look] = total / _LOG_10
    return found


def _mean(direction: Direction, base: Counts, rho: Floats) -> Floats:
    if direction == "up":
        return rho * _table(base, CONFIDENCE) / WEEKS
    return _table(base, 1 - CONFIDENCE) / WEEKS / rho


def _greatest(direction: Direction, n: Counts, mean: Floats) -> Floats:
    """The logarithm of a window's e-values is at most that of the likelihood ratio, whatever the rate."""
    if direction == "up":
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = n * np.log(n / mean) - n + mean
        return np.where(n > mean, ratio, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(n > 0, n * np.log(n / mean), 0.0) - n + mean
    return np.where(n < mean, ratio, 0.0)


def _logs(direction: Direction, n: Counts, mean: Floats) -> list[Floats]:
    if direction == "up":
        return [n * np.log(r) - (r - 1) * mean - np.log(len(_UP)) for r in _UP]
    zero = np.where(n == 0, mean, -np.inf) - np.log(len(_DOWN))
    return [zero, *(n * np.log(r) + (1 - r) * mean - np.log(len(_DOWN)) for r in _DOWN if r)]


def episodes(log10: Floats, threshold: float, hold: int = HOLD) -> int:
    """How many pages: runs of slots in which the evidence passed the threshold within the last hour."""
    above = np.flatnonzero(log10 >= threshold)
    return 0 if not len(above) else 1 + int((np.diff(above) > hold).sum())
