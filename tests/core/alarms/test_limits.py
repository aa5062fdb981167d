"""Quantiles and limits equal SciPy's."""

import pytest
import scipy.special
import scipy.stats

from streams.core.alarms.limits import (
    chi_square_quantile,
    gamma_cdf,
    gamma_quantile,
    mean_at_least,
    mean_at_most,
    share_at_most,
)

PROBABILITIES = (1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)


@pytest.mark.parametrize("p", PROBABILITIES)
@pytest.mark.parametrize("shape", [0.1, 0.3, 0.5, 1, 1.5, 2, 6.25, 25, 100, 1e3, 1e4, 1e5, 1e6, 1e7])
def test_gamma(shape: float, p: float) -> None:
    """Quantiles, and back again."""
    found = gamma_quantile(shape, p)
    assert found == pytest.approx(scipy.special.gammaincinv(shape, p), rel=1e-11)
    assert gamma_cdf(shape, found) == pytest.approx(p, rel=1e-8)


@pytest.mark.parametrize("p", [0.01, 0.99])
def test_every_small_count(p: float) -> None:
    """And then every 97th: what evidence looks up."""
    shapes = [*range(1, 3_000), *range(3_000, 200_000, 9_700)]
    expected = scipy.special.gammaincinv(shapes, p)
    assert [gamma_quantile(shape, p) for shape in shapes] == pytest.approx(expected, rel=1e-10)


def test_nothing_lies_below_zero() -> None:
    """A gamma variable is above 0."""
    assert gamma_cdf(3.0, 0.0) == gamma_cdf(3.0, -1.0) == 0.0


def test_chi_square() -> None:
    """As in tables."""
    assert chi_square_quantile(2, 0.99) == pytest.approx(9.210340371976182, rel=1e-12)
    assert chi_square_quantile(7, 0.1) == pytest.approx(2.8331069178153436, rel=1e-12)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 100, 54_321, 10**7])
def test_limits_of_a_mean(count: int) -> None:
    """Garwood's."""
    above, below = scipy.stats.chi2.ppf(0.99, 2 * (count + 1)) / 2, scipy.stats.chi2.ppf(0.01, 2 * count) / 2
    assert mean_at_most(count, 0.99) == pytest.approx(above, rel=1e-10)
    assert mean_at_least(count, 0.99) == pytest.approx(below if count else 0.0, rel=1e-10)


@pytest.mark.parametrize(
    ("hits", "n"),
    [(0, 1), (0, 10), (1, 10), (9, 10), (3, 1_000), (500, 1_000), (12_345, 100_000), (10**6, 10**7)],
)
def test_the_limit_of_a_share(hits: int, n: int) -> None:
    """Clopper and Pearson's."""
    assert share_at_most(hits, n, 0.99) == pytest.approx(
        scipy.stats.beta.ppf(0.99, hits + 1, n - hits), rel=1e-10
    )


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (10, 10)])
def test_a_share_of_nothing_or_of_all(hits: int, n: int) -> None:
    """May be everything."""
    assert share_at_most(hits, n, 0.99) == 1.0
