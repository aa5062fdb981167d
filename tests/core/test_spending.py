"""Revenue shares kept up to date between snapshots: the same as a sweep over everybody, at every instant."""

from random import Random

import pytest

from streams.core.customer.entries import PURCHASE
from streams.core.customer.groups import Members
from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition
from streams.core.kpi.breakdown import named_values
from streams.core.kpi.values.value import Sweep
from streams.core.partition.journal import Journal
from streams.core.partition.state import PartitionState
from streams.core.partition.sweep.exact_shares import shares
from streams.core.partition.sweep.payments import Spent
from streams.core.totals import OVERALL
from streams.replay.revenue_shares import Spending
from tests.histories import CHURNY, NOW_MS, STEADY, history, record, seeded
from tests.laws.driver import IDENTITY, Driven

FEW = Definition(max_values=2)
WEEK = Definition(window_names=("7d",))
NOBODY: Members = ("unknown",) * 4


def instants(rng: Random) -> list[int]:
    """Some times, the last ones after all events."""
    near = [NOW_MS - rng.randint(0, 40 * DAY_MS) for _ in range(6)]
    return sorted({*near, NOW_MS, NOW_MS + HOUR_MS, NOW_MS + 40 * DAY_MS})


@pytest.mark.parametrize("seed", range(40))
def test_shares_are_those_of_a_sweep_over_everybody(seed: int) -> None:
    """Late, withdrawn, erased, sealed, moved between profiles: whatever changes a buyer."""
    rng = seeded(seed)
    definition = FEW if seed % 3 else Definition()
    records = history(rng, customers=8, events=150, mix=CHURNY if seed % 2 else STEADY)
    driven = Driven(definition)
    driven.state = PartitionState(definition, IDENTITY, journal=Journal())
    spending = Spending(definition)
    driven.take(records)
    for t in instants(rng):
        driven.state.advance(t)
        spending.update(driven.state.spent())
        named = named_values(driven.state.totals().groups, definition)
        assert spending.shares(t, driven.state.table, named) == driven.state.sweep(named)


def bought(*amounts: int, at_ms: int = NOW_MS) -> Spent:
    """A customer with these purchases in the base currency."""
    return Spent(0, at_ms, b"".join(PURCHASE.pack(b"", at_ms, amount << 1 | 1) for amount in amounts))


def test_replaced_rows_are_forgotten() -> None:
    """Many changes of few customers do not pile up; what stands is the last of each."""
    spending = Spending(WEEK)
    for turn in range(1, 50):
        spending.update([(b"a", bought(100 * turn)), (b"b", bought(7, -3)), (b"c", None)])
    assert len(spending._alive) <= 4
    found = spending.shares(NOW_MS, [NOBODY], {})
    assert found[OVERALL, "7d"] == shares([4900, 4], NOW_MS)
    spending.update([(b"a", None)])
    assert spending.shares(NOW_MS, [NOBODY], {})[OVERALL, "7d"] == shares([4], NOW_MS)


def test_nobody_ever_bought() -> None:
    """Shares of nothing."""
    spending = Spending(WEEK)
    spending.update([])
    assert spending.shares(NOW_MS, [], {}) == {(OVERALL, "7d"): Sweep(NOW_MS, 0, 0, 0, 0)}


def test_sums_beyond_64_bits_are_refused() -> None:
    """``exact`` says so before; the sweep in Python's integers is there for them."""
    spending = Spending(WEEK)
    most = 10**15 - 1
    spending.update([(bytes([i]), bought(*[most] * 64)) for i in range(60)])
    assert spending.exact
    spending.update([(bytes([60 + i]), bought(*[most] * 64)) for i in range(60)])
    assert not spending.exact


def test_whoever_was_only_looked_at_has_not_changed() -> None:
    """A repeat touches the record and changes nothing."""
    driven = Driven(WEEK)
    driven.state.advance(NOW_MS)
    purchase = record("purchase", "a", NOW_MS)
    driven.take([purchase])
    assert len(list(driven.state.spent())) == 1
    driven.take([purchase])
    assert list(driven.state.spent()) == []
