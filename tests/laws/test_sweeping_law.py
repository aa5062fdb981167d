"""The live sweep is held to the exact one and to the recount, over any history and any partitions."""

from collections.abc import Iterable
from fractions import Fraction
from random import Random

import pytest

from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition
from streams.core.kpi.breakdown import named_values
from streams.core.kpi.early_warning import AtRisk
from streams.core.kpi.swept import Swept
from streams.core.kpi.values.value import Sweep
from streams.core.partition.sweep.steps import finish
from streams.core.totals import OVERALL, merge
from streams.publish.merge.sweep_merger import SweepMerger
from tests.histories import ALL, CHURNY, NOW_MS, STEADY, Mix, history, seeded
from tests.laws.driver import IDENTITY, Driven, Way, drive
from tests.recount import classify
from tests.recount.document import lives_of
from tests.recount.risk import score
from tests.spoiling import Record

EVERYBODY = 10_000
BUYERS = Mix(signup=2, purchase=30, cancellation=1, survey=3, void=1, erase=0.3)
MIXES = (STEADY, CHURNY, BUYERS)
CROWD = Mix(signup=10, purchase=20, cancellation=0, survey=3, void=0, erase=0)
HISTORIES = 40


def world(seed: int) -> tuple[list[Record], list[Driven], Random]:
    """A history and the partitions that took it, some records packed and some in use."""
    rng = seeded(seed)
    records = history(rng, mix=MIXES[seed % len(MIXES)], events=rng.randint(20, 150))
    way = Way(partitions=rng.choice((1, 3)), restart=rng.choice((0, 0.2)), flush=0.3)
    return records, drive(records, NOW_MS, way, rng), rng


def crowd(seed: int) -> tuple[Driven, Random]:
    """One partition of many customers, with nothing that is still to come."""
    rng = seeded(seed)
    span_ms = 90 * DAY_MS
    records = history(rng, mix=CROWD, events=150, customers=20, span_ms=span_ms, features=ALL - {"future"})
    (one,) = drive(records, NOW_MS, Way(flush=0.3), rng)
    assert not one.state.totals().accounting.parked
    return one, rng


def swept(partitions: list[Driven]) -> list[Swept]:
    """What each sweep finds."""
    return [finish(one.state.sweeping(EVERYBODY)) for one in partitions]


def buyer(customer: str, at_ms: int, number: int = 0) -> Record:
    """An order of 1.00."""
    fields = {"event_id": f"own{number}", "occurred_at": at_ms, "amount": "1.00", "currency": "USD"}
    value = {"customer_id": customer, **fields}
    return {
        "topic": "crm.customer.purchase.v1",
        "key": customer,
        "timestamp": NOW_MS + HOUR_MS,
        "value": value,
    }


def partition(records: Iterable[Record], definition: Definition | None = None) -> Driven:
    """A partition at NOW that took these."""
    one = Driven(definition or Definition())
    one.state.advance(NOW_MS)
    one.take(records)
    return one


def buyers(found: Swept, definition: Definition) -> int:
    """The buyers of the longest window."""
    merger = SweepMerger(definition, 0)
    merger.offer([found], {})
    merger.merge()
    return merger.shares(NOW_MS)[OVERALL, "30d"].buyers


def close(found: Sweep, exact: Sweep) -> bool:
    """Within 1 % in every share; sums are equal."""
    mine, true = ((s.a_minor, s.b_minor, s.c_minor) for s in (found, exact))
    summed = (found.buyers, found.revenue_minor, found.kept), (exact.buyers, exact.revenue_minor, exact.kept)
    return summed[0] == summed[1] and all(100 * abs(a - b) <= b for a, b in zip(mine, true, strict=True))


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_merged_shares_are_within_one_percent_of_the_exact_ones(seed: int) -> None:
    """Every group that is published and every window, over one partition or several."""
    records, partitions, _ = world(seed)
    definition = partitions[0].definition
    groups = merge(one.state.totals() for one in partitions).groups
    named = named_values(groups, definition)
    merger = SweepMerger(definition, EVERYBODY)
    merger.offer(swept(partitions), named)
    merger.merge()
    (whole,) = drive(records, NOW_MS, Way(), seeded(seed))
    exact = whole.state.sweep(named)
    found = merger.shares(NOW_MS)
    assert exact.keys() <= found.keys()
    assert [key for key, sweep in exact.items() if not close(found[key], sweep)] == []
    assert all(not sweep.buyers for key, sweep in found.items() if key not in exact)


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_scores_are_those_of_the_recount(seed: int) -> None:
    """Of every active customer, in the exact order; nobody else is at risk."""
    records, partitions, _ = world(seed)
    definition = partitions[0].definition
    lives = lives_of(classify(records, definition), NOW_MS, definition)
    expected: dict[bytes, Fraction] = {
        IDENTITY.customer(life.person.customer_id): score(life, NOW_MS)
        for life in lives
        if life.person.ended_ms is None and life.active_at(NOW_MS)
    }
    found = [one for part in swept(partitions) for one in part.at_risk]
    assert {one.customer: one.score for one in found} == {key: float(s) for key, s in expected.items()}
    assert len(found) == len(expected)


