"""The evidence of a whole series at once, in numpy; test_vectors.py holds it to the core's form.

Only what may pass a threshold is computed: the evidence of a window is at most the likelihood ratio of its
count, whatever the rate, and bounds of that are tables by the count of the four weeks before.
"""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, gammaincinv

from streams.core.alarms.evidence import CONFIDENCE, REACH, WEEK, WINDOWS, Direction
from streams.core.alarms.judging import HOLD
from streams.core.alarms.tolerance import WEEKS
from tests.alarms.scenarios import SLOTS_A_DAY, Counts, Drawn, Floats

_UP: Final = (1.5, 2.0, 3.0, 5.0, 10.0)
_DOWN: Final = (0.5, 0.25, 0.1, 0.0)
_LOG_10: Final = float(np.log(10))
Slots = npt.NDArray[np.intp]


def log10_evidence(
    drawn: Drawn, direction: Direction, rho: Floats, least: float = -np.inf, first: int = REACH - 1
) -> Floats:
    """The evidence at the end of each slot, exposures being equal; minus infinity where there is none.

    Args:
        drawn: by slot, whole days.
        direction: of the alarm.
        rho: the tolerance on each day, NaN while it is learned.
        least: logarithms below it need not be found (which is much quicker), and are minus infinity.
        first: slots before it are not looked at.
    """
    slots = np.arange(first, len(drawn.counts))
    own = np.repeat(rho, SLOTS_A_DAY)[first:]
    windows = [_Window(drawn, window, first) for window in WINDOWS]
    nats = (least - np.log10(len(WINDOWS))) * _LOG_10
    look = ~np.isnan(own)
    if np.isfinite(least) and look.any():
        lowest = float(np.nanmin(own))
        look &= np.any([one.may_pass(direction, lowest, nats) for one in windows], axis=0)
    chosen = np.flatnonzero(look)
    found = np.full(len(drawn.counts), -np.inf)
    if len(chosen):
        logs = [log for one in windows for log in one.logs(direction, chosen, own[chosen])]
        found[slots[chosen]] = _log_sum(np.vstack(logs)) / _LOG_10
    return found


def episodes(log10: Floats, threshold: float, hold: int = HOLD) -> int:
    """How many pages: runs of slots in which the evidence passed the threshold within the last hour."""
    above = np.flatnonzero(log10 >= threshold)
    return 0 if not len(above) else 1 + int((np.diff(above) > hold).sum())


class _Window:
    """What one window counted, and what it counted four times before; likewise answers of a share."""

    def __init__(self, drawn: Drawn, window: int, first: int) -> None:
        self._n, self._base = _window_sums(drawn.counts, window, first)
        self._shown = self._shown_base = self._n
        if drawn.answers is not None:
            self._shown, self._shown_base = _window_sums(drawn.answers, window, first)

    def may_pass(self, direction: Direction, rho: float, nats: float) -> npt.NDArray[np.bool_]:
        """Where the logarithm of a likelihood ratio may be so much with a tolerance of rho, or more."""
        if direction == "up":
            mean = rho * _limits(_most(self._base), CONFIDENCE) / WEEKS
            # n·log(n/m) - n + m <= (n - m)²/2m
            return np.asarray(
                self._n >= np.ceil(mean + np.sqrt(2 * nats * mean)).astype(np.int32)[self._base]
            )
        if direction == "down":
            mean = _limits(_most(self._base), 1 - CONFIDENCE) / WEEKS / rho
            # n·log(n/m) - n + m <= 2(√m - √n)², and m at most
            root = np.sqrt(mean) - np.sqrt(nats / 2)
            return np.asarray(self._n <= np.where(mean >= nats, root**2, -1).astype(np.int32)[self._base])
        # of the likelihood ratio with the mean of the limit's distribution in place of the limit
        share = np.minimum(1.0, rho * (self._base + 1) / (self._shown_base + 1))
        may = (self._n * np.log(_UP[-1]) >= nats) & (self._n > share * self._shown)
        n, shown, share = self._n[may], self._shown[may], share[may]
        missed = shown - n
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = n * np.log(n / shown / share)
            ratio += np.where(missed > 0, missed * np.log(missed / shown / (1 - share)), 0.0)
        may[may] = ratio >= nats
        return np.asarray(may)

    def logs(self, direction: Direction, at: Slots, rho: Floats) -> list[Floats]:
        """Logarithms of the weighted e-values."""
        n, base = self._n[at], self._base[at]
        if direction == "share":
            shown, shown_base = self._shown[at], self._shown_base[at]
            p = np.minimum(1.0, rho * _share_limits(base, shown_base))
            weight = np.where((shown > 0) & (shown_base > 0), -np.log(len(_UP)), -np.inf)
            return [n * np.log(r) - shown * np.log1p(p * (r - 1)) + weight for r in _UP]
        if direction == "up":
            mean = rho * _limits(_most(self._base), CONFIDENCE)[base] / WEEKS
            return [n * np.log(r) - (r - 1) * mean - np.log(len(_UP)) for r in _UP]
        mean = _limits(_most(self._base), 1 - CONFIDENCE)[base] / WEEKS / rho
        zero = np.where(n == 0, mean, -np.inf) - np.log(len(_DOWN))
        return [zero, *(n * np.log(r) + (1 - r) * mean - np.log(len(_DOWN)) for r in _DOWN if r)]


def _window_sums(counts: Counts, window: int, first: int) -> tuple[Counts, Counts]:
    """(of the window that ends with each slot from first on, of its four likes before)."""
    begin = first - REACH + 1
    sums = np.zeros(len(counts) - begin + 1, dtype=np.int32)
    np.cumsum(counts[begin:], out=sums[1:])
    n = len(counts) - first
    own = sums[window:] - sums[:-window]  # at k: of the window that ends with the slot begin + window + k - 1
    at = len(own) - n
    base = sum(own[at - week * WEEK : at - week * WEEK + n] for week in range(1, WEEKS + 1))
    return own[at:], np.asarray(base)


def _most(counts: Counts) -> int:
    return 1 << int(np.max(counts) + 1).bit_length()


@lru_cache(maxsize=64)
def _limits(most: int, p: float) -> Floats:
    at = np.arange(most + 1)
    if p > 0.5:
        return np.asarray(gammaincinv(at + 1, p))
    return np.concatenate([[0.0], gammaincinv(at[1:], p)])


def _share_limits(hits: Counts, answers: Counts) -> Floats:
    missed = np.maximum(answers - hits, 1)
    return np.where(hits >= answers, 1.0, betaincinv(hits + 1, missed, CONFIDENCE))


def _log_sum(logs: Floats) -> Floats:
    top = logs.max(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(top), top + np.log(np.exp(logs - top).sum(axis=0)), -np.inf)
