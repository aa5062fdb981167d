"""Intervals and the spike test, straight from their definitions (contract section 4). Floats only here."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from math import exp, fsum, lgamma, log, sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)
"""The contract prints it as 1.959964; the golden cases are computed with all its digits."""
Interval = tuple[float, float] | None


def wilson(k: int, n: int) -> Interval:
    """Wilson's score interval of k out of n; none where k is no part of n."""
    if n <= 0 or not 0 <= k <= n:
        return None
    p = k / n
    shrink = 1 + Z * Z / n
    centre = (p + Z * Z / (2 * n)) / shrink
    half = Z / shrink * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def adjusted_wald_nps(promoters: int, detractors: int, n: int) -> Interval:
    """The interval of an NPS (-100..100): three quarters of a vote added to either side, 1.5 passive."""
    if n <= 0:
        return None
    p, d = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    half = Z * sqrt((p + d - (p - d) ** 2) / (n + 3))
    return max(-100.0, 100 * (p - d - half)), min(100.0, 100 * (p - d + half))


def interest(rate: float) -> Fraction:
    """The rate at which money loses value all the time, of what it loses in a year; to forty digits."""
    with localcontext(prec=40):
        return Fraction(*(1 + Decimal(rate)).ln().as_integer_ratio())


def mean_interval(n: int, total: int, squares: int, scale: tuple[int, int]) -> Interval:
    """Mean -+ z s / sqrt(n), s with n - 1, clipped to the scale; none for a single answer."""
    if n < 2:
        return None
    mean = total / n
    variance = (n * squares - total * total) / (n * (n - 1))
    half = Z * sqrt(variance / n)
    return max(float(scale[0]), mean - half), min(float(scale[1]), mean + half)


def spike_p(observed: int, exposure: int, baseline: int, baseline_exposure: int) -> float | None:
    """P(X >= observed), X binomial of all churns with the window's share of the exposure.

    None without exposure on either side: there is nothing to compare.
    """
    if exposure <= 0 or baseline_exposure <= 0:
        return None
    if observed == 0:
        return 1.0
    n = observed + baseline
    both = log(exposure + baseline_exposure)
    inside, outside = log(exposure) - both, log(baseline_exposure) - both
    terms = [exp(_log_choose(n, k) + k * inside + (n - k) * outside) for k in range(observed, n + 1)]
    return min(1.0, fsum(terms))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def best_buyers(net_revenue: Sequence[int]) -> tuple[int, int, int]:
    """Revenue of the best 20 %, the next 30 % and the rest of the buyers; both cuts rounded up."""
    best_first = sorted((max(0, net) for net in net_revenue), reverse=True)
    n = len(best_first)
    a, b = -(-n // 5), -(-n // 2)
    return sum(best_first[:a]), sum(best_first[a:b]), sum(best_first[b:])
