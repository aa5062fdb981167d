"""Quantiles and limits of means and shares: gamma, chi-square, Poisson and binomial, without tables.

Relative error below 1e-9 (against SciPy, tests/core/alarms) for the arguments that alarms have: shapes from
0.1 to 1e7, counts to 1e7. Sources: Numerical Recipes, section 6.2 and 6.4 (incomplete gamma and beta
functions); E. B. Wilson and M. M. Hilferty (1931) for where the search begins; F. Garwood (1936) and C. J.
Clopper and E. S. Pearson (1934) for the limits.
"""

import math
from typing import Final

_EPS: Final = 1e-15
_TINY: Final = 1e-300
_LARGE: Final = 100.0
_NEAR: Final = 1e-13


def gamma_cdf(shape: float, x: float) -> float:
    """P(X <= x) of a gamma distribution of this shape and scale 1."""
    if x <= 0:
        return 0.0
    return _lower(shape, x) if x < shape + 1 else 1 - _upper(shape, x)


def gamma_quantile(shape: float, p: float) -> float:
    """The x below which a gamma variable of this shape and scale 1 lies with probability p, 0 < p < 1."""
    x, step = _first_guess(shape, p), math.inf
    while abs(step) > _NEAR * x:
        error = (_lower(shape, x) - p) if x < shape + 1 else ((1 - p) - _upper(shape, x))
        step = error * x / math.exp(_log_mass(shape, x))
        step /= 1 - min(1.0, step * ((shape - 1) / x - 1)) / 2  # Halley's correction
        x -= min(step, x / 2)
    return x


def chi_square_quantile(degrees: float, p: float) -> float:
    """The quantile of a chi-square distribution."""
    return 2 * gamma_quantile(degrees / 2, p)


def mean_at_most(count: int, p: float) -> float:
    """The one-sided upper limit, at confidence p, of a Poisson mean of which a count was seen."""
    return gamma_quantile(count + 1, p)


def mean_at_least(count: int, p: float) -> float:
    """The one-sided lower limit; 0 of no count."""
    return gamma_quantile(count, 1 - p) if count else 0.0


def share_at_most(hits: int, n: int, p: float) -> float:
    """The one-sided upper limit, at confidence p, of a share that hits of n were seen of; 1 of nothing."""
    if hits >= n:
        return 1.0
    low, high = hits / n, 1.0
    middle = (low + high) / 2
    while low < middle < high:
        if _beta_cdf(hits + 1, n - hits, middle) < p:
            low = middle
        else:
            high = middle
        middle = (low + high) / 2
    return middle


def _first_guess(shape: float, p: float) -> float:
    z = _normal_quantile(p)
    ninth = 1 / (9 * shape)
    cube = 1 - ninth + z * math.sqrt(ninth)
    if cube > 0.1 and shape > 0.5:  # noqa: PLR2004 - where Wilson and Hilferty's is near enough
        return float(shape * cube**3)
    return math.exp((math.log(p) + math.lgamma(shape + 1)) / shape)


def _normal_quantile(p: float) -> float:
    """To three digits: Hastings (1955), 26.2.23 in Abramowitz and Stegun."""
    tail = min(p, 1 - p)
    t = math.sqrt(-2 * math.log(tail))
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    return z if p > 0.5 else -z  # noqa: PLR2004 - the median


def _log_mass(shape: float, x: float) -> float:
    """X times the density, as logarithm; of large shapes by Stirling's series, which loses no digits."""
    if shape < _LARGE:
        return shape * math.log(x) - x - math.lgamma(shape)
    beyond = (x - shape) / shape
    left = 1 / (12 * shape) - 1 / (360 * shape**3)
    return shape * (math.log1p(beyond) - beyond) + math.log(shape / (2 * math.pi)) / 2 - left


def _lower(shape: float, x: float) -> float:
    """P by its series; below the mean."""
    total = term = 1 / shape
    n = shape
    while term > total * _EPS:
        n += 1
        term *= x / n
        total += term
    return min(1.0, total * math.exp(_log_mass(shape, x)))


def _upper(shape: float, x: float) -> float:
    """1 - P by its continued fraction; above the mean."""
    b = x + 1 - shape
    c, d = 1 / _TINY, 1 / b
    h, i = d, 0
    while True:
        i += 1
        a = -i * (i - shape)
        b += 2
        d = _floor(a * d + b)
        c = _floor(b + a / c)
        d = 1 / d
        h *= d * c
        if abs(d * c - 1) < _EPS:
            return h * math.exp(_log_mass(shape, x))


def _floor(x: float) -> float:
    return x or _TINY


def _beta_cdf(a: float, b: float, x: float) -> float:
    """The regularized incomplete beta function, for x at or above the mode."""
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return 1 - math.exp(log) * _beta_fraction(b, a, 1 - x) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _floor(1 - (a + b) * x / (a + 1))
    h, m = d, 0
    while True:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1 / _floor(1 + step * d)
            c = _floor(1 + step / c)
            h *= d * c
        if abs(d * c - 1) < _EPS:
            return h
