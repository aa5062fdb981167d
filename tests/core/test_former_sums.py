"""Sums that the first version made of old events: they go on counting in every pass over the records."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.core.customer.entries import PURCHASE, Sealed
from streams.core.customer.life import ACTIVE
from streams.core.customer.record import HAS_SEALED, PLAIN_LIFE, Customer
from streams.core.customer.risk import CALM
from streams.core.definition.definition import _GONE, DAY_MS, HOUR_MS, Definition
from streams.core.partition.state import PartitionState
from streams.core.partition.sweep.steps import finish
from streams.core.totals import OVERALL
from streams.engine.ownership import marker as changelog
from streams.publish.merge.sweep_merger import SweepMerger
from tests.histories import record
from tests.laws.driver import IDENTITY, kafka_record
from tests.laws.judging import same

FORMER: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "former" / "partition.json").read_text()
)
UNDER = replace(Definition(), max_clock_skew_ms=100 * DAY_MS)
T: int = FORMER["as_of"]["t"]


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> PartitionState:
    """A partition of the first version, which kept three events of each customer, at T."""
    monkeypatch.setitem(_GONE, "kept_events", 3)
    one = PartitionState(UNDER, IDENTITY)
    for key, value in FORMER["log"].items():
        one.restore(base64.b64decode(key), base64.b64decode(value))
    one.restored(changelog.decode(0, base64.b64decode(FORMER["marker"])).header)
    one.drain()
    one.advance(T)
    return one


def paid(state: PartitionState, window_ms: int) -> Iterator[int]:
    """What each buyer of a window has spent in it, by the packed form that replays use."""
    since_ms = UNDER.floor_edge(T, window_ms)
    for _, spent in state.spent():
        if spent is not None and spent.last_ms > since_ms:
            rows = PURCHASE.iter_unpack(spent.purchases)
            yield sum(money >> 1 for _, at_ms, money in rows if at_ms > since_ms and money & 1)


def test_the_passes_over_all_customers_agree_about_sums(state: PartitionState) -> None:
    """Exactly, packed and live: the same buyers, and nearly the same amounts where they are in buckets."""
    merger = SweepMerger(UNDER, 0)
    merger.offer([finish(state.sweeping(5))], {})
    merger.merge()
    live = merger.shares(T)[OVERALL, "30d"]
    exact = state.sweep({})[OVERALL, "30d"]
    for customer in [*state._customers.cold]:
        found = state._customers.get(customer)
        assert found is not None
        found.changed = True
    spent = list(paid(state, 30 * DAY_MS))
    assert exact.buyers == live.buyers == len(spent) > 1
    total = exact.a_minor + exact.b_minor + exact.c_minor
    assert total == sum(max(0, amount) for amount in spent) > 0
    assert live.a_minor + live.b_minor + live.c_minor == pytest.approx(total, rel=0.05)


def test_groups_that_sums_alone_name_are_not_given_up(state: PartitionState) -> None:
    """After a pass that looks for such, what is there counts as before."""
    before = state.totals()
    state._customers.removed = True
    finish(state.sweeping(5))
    state.drain()
    assert same(state.totals(), before)


def test_what_joins_a_customer_with_sums_counts_as_for_any_other(state: PartitionState) -> None:
    """An order, an answer, a late order, a void and a move; then all of it is erased."""
    before, flows = state.totals().groups[OVERALL], state.totals
    for customer in ("c0", "c1", "c2", "c3", "c4", "c5"):
        for one in (
            record("purchase", customer, T, f"{customer} p", amount="5.00", currency="USD"),
            record("purchase", customer, T - HOUR_MS, f"{customer} q", amount="5.00", currency="USD"),
            record("survey", customer, T, f"{customer} s", score=1, touchpoint="till"),
            record("void", customer, T, f"{customer} v", voids_event_id=f"{customer} p"),
            record("signup", customer, T, f"{customer} u", plan="another"),
        ):
            kind = one["topic"].split(".")[2]
            assert state.apply(kind, [kafka_record(one | {"timestamp": T})]) == []
    assert flows().groups[OVERALL] != before
    for customer in ("c0", "c1", "c2", "c3", "c4", "c5"):
        state.apply("erase", [kafka_record(record("erase", customer, T, f"{customer} e") | {"timestamp": T})])
    state.drain()
    state.advance(T + UNDER.reach_ms + 2 * DAY_MS)
    assert not any(state.totals().groups.get(("plan", "another"), ()))


def test_sums_older_than_retention_are_forgotten(state: PartitionState) -> None:
    """When the record is written next; what is younger stays."""
    customers = state._customers
    sums = [
        max(found.body.sealed.sums)
        for found in map(customers.read, customers.cold)
        if found and found.body.sealed
    ]
    state.advance(sorted(sums)[1] + UNDER.retention_ms)
    for customer in ("c0", "c1", "c2", "c3", "c4", "c5"):
        state.apply(
            "survey", [kafka_record(record("survey", customer, T, f"{customer} s") | {"timestamp": T})]
        )
    state.drain()
    kept = [
        found.body.sealed.sums for found in map(customers.read, customers.cold) if found and found.body.sealed
    ]
    assert sorted(map(bool, kept)) == [False, False, True]


def test_a_header_without_arrivals_is_of_the_first_version() -> None:
    """It told 64 quantities of a family apart: with windows for more than that, its sums are wrong."""
    many = replace(UNDER, window_names=tuple(f"{d}d" for d in range(3, 33)))
    header = changelog.decode(0, base64.b64decode(FORMER["marker"])).header
    assert header is not None
    assert len(msgspec.msgpack.decode(header)) < 5
    with pytest.raises(ValueError, match="more than 64 quantities"):
        PartitionState(many, IDENTITY).restored(header)


def test_an_order_among_the_sums_goes_on_activating() -> None:
    """Its time stays, for life depends on it; a cancellation before it does not end what it began."""
    key, old = IDENTITY.customer("by order"), T - 70 * DAY_MS
    customer = Customer()
    customer.body.sealed = Sealed(old, old, 1, old, old, 0)
    customer.body.activity.append(old)
    customer.state, customer.since, customer.flags = ACTIVE, old, CALM | PLAIN_LIFE | HAS_SEALED
    customer.orders, customer.first, customer.last, customer.engaged = 1, old, old, old
    one = PartitionState(UNDER, IDENTITY)
    one.restore(b"C" + key, customer.pack())
    one.restored(changelog.decode(0, base64.b64decode(FORMER["marker"])).header)
    one.advance(T)
    assert one.unwritten == 0
    for at_ms, active in ((old - 1, 1), (T - 1, 0)):
        cancelled = record("cancellation", "by order", at_ms) | {"timestamp": T}
        assert one.apply("cancellation", [kafka_record(cancelled)]) == []
        assert one.totals().groups[OVERALL][0] == active
    assert one.unwritten == 1


def test_an_order_during_a_sweep_does_not_hide_the_last_one_before_it(state: PartitionState) -> None:
    """Of somebody whose orders are sums, but for the new one."""
    exact = state.sweep({})[OVERALL, "30d"].buyers
    steps = state.sweeping(5)
    next(steps)
    later = T + HOUR_MS
    state.advance(later)
    for customer in ("c0", "c1", "c2", "c3", "c4", "c5"):
        bought = record("purchase", customer, later, f"{customer} new", amount="5.00") | {"timestamp": later}
        state.apply("purchase", [kafka_record(bought)])
    merger = SweepMerger(UNDER, 0)
    merger.offer([finish(steps)], {})
    merger.merge()
    assert merger.shares(T)[OVERALL, "30d"].buyers == exact
