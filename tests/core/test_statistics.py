"""Intervals and the churn test against the contract's check values, exact fractions, and their laws."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.kpi.values.statistics import mean_interval, nps_interval, upper_tail, wilson
from tests.support.work import lines_run

counts = st.integers(0, 300)
exposures = st.integers(1, 10**18)


def exact_tail(count: int, base: int, exposure: int, base_exposure: int) -> Fraction:
    """The definition, summed in exact rationals."""
    n, whole = count + base, exposure + base_exposure
    terms = (math.comb(n, k) * exposure**k * base_exposure ** (n - k) for k in range(count, n + 1))
    return Fraction(sum(terms), whole**n)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high", "digits"),
    [
        (0, 20, 0, 0.1611, 4),
        (3, 200, 0.00511, 0.04317, 5),
        (5, 10, 0.2366, 0.7634, 4),
        (250, 1000, 0.22415, 0.27776, 5),
    ],
)
def test_wilson_gives_the_contracts_check_values(
    hits: int, n: int, low: float, high: float, digits: int
) -> None:
    """Section 4, check values."""
    assert [round(x, digits) for x in wilson(hits, n)] == [low, high]


@given(st.data(), st.integers(1, 10**15))
def test_wilson_contains_the_proportion_and_stays_within_0_and_1(data: st.DataObject, n: int) -> None:
    """For every proportion, however small or near to 1."""
    hits = data.draw(st.integers(0, n))
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    assert low < high


@given(st.data(), st.integers(1, 10**6))
def test_wilson_of_the_complement_is_mirrored(data: st.DataObject, n: int) -> None:
    """Retention's interval is one minus that of churn."""
    hits = data.draw(st.integers(0, n))
    low, high = wilson(hits, n)
    assert wilson(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@pytest.mark.parametrize("n", [1, 7, 20, 28])
def test_wilson_ends_exactly_at_0_and_1(n: int) -> None:
    """No 5e-17 where nothing happened."""
    assert wilson(0, n)[0] == 0
    assert wilson(n, n)[1] == 1


@pytest.mark.parametrize(
    ("votes", "low", "high"),
    [((60, 25, 15), 29.34, 58.04), ((3, 1, 1), -29.78, 79.78), ((1, 0, 0), -48.5, 98.5)],
)
def test_the_nps_interval_gives_the_contracts_check_values(
    votes: tuple[int, int, int], low: float, high: float
) -> None:
    """Section 4, check values."""
    assert [round(x, 2) for x in nps_interval(*votes)] == [low, high]


@given(counts, counts, counts)
def test_the_nps_interval_stays_within_the_score_and_contains_its_centre(
    p: int, passive: int, d: int
) -> None:
    """Its centre is the score with the three votes added that the method adds."""
    low, high = nps_interval(p, passive, d)
    assert -100 <= low < 100 * (p - d) / (p + passive + d + 3) < high <= 100


def test_the_nps_interval_of_many_equal_votes_is_clipped() -> None:
    """It would reach beyond 100."""
    assert nps_interval(10, 0, 0)[1] == 100
    assert nps_interval(0, 0, 10)[0] == -100


def test_the_mean_interval_uses_the_sample_deviation() -> None:
    """Answers 1 to 10 once each: s² = 82.5 / 9."""
    assert mean_interval(10, 55, 385, (1, 10)) == pytest.approx((3.623477350975228, 7.376522649024772))


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_answers_have_no_mean_interval(n: int) -> None:
    """They have no deviation."""
    assert mean_interval(n, 4 * n, 16 * n, (1, 5)) is None


def test_the_mean_interval_is_clipped_to_the_scale() -> None:
    """Answers 1 and 5: wider than the scale on both sides."""
    assert mean_interval(2, 6, 26, (1, 5)) == (1.0, 5.0)


@given(st.lists(st.integers(1, 7), min_size=2, max_size=50))
def test_the_mean_interval_contains_the_mean(answers: list[int]) -> None:
    """Within the scale, whatever the answers."""
    low, high = mean_interval(len(answers), sum(answers), sum(a * a for a in answers), (1, 7)) or (8, 0)
    assert 1 <= low <= sum(answers) / len(answers) <= high <= 7


@pytest.mark.parametrize(
    ("count", "base", "exposure", "base_exposure", "shown"),
    [
        (3, 24, 1, 24, "0.0918"),
        (5, 24, 1, 24, "0.00544"),
        (12, 120, 1, 24, "0.00692"),
        (1, 0, 1, 24, "0.04"),
        (10, 24, 1, 24, "5.67e-07"),
        (60, 480, 24, 576, "2.13e-12"),
    ],
)
def test_the_churn_test_gives_the_contracts_check_values(
    count: int, base: int, exposure: int, base_exposure: int, shown: str
) -> None:
    """Section 4, check values: counts, then hours."""
    assert f"{upper_tail(count, base, exposure, base_exposure):.3g}" == shown


@given(counts, counts, exposures, exposures)
def test_the_churn_test_equals_the_exact_sum(
    count: int, base: int, exposure: int, base_exposure: int
) -> None:
    """Relative error below 1e-12 in the sum itself and in its complement, wherever a float can hold it."""
    exact = exact_tail(count, base, exposure, base_exposure)
    found = upper_tail(count, base, exposure, base_exposure)
    assert 0 <= found <= 1
    assert abs(Fraction(found) - exact) <= exact / 10**12 + Fraction(1, 10**290)


def test_no_churn_is_certain_to_be_reached() -> None:
    """P(X >= 0) is 1."""
    assert upper_tail(0, 5, 1, 24) == 1


def test_a_probability_too_small_for_a_float_is_0() -> None:
    """Never an error, never negative."""
    assert upper_tail(1_000_000, 0, 1, 24) == 0
    assert upper_tail(100_000, 100_000, 1, 10**6) == 0


def test_a_certain_excess_is_never_above_1() -> None:
    """One churn against a million, in a window as long as the rest."""
    assert upper_tail(1, 1_000_000, 1, 1) == 1


@pytest.mark.parametrize("half", [1_000, 500_000])
def test_the_churn_test_of_huge_equal_halves_is_a_half_and_half_the_middle(half: int) -> None:
    """By symmetry P(X >= m) of Bin(2m, 1/2) is 1/2 + P(X = m)/2."""
    middle = (1 - 1 / (8 * half) + 1 / (128 * half**2)) / math.sqrt(math.pi * half)
    assert upper_tail(half, half, 10**15, 10**15) == pytest.approx((1 + middle) / 2, rel=1e-11)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 100), st.integers(1, 100))
def test_one_churn_more_is_less_likely(count: int, base: int, exposure: int, base_exposure: int) -> None:
    """Monotone in the count for one and the same total."""
    if base:
        more = upper_tail(count + 1, base - 1, exposure, base_exposure)
        assert more <= upper_tail(count, base, exposure, base_exposure) * (1 + 1e-9)


def test_the_churn_test_of_a_million_churns_is_quick() -> None:
    """The worst case, exposures and counts alike: terms are summed only while they matter.

    Some ten standard deviations (500 each) of five lines, where a whole tail would be half a million terms.
    """
    assert lines_run(lambda: upper_tail(500_000, 500_000, 1, 1)) < 30_000
