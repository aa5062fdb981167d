"""Evidence: averages of e-values, limits, hand-made series."""

import math
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from streams.core.alarms.evidence import (
    REACH,
    WEEK,
    WINDOWS,
    Direction,
    Prefix,
    evidence,
    listed_log10,
    threshold_log10,
)
from streams.core.alarms.limits import mean_at_least, mean_at_most, share_at_most

DAY_MS = 86_400_000


def series(each: int, *, slots: int = REACH) -> list[int]:
    """As many in each slot."""
    return [each] * slots


def at_end(counts: list[int], exposures: list[int], direction: Direction, rho: float = 1.25) -> float:
    """The evidence at the end, as logarithm."""
    return evidence(Prefix(counts), Prefix(exposures), len(counts), direction, rho).log10


def e_values(direction: Direction, counts: list[int], exposures: list[int], rho: float) -> list[float]:
    """By the formulas of docs/alarms.md, one by one."""
    end, found = len(counts), []
    for window in WINDOWS:
        n, exposure = sum(counts[end - window : end]), sum(exposures[end - window : end])
        weeks = [slice(end - WEEK * w - window, end - WEEK * w) for w in (1, 2, 3, 4)]
        base, base_exposure = sum(sum(counts[w]) for w in weeks), sum(sum(exposures[w]) for w in weeks)
        if direction == "up":
            mean = rho * mean_at_most(base, 0.99) * exposure / base_exposure
            found += [math.exp(n * math.log(r) - (r - 1) * mean) / 5 for r in (1.5, 2, 3, 5, 10)]
        elif direction == "down":
            mean = mean_at_least(base, 0.99) * exposure / base_exposure / rho
            found += [r**n * math.exp(-(r - 1) * mean) / 4 for r in (0.5, 0.25, 0.1, 0)]
        else:
            p = min(1.0, rho * share_at_most(base, base_exposure, 0.99))
            found += [
                math.exp(n * math.log(r) - exposure * math.log(1 - p + p * r)) / 5 for r in (1.5, 2, 3, 5, 10)
            ]
    return found


@pytest.mark.parametrize(("direction", "rho"), list(product(("up", "down", "share"), (1.25, 2.0))))
def test_the_sum_is_that_of_the_formulas(direction: Direction, rho: float) -> None:
    """On a series with something in its last hour."""
    counts = [(slot * 7) % 5 for slot in range(REACH + 50)]
    exposures = [6 + slot % 3 for slot in range(REACH + 50)]
    counts[-12:] = [0] * 12 if direction == "down" else [6] * 12
    expected = math.log10(math.fsum(e_values(direction, counts, exposures, rho)))
    assert at_end(counts, exposures, direction, rho) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("r", "mean"), list(product((1.5, 2.0, 3.0, 5.0, 10.0, 0.5, 0.25, 0.1, 0), (0.1, 1.0, 7.5)))
)
def test_an_e_value_is_one_on_average(r: float, mean: float) -> None:
    """Of Poisson counts of exactly the mean; the most ordinary of what is ordinary."""
    average = math.fsum(poisson.pmf(n, mean) * float(r) ** n * math.exp(-(r - 1) * mean) for n in range(200))
    assert average == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(("r", "p"), list(product((1.5, 2, 3, 5, 10), (0.05, 0.4))))
def test_an_e_value_of_a_share_is_one_on_average(r: float, p: float) -> None:
    """Of 30 answers."""
    average = math.fsum(binom.pmf(n, 30, p) * r**n / (1 - p + p * r) ** 30 for n in range(31))
    assert average == pytest.approx(1.0, rel=1e-9)


def test_it_says_what_was_seen_and_what_was_expected() -> None:
    """In the window that says most; expected is what the weeks before say, without limit or tolerance."""
    counts = series(2)
    counts[-3:] = [60, 60, 60]
    found = evidence(Prefix(counts), Prefix(series(10)), REACH, "up", 1.25)
    assert (found.window, found.observed, found.expected) == (3, 180, 6.0)
    assert found.log10 > 50


def test_twice_as_many_customers_make_twice_as_many_ordinary() -> None:
    """Counts are held against exposures."""
    counts, exposures = series(20), series(10)
    counts[-288:], exposures[-288:] = [40] * 288, [20] * 288
    assert at_end(counts, exposures, "up") < 1
    assert at_end(counts, series(10), "up") > 50


def test_nothing_is_expected_of_nobody() -> None:
    """No evidence where there is no exposure, now or in the weeks before."""
    assert at_end(series(3), series(0), "up") == -math.inf
    silent = [*series(0, slots=REACH - 1), 5]
    assert at_end(silent, silent, "share") == -math.inf


def test_silence_is_evidence_downwards() -> None:
    """And more of it the longer it lasts."""
    counts = series(4)
    found = []
    for slots in (3, 12, 72):
        counts[-slots:] = [0] * slots
        found.append(at_end(counts, series(10), "down"))
    assert 0 < found[0] < found[1] < found[2]


def test_the_threshold_is_streams_times_slots_between_false_pages() -> None:
    """100 streams, ten years of five minutes."""
    assert 10 ** threshold_log10(100, 3_650 * DAY_MS) == pytest.approx(100 * 3_650 * 288)


@given(
    st.lists(st.one_of(st.none(), st.floats(-2, 12), st.sampled_from([8.0, 8 - math.log10(2)])), max_size=7)
)
def test_streams_that_stand_out_together(evidences: list[float | None]) -> None:
    """By brute force: the largest set of which every member has a k-th of the threshold, k its size."""
    known = [one for one in evidences if one is not None]
    sets = [chosen for k in range(len(known) + 1) for chosen in combinations(known, k)]
    standing = [chosen for chosen in sets if all(one >= 8 - math.log10(len(chosen)) for one in chosen)]
    largest = max(standing, key=len)
    level = listed_log10(evidences, 8.0)
    assert sorted(one for one in known if one >= level) == sorted(largest)
