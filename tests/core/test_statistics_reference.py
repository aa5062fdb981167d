"""Intervals and the churn test against scipy, which computes them by other means."""

from random import Random

import pytest
from scipy import stats

from streams.core.kpi.values.statistics import Z, mean_interval, upper_tail, wilson
from tests.histories import seeded

DRAWS = 300


def counts(rng: Random) -> tuple[int, int]:
    """Hits of n, over many sizes; often at an edge."""
    n = int(10 ** rng.uniform(0, 6))
    return rng.choice((0, n, rng.randint(0, n), min(n, rng.randint(0, 5)))), n


def test_z_is_the_normal_quantile() -> None:
    """Of 97.5 %."""
    assert pytest.approx(stats.norm.ppf(0.975), rel=1e-15) == Z


@pytest.mark.parametrize("seed", range(DRAWS))
def test_wilson_is_that_of_scipy(seed: int) -> None:
    """The score interval without continuity correction."""
    hits, n = counts(seeded(seed))
    theirs = stats.binomtest(hits, n).proportion_ci(confidence_level=0.95, method="wilson")
    assert wilson(hits, n) == pytest.approx((theirs.low, theirs.high), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", range(DRAWS))
def test_the_tail_of_the_churn_test_is_that_of_scipy(seed: int) -> None:
    """P(X >= count) of the binomial, as far as a float goes."""
    rng = seeded(seed)
    base = int(10 ** rng.uniform(0, 4)) - 1
    exposure, base_exposure = rng.randint(1, 10**12), rng.randint(1, 10**13)
    count = rng.randint(0, 5 + 3 * (base * exposure // base_exposure))
    theirs = stats.binom.sf(count - 1, count + base, exposure / (exposure + base_exposure))
    assert upper_tail(count, base, exposure, base_exposure) == pytest.approx(theirs, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("seed", range(50))
def test_the_interval_of_a_mean_has_the_standard_error_of_scipy(seed: int) -> None:
    """Mean and sample deviation of the answers, clipped to the scale."""
    rng = seeded(seed)
    scores = [rng.randint(1, 7) for _ in range(rng.randint(2, 400))]
    mean, error = sum(scores) / len(scores), stats.sem(scores)
    expected = max(1.0, mean - Z * error), min(7.0, mean + Z * error)
    found = mean_interval(len(scores), sum(scores), sum(s * s for s in scores), (1, 7))
    assert found == pytest.approx(expected, rel=1e-9)
