"""The evidence that a stream is out of the ordinary: a Shiryaev-Roberts sum of e-values.

Counts are Poisson of mean at most M while all is ordinary. Then r^N·exp(-(r - 1)·M) is on average at most 1
for each r > 1, and so is its mirror image for r < 1 with a mean of at least M; for shares the binomial form.
Summed over the moments at which something may have begun, the sum passes c after c moments on average, or
later: that is the guarantee (J. Shin, A. Ramdas, A. Rinaldo 2024, doi 10.51387/23-NEJSDS51). Sums are
logarithms: they outgrow a float.
"""

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter
from typing import Final, Literal, NamedTuple

from streams.core.alarms.day import SLOT_MS
from streams.core.alarms.limits import mean_at_least, mean_at_most, share_at_most
from streams.core.alarms.tolerance import WEEKS

WINDOWS: Final = (3, 12, 36, 72, 288)
"""Slots of the windows: 15 minutes, 1, 3, 6 and 24 hours."""
WEEK: Final = 2_016
"""Slots of a week."""
REACH: Final = WEEKS * WEEK + WINDOWS[-1]
"""Slots of the past that evidence needs."""
CONFIDENCE: Final = 0.99

Direction = Literal["up", "down", "share"]
_UP: Final = (1.5, 2.0, 3.0, 5.0, 10.0)
_DOWN: Final = (0.5, 0.25, 0.1, 0.0)
_LOG_10: Final = math.log(10)
_BACK: Final = tuple(WEEK * week for week in range(1, WEEKS + 1))
_UP_TERMS: Final = tuple((math.log(r), r - 1) for r in _UP)
_UP_WEIGHT: Final = math.log(len(_UP))
_DOWN_TERMS: Final = tuple((math.log(r) if r else -math.inf, 1 - r) for r in _DOWN)
_DOWN_WEIGHT: Final = math.log(len(_DOWN))


class Term(NamedTuple):
    """What one window says."""

    window: int
    """Its length in slots."""
    observed: int
    expected: float
    log10: float
    """Its part of the evidence, as a logarithm."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a stream says at an instant of the grid."""

    log10: float
    """Of the sum; minus infinity: none."""
    window: int
    """The window, in slots, that says most."""
    observed: int
    """What was counted in it."""
    expected: float
    """What the four weeks before say of it, without limit or tolerance."""
    windows: tuple[Term, ...] = ()
    """Window by window, the shortest first."""


class Prefix:
    """Sums of counts, or exposures, from the first slot on.

    Args:
        slots: one number for each, the newest last.
    """

    __slots__ = ("_sums",)

    def __init__(self, slots: Iterable[int]) -> None:
        self._sums = array("q", accumulate(slots, initial=0))

    def extend(self, slots: Iterable[int]) -> None:
        """Add further slots."""
        sums = accumulate(slots, initial=self._sums[-1])
        next(sums)
        self._sums.extend(sums)

    def cut(self, first: int, end: int) -> None:
        """Keep the slots from first to the one before end."""
        if first or end < len(self):
            self._sums = self._sums[first : end + 1]

    def __len__(self) -> int:
        return len(self._sums) - 1

    def between(self, begin: int, end: int) -> int:
        """The sum of the slots from begin to the one before end."""
        return self._sums[end] - self._sums[begin]

    def before(self, begin: int, end: int) -> int:
        """The sum over the same slots of the four weeks before."""
        sums, total = self._sums, 0
        for back in _BACK:  # the hottest lines of judging
            total += sums[end - back] - sums[begin - back]
        return total


def evidence(counts: Prefix, exposures: Prefix, end: int, direction: Direction, tolerance: float) -> Evidence:
    """The evidence at the end of a slot.

    Args:
        counts: what is counted; of a share, its hits.
        exposures: what it is counted against: customers x time, or all answers of a share.
        end: number of the slots that are over; at least ``REACH``.
        direction: what would be out of the ordinary.
        tolerance: how many times the expectation is ordinary still.
    """
    windows: list[Term] = []
    sums: list[float] = []
    for window in WINDOWS:
        begin = end - window
        n, base = max(0, counts.between(begin, end)), max(0, counts.before(begin, end))
        exposure, base_exposure = exposures.between(begin, end), exposures.before(begin, end)
        own = _log_sum(_logs(direction, n, base, exposure, base_exposure, tolerance))
        sums.append(own)
        expected = base * exposure / base_exposure if base_exposure > 0 else 0.0
        windows.append(Term(window, n, expected, own / _LOG_10))
    best = max(windows, key=attrgetter("log10"))
    return Evidence(_log_sum(sums) / _LOG_10, best.window, best.observed, best.expected, tuple(windows))


def threshold_log10(streams: int, false_page_every_ms: int) -> float:
    """What evidence has to pass so that all streams together page falsely so seldom."""
    return math.log10(streams * (false_page_every_ms / SLOT_MS))


def listed_log10(evidences: Iterable[float | None], threshold: float) -> float:
    """From which evidence on streams stand out at one level, all looked at together; infinity: none does.

    Where k streams have a k-th of the threshold at least, they stand out, for the greatest such k (e-BH:
    R. Wang, A. Ramdas 2022, doi 10.1111/rssb.12489).

    Args:
        evidences: logarithms, one a stream; None: none at all.
        threshold: see threshold_log10.
    """
    greatest = sorted((one for one in evidences if one is not None), reverse=True)
    levels = [threshold - math.log10(k) for k in range(1, len(greatest) + 1)]
    return min((level for one, level in zip(greatest, levels, strict=True) if one >= level), default=math.inf)


def _logs(  # noqa: PLR0917 - what one window says
    direction: Direction, n: int, base: int, exposure: int, base_exposure: int, tolerance: float
) -> list[float]:
    """Logarithms of the window's weighted e-values; none where nothing can be expected."""
    if exposure <= 0 or base_exposure <= 0:
        return []
    if direction == "share":
        p = min(1.0, tolerance * _share_limit(base, base_exposure))
        return [n * log_r - exposure * math.log1p(p * more) - _UP_WEIGHT for log_r, more in _UP_TERMS]
    if direction == "up":
        mean = tolerance * _upper_limit(base) * exposure / base_exposure
        return [n * log_r - more * mean - _UP_WEIGHT for log_r, more in _UP_TERMS]
    mean = _lower_limit(base) * exposure / base_exposure / tolerance
    return [(n * log_r if n else 0.0) + less * mean - _DOWN_WEIGHT for log_r, less in _DOWN_TERMS]


def _log_sum(logs: Sequence[float]) -> float:
    greatest = max(logs, default=-math.inf)
    if greatest == -math.inf:
        return greatest
    return greatest + math.log(sum([math.exp(log - greatest) for log in logs]))


@lru_cache(maxsize=65_536)
def _upper_limit(count: int) -> float:
    return mean_at_most(count, CONFIDENCE)


@lru_cache(maxsize=65_536)
def _lower_limit(count: int) -> float:
    return mean_at_least(count, CONFIDENCE)


@lru_cache(maxsize=65_536)
def _share_limit(hits: int, n: int) -> float:
    return share_at_most(hits, n, CONFIDENCE)
