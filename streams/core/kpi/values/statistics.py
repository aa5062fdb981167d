"""Confidence intervals and the test behind the churn alarm, from exact integer counts.

95 % throughout (``Z``). Every function is pure, takes integers and returns floats that are never NaN.
What an interval belongs to, and whether it is shown at all, is decided in build.py and never here.
See docs/contract.md, section 4.
"""

import math
from typing import Final

Z: Final = 1.959963984540054
"""The 97.5 % quantile of the normal distribution (1.959964)."""

_Z2: Final = Z * Z

Interval = tuple[float, float]
"""(low, high)."""

_LOG_SQRT_2PI: Final = math.log(2 * math.pi) / 2
_STIRLING_EXACT: Final = tuple(
    math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - _LOG_SQRT_2PI if n else 0.0 for n in range(16)
)
_TAIL_PRECISION: Final = 1e-15


def wilson(hits: int, n: int) -> Interval:
    """Wilson score interval of the proportion ``hits / n``, within [0, 1].

    Contains ``hits / n``; ends exactly at 0 or 1 where the proportion does. Requires 0 <= hits <= n, n > 0.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    p = hits / n
    scale = n + _Z2
    centre = (hits + _Z2 / 2) / scale
    half = Z * math.sqrt(p * (n - hits) + _Z2 / 4) / scale
    low = 0.0 if hits == 0 else min(centre - half, p)
    high = 1.0 if hits == n else max(centre + half, p)
    return low, high


def nps_interval(promoters: int, passives: int, detractors: int) -> Interval:
    """Adjusted Wald interval of the net promoter score, clipped to [-100, 100]; at least one answer.

    Three quarters of an answer are added to promoters and detractors and one and a half to the passives,
    so that few answers give a wide interval; its centre is therefore nearer to 0 than the score.

    Source: B. Rocks, Interval estimation for the net promoter score (2016).
    """
    n = promoters + passives + detractors + 3
    p, d = (promoters + 0.75) / n, (detractors + 0.75) / n
    half = Z * math.sqrt((p + d - (p - d) ** 2) / n)
    return max(-100.0, 100 * (p - d - half)), min(100.0, 100 * (p - d + half))


def mean_interval(n: int, total: int, squares: int, scale: tuple[int, int]) -> Interval | None:
    """Interval of a mean, ``mean ± Z·s/√n`` with the sample deviation s, clipped to the scale.

    Args:
        n: how many answers.
        total: their sum.
        squares: the sum of their squares.
        scale: the least and greatest possible answer.

    Returns:
        None for fewer than two answers: they have no deviation.
    """
    if n < 2:  # noqa: PLR2004 - the definition of a sample deviation
        return None
    mean = total / n
    half = Z * math.sqrt((n * squares - total * total) / (n * n * (n - 1)))
    return max(float(scale[0]), mean - half), min(float(scale[1]), mean + half)


def upper_tail(count: int, base_count: int, exposure: int, base_exposure: int) -> float:
    """P(X >= count) for X ~ Bin(count + base_count, exposure / (exposure + base_exposure)).

    The conditional test of two Poisson rates: how likely are at least ``count`` events in ``exposure`` if
    the rate is that of ``base_count`` events in ``base_exposure``. Both exposures must be positive.

    Relative error below 1e-11 for counts up to 1e6 (1e-12 below 1,000); a probability too small for a
    float is 0. Time grows with the standard deviation of X and stays below a millisecond at a million.

    Source: J. Przyborowski and H. Wilenski (1940); the probability of one count by the saddle-point
    expansion of C. Loader, Fast and accurate computation of binomial probabilities (2000).
    """
    if count == 0:
        return 1.0
    at_count = _probability(count, base_count, exposure, base_exposure)
    if count * base_exposure >= base_count * exposure:
        return min(1.0, at_count * (1 + _tail_beyond(count, base_count, exposure / base_exposure)))
    below = at_count * _tail_beyond(base_count, count, base_exposure / exposure)
    return max(0.0, 1 - below)


def _tail_beyond(count: int, rest: int, odds: float) -> float:
    """The probability of more than ``count``, relative to that of ``count``, which is the mean or above."""
    total, term = 0.0, 1.0
    while rest:
        count += 1
        term *= rest * odds / count
        total += term
        rest -= 1
        if term < total * _TAIL_PRECISION:
            break
    return total


def _probability(hits: int, misses: int, exposure: int, base_exposure: int) -> float:
    """P(X = hits) for X ~ Bin(hits + misses, exposure / (exposure + base_exposure)); hits > 0."""
    n = hits + misses
    if misses == 0:
        return math.exp(-n * math.log1p(base_exposure / exposure))
    excess = hits * base_exposure - misses * exposure
    whole = exposure + base_exposure
    log = _stirling(n) - _stirling(hits) - _stirling(misses)
    log -= n * exposure / whole * _deviance(excess / (n * exposure))
    log -= n * base_exposure / whole * _deviance(-excess / (n * base_exposure))
    return math.sqrt(n / (2 * math.pi * hits * misses)) * math.exp(log)


def _stirling(n: int) -> float:
    """Log of n! less Stirling's approximation of it."""
    if n < len(_STIRLING_EXACT):
        return _STIRLING_EXACT[n]
    n2 = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / n2) / n2) / n2) / n2) / n


def _deviance(d: float) -> float:
    """(1 + d)·log(1 + d) - d, for d > -1."""
    return (1 + d) * math.log1p(d) - d
