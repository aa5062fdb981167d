"""How much days differ, and what is tolerated."""

import numpy as np
import pytest
from scipy.stats import chi2, gamma

from streams.core.alarms.tolerance import LEAST_TOLERANCE, day_variation, tolerance


def test_too_few_days_say_nothing() -> None:
    """Four weeks, and seven days that are held against them."""
    assert day_variation([100] * 34) is None
    assert day_variation([100] * 35) == 0.0


def test_days_that_are_too_small_say_nothing() -> None:
    """A mean below a half."""
    assert day_variation([0] * 100) is None


def test_days_that_differ_by_chance_alone_do_not_differ() -> None:
    """Poisson counts: nothing is left, or little."""
    rng = np.random.default_rng(3)
    assert (day_variation(rng.poisson(400, 84).tolist()) or 0) < 0.05


def test_what_days_differ_by_is_found_with_confidence() -> None:
    """At least what it is in nine of ten series, and no more than twice that."""
    rng = np.random.default_rng(4)
    found = [day_variation(rng.poisson(400 * rng.gamma(25, 1 / 25, 84)).tolist()) or 0 for _ in range(200)]
    assert np.mean(np.array(found) >= 0.2) >= 0.8
    assert np.median(found) < 0.4


def test_the_formula() -> None:
    """One by one, over the newest 56 days."""
    days = [100 + (day * day) % 37 for day in range(100)]
    means = {at: sum(days[at - 7 * w] for w in (1, 2, 3, 4)) / 4 for at in range(28, 100)}
    squares = [(days[at] / means[at] - 1) ** 2 - 1.25 / means[at] for at in range(44, 100)]
    expected = (56 / chi2.ppf(0.1, 56) * max(0, np.mean(squares)) / 1.25) ** 0.5
    assert day_variation(days) == pytest.approx(expected, rel=1e-9)


def test_tolerance_is_that_of_one_day_in_a_thousand() -> None:
    """And a tenth more; at least a quarter more than expected."""
    assert tolerance(0.4) == pytest.approx(1.1 * gamma.ppf(0.999, 6.25, scale=0.16), rel=1e-9)
    assert tolerance(0.0) == tolerance(0.01) == LEAST_TOLERANCE