@pytest.mark.parametrize("seed", range(5))
def test_a_sweep_tells_what_held_when_it_began(seed: int) -> None:
    """Whatever is dated later and happens between its steps."""
    one, rng = crowd(seed)
    before = finish(one.state.sweeping(EVERYBODY))
    steps = one.state.sweeping(EVERYBODY)
    next(steps)
    one.state.advance(NOW_MS + 60_000)
    one.take(buyer(f"c{rng.randint(0, 19)}", NOW_MS + rng.randint(1, 50_000), n) for n in range(30))
    one.flush()
    assert finish(steps).shares == before.shares


def test_only_the_most_at_risk_are_named() -> None:
    """The highest scores, the highest first, ties by digest."""
    one, _ = crowd(1)
    everybody = finish(one.state.sweeping(EVERYBODY)).at_risk
    assert len(everybody) > 3
    assert list(everybody) == sorted(everybody, reverse=True)
    assert finish(one.state.sweeping(3)).at_risk == everybody[:3]
    assert finish(one.state.sweeping(0)).at_risk == ()


def test_who_is_erased_during_a_sweep_is_not_named() -> None:
    """Even when the sweep had looked at them already."""
    one, _ = crowd(1)
    steps = one.state.sweeping(EVERYBODY)
    next(steps)
    next(steps)  # all have been looked at
    named: AtRisk = finish(one.state.sweeping(EVERYBODY)).at_risk[0]
    customer = next(c for c in (f"c{n}" for n in range(50)) if IDENTITY.customer(c) == named.customer)
    value = {"event_id": "gone", "customer_id": customer, "occurred_at": NOW_MS}
    one.flush()
    one.take([{"topic": "crm.customer.erase.v1", "key": customer, "timestamp": NOW_MS, "value": value}])
    assert named.customer not in {each.customer for each in finish(steps).at_risk}
    assert one.state.erased([named.customer, b"somebody else"]) == {named.customer}
    one.flush()
    assert not one.state.erased([named.customer])


def test_who_goes_before_the_sweep_has_come_to_them_is_not_counted() -> None:
    """Their record is gone; everybody else is counted once, packed meanwhile or not."""
    one = partition(buyer(f"c{n}", NOW_MS - n) for n in range(100))
    steps = one.state.sweeping(EVERYBODY)
    next(steps)
    value = {"event_id": "gone", "customer_id": "c99", "occurred_at": NOW_MS}
    one.take([{"topic": "crm.customer.erase.v1", "key": "c99", "timestamp": NOW_MS, "value": value}])
    one.flush()
    found = finish(steps)
    assert buyers(found, one.definition) == 99
    assert len(found.at_risk) == 99


def test_who_orders_again_only_during_the_sweep_is_no_buyer_of_it() -> None:
    """The sweep tells what held when it began."""
    one = partition(buyer(f"c{n}", NOW_MS - 200 * DAY_MS) for n in range(40))
    steps = one.state.sweeping(EVERYBODY)
    next(steps)
    one.state.advance(NOW_MS + 1_000)
    one.take([buyer("c39", NOW_MS + 500, 1)])
    found = finish(steps)
    assert found.shares == {}
    assert len(found.at_risk) == 40


def test_a_closed_order_makes_a_buyer_of_one_who_orders_during_the_sweep() -> None:
    """Closed before the sweep has come to them."""
    one = Driven(Definition(), 32)
    one.state.advance(NOW_MS)
    one.take(buyer(f"c{n}", NOW_MS - DAY_MS) for n in range(40))
    steps = one.state.sweeping(EVERYBODY)
    next(steps)
    one.state.advance(NOW_MS + 1_000)
    one.take([buyer("c39", NOW_MS + 500, 1)])
    assert buyers(finish(steps), Definition()) == 40
