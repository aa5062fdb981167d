"""Shares of revenue from buckets are within 1 % of the exact ones, whatever the amounts and partitions."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.kpi.revenue_buckets import Buckets, add_packed, index_of, pack, put, shares
from streams.core.kpi.values.value import Sweep
from streams.core.partition.sweep.exact_shares import shares as exact_shares

LIMIT = 0.01


def bucketed(amounts: list[int]) -> Buckets:
    """Buckets of these buyers."""
    buckets: Buckets = {}
    for amount in amounts:
        put(buckets, amount)
    return buckets


def errors(found: Sweep, exact: Sweep) -> list[float]:
    """The relative error of each share of revenue."""
    assert (found.buyers, found.revenue_minor) == (exact.buyers, exact.revenue_minor)
    pairs = ((found.a_minor, exact.a_minor), (found.b_minor, exact.b_minor), (found.c_minor, exact.c_minor))
    return [abs(mine - true) / true if true else float(mine != 0) for mine, true in pairs]


def geometric(ratio: float, n: int) -> list[int]:
    """Amounts that grow by a ratio."""
    return [round(1_000 * ratio**i) for i in range(n)]


ADVERSARIAL = {
    "one bucket, the best at its upper end": [10_050] * 20 + [9_960] * 80,
    "one bucket, cut in its middle": list(range(100_000, 101_000)),
    "one buyer above a bucket of all others": [10**9, *range(50_000, 50_400)],
    "all the same": [777] * 1_000,
    "nobody spent anything": [0, -5, 0],
    "one buyer": [1],
    "cents": [1, 2, 3, 4, 5, 99, 100, 101, 102],
    "whole revenue in one hand": [10**15] + [0] * 99,
    "beyond 64 bits": [10**19, 3 * 10**19, 10**19 + 5, 7],
    "slow growth": geometric(1.0005, 3_000),
    "steps of a bucket": geometric(1.01, 900),
    "fast growth": geometric(1.5, 60),
}


@pytest.mark.parametrize("amounts", ADVERSARIAL.values(), ids=ADVERSARIAL.keys())
def test_adversarial_amounts_stay_within_one_percent(amounts: list[int]) -> None:
    """Those that put the most into the buckets that are cut."""
    assert max(errors(shares(bucketed(amounts), 7), exact_shares(amounts, 7))) <= LIMIT


@given(
    st.lists(
        st.one_of(st.integers(-100, 300), st.integers(9_900, 10_200), st.integers(0, 10**12)), max_size=80
    )
)
def test_any_amounts_stay_within_one_percent(amounts: list[int]) -> None:
    """Of each share, not of the whole alone."""
    assert max(errors(shares(bucketed(amounts), 7), exact_shares(amounts, 7))) <= LIMIT


@pytest.mark.parametrize("seed", range(5))
def test_a_market_of_few_great_buyers_stays_within_one_percent(seed: int) -> None:
    """Pareto-distributed amounts, 20,000 buyers."""
    rng = Random(seed)  # noqa: S311 - amounts, no secret
    amounts = [int(1_000 * rng.paretovariate(1.16)) for _ in range(20_000)]
    assert max(errors(shares(bucketed(amounts), 7), exact_shares(amounts, 7))) <= LIMIT


@given(st.lists(st.integers(-10, 10**20), max_size=40), st.integers(1, 4))
def test_buckets_add_up_over_partitions(amounts: list[int], partitions: int) -> None:
    """Packed by each and added: the same as of one."""
    rows: list[Buckets] = [{}, {}]
    for partition in range(partitions):
        mine = bucketed(amounts[partition::partitions])
        add_packed(rows, pack([mine, {}]))
    assert rows == [bucketed(amounts), {}]


def test_amounts_of_one_bucket_differ_by_less_than_one_percent() -> None:
    """Over the first million minor units."""
    least: dict[int, int] = {}
    for amount in [*range(1, 20_000), *range(20_000, 1_000_000, 7)]:
        assert amount <= least.setdefault(index_of(amount), amount) * (1 + LIMIT)


def test_packed_buckets_of_other_windows_are_refused() -> None:
    """Two rows into one."""
    with pytest.raises(ValueError, match="zip"):
        add_packed([{}], pack([{}, {}]))
