"""The risk score: literal cases of the contract, the bands that follow from it, and who is kept."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.customer.risk import CALM, DETRACTOR, HIGH, LOW, MEDIUM, PENDING, band_at, score_at
from streams.core.definition.definition import DAY_MS
from streams.core.kpi.early_warning import AtRisk, most
from streams.core.partition.sweep.risk_ranking import Ranking

T = 1_000 * DAY_MS


def score(
    orders: int = 0, first: int = 0, last: int = 0, *, detractor: bool = False, pending: bool = False
) -> Fraction:
    """The score of one whose first and last orders were so many days ago."""
    above, below = score_at(
        orders, T - first * DAY_MS, T - last * DAY_MS, T, detractor=detractor, pending=pending
    )
    return Fraction(above, below)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (score(), 0),
        (score(detractor=True), Fraction(1, 2)),
        (score(pending=True), Fraction(9, 10)),
        (score(detractor=True, pending=True), Fraction(19, 20)),
        (score(1, 30, 30), 0),
        (score(1, 60, 60), Fraction(1, 2)),
        (score(1, 90, 90), 1),
        (score(1, 900, 900), 1),
        (score(4, 40, 10), 0),
        (score(4, 22, 12), Fraction(1, 10)),
        (score(4, 22, 12, detractor=True), Fraction(11, 20)),
        (score(4, 22, 12, pending=True), Fraction(91, 100)),
        (score(100, 3, 2), Fraction(1, 2)),
        (score(1, 90, 90, detractor=True, pending=True), 1),
    ],
)
def test_scores_of_the_contract(found: Fraction, expected: Fraction | int) -> None:
    """Own gap (30 d + 10 d) / 4 = 10 d after three orders in ten days, and a day at least."""
    assert found == expected


@given(
    st.integers(0, 80),
    st.integers(0, 400 * DAY_MS),
    st.integers(0, 400 * DAY_MS),
    st.sampled_from((CALM, DETRACTOR, PENDING)),
)
def test_bands_are_those_of_the_score(orders: int, silence: int, between: int, standing: int) -> None:
    """Low below a third, high from two thirds on."""
    first, last = (T - silence - between, T - silence) if orders else (0, 0)
    first = last if orders == 1 else first
    above, below = score_at(
        orders, first, last, T, detractor=standing == DETRACTOR, pending=standing == PENDING
    )
    exact = Fraction(above, below)
    assert 0 <= exact <= 1
    band = LOW if exact < Fraction(1, 3) else MEDIUM if exact < Fraction(2, 3) else HIGH
    assert band_at(standing, orders, first, last, T) == band


@given(
    st.lists(st.tuples(st.sampled_from((0.0, 0.5, 1.0)), st.binary(min_size=1, max_size=2))),
    st.integers(0, 5),
)
def test_a_ranking_keeps_the_most_at_risk(pairs: list[tuple[float, bytes]], limit: int) -> None:
    """Whatever the order in which they come."""
    customers = [AtRisk(*pair) for pair in pairs]
    ranking = Ranking(limit)
    for one in customers:
        ranking.add(one)
    assert most(ranking.customers, limit) == tuple(sorted(customers, reverse=True)[:limit])
