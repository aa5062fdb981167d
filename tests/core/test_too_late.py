"""What comes too late: judged by the log alone, of purchases and answers only (contract, section 2)."""

from dataclasses import replace
from typing import NamedTuple

from streams.core.customer.entries import Sealed, SignupEntry
from streams.core.customer.life import ACTIVE
from streams.core.customer.record import HAS_SEALED, PLAIN_LIFE, Customer
from streams.core.customer.risk import CALM
from streams.core.decoding.arrival import WallTime
from streams.core.definition.definition import DAY_MS, HOUR_MS, SECOND_MS, Definition
from streams.core.partition.arrivals import Arrivals
from streams.core.partition.placement import partition_of
from streams.core.totals import OVERALL, flows
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import IDENTITY, Driven
from tests.laws.judging import Recounted
from tests.spoiling import Record

WEEK = replace(Definition(), kept_for_ms=7 * DAY_MS)
LATE_MS = 8 * DAY_MS


def driven(records: list[Record], definition: Definition = WEEK, t: int = T) -> Driven:
    """A partition whose clock stands at t, after these records, all received at T."""
    one = Driven(definition)
    one.state.advance(t)
    one.take(records)
    assert one.state.accounting_only().accounting.balanced
    return one


def ignored(one: Driven) -> dict[str, int]:
    """Why records were ignored."""
    return one.state.accounting_only().accounting.ignored


def orders(*ages_ms: int) -> list[Record]:
    """Orders of customer a, so long before T."""
    return [record("purchase", "a", T - age) for age in ages_ms]


def orders_of(one: Driven) -> int:
    """Orders of the last 30 days."""
    return flows(one.state.totals().groups[OVERALL], one.definition, one.definition.windows[-1])["orders"]


def test_within_kept_for_any_order_counts_and_repeats_are_known() -> None:
    """The oldest instant that is in time included."""
    one = driven([*orders(5, 3, 9, 7 * DAY_MS), *orders(7 * DAY_MS, 9)])
    assert ignored(one) == {"duplicate": 2}
    assert orders_of(one) == 4


def test_an_overdue_purchase_counts_only_in_order() -> None:
    """Newer than the newest counted overdue one; at its very instant ids tell."""
    same = [record("purchase", "a", T - LATE_MS, f"p{n}") for n in range(3)]
    one = driven([*orders(LATE_MS + 9, 5), *same, same[0], *orders(LATE_MS + 9, LATE_MS + 5, LATE_MS - 5)])
    assert ignored(one) == {"sealed": 2, "duplicate": 1}
    assert orders_of(one) == 6


def test_answers_and_purchases_have_horizons_of_their_own() -> None:
    """So that what counts depends on the order within one topic only."""
    one = driven([*orders(LATE_MS), record("survey", "a", T - LATE_MS - 5), *orders(LATE_MS + 5)])
    assert ignored(one) == {"sealed": 1}


def test_life_events_and_their_voids_are_never_too_late() -> None:
    """A signup before everything is the first activation after all."""
    signup = record("signup", "a", T - 400 * DAY_MS, "s")
    one = driven([*orders(LATE_MS, 5), signup, record("cancellation", "a", T - 300 * DAY_MS)])
    assert one.state.accounting_only().accounting.counted == {"purchase": 2, "signup": 1, "cancellation": 1}
    one.take([record("void", "a", T, voids_event_id="s")])
    assert one.state.accounting_only().accounting.void_pending == 0


def test_a_void_does_not_reach_an_overdue_purchase() -> None:
    """It is counted, without effect, and waits like one without a target; whichever comes first."""
    for records in (
        [*orders(LATE_MS), record("void", "a", T, voids_event_id=f"purchase@{T - LATE_MS}")],
        [record("void", "a", T, voids_event_id=f"purchase@{T - LATE_MS}"), *orders(LATE_MS)],
    ):
        one = driven(records)
        assert (orders_of(one), one.state.accounting_only().accounting.void_pending) == (1, 1)
        assert Recounted(records, T, WEEK).differences([one]) == []


def test_the_logs_own_time_decides_and_no_clock() -> None:
    """Long after, with the clock wherever it is: the same classes."""
    records = [*orders(LATE_MS + HOUR_MS, LATE_MS, LATE_MS + 2), *orders(3, 2, 1)]
    for t in (-1, T, T + 400 * DAY_MS):
        assert ignored(driven(records, t=t)) == {"sealed": 1}


def test_a_withdrawn_purchase_is_of_the_horizon_too() -> None:
    """Its time tells what came too late."""
    first = record("purchase", "a", T - LATE_MS, "p") | {"timestamp": T - LATE_MS}
    void = record("void", "a", T - LATE_MS, voids_event_id="p") | {"timestamp": T - LATE_MS}
    one = driven([first, void, *orders(LATE_MS + 5, LATE_MS - 5)])
    assert ignored(one) == {"sealed": 1}


def test_a_dense_history_dated_by_day_counts_wholly() -> None:
    """Received at once long after it happened, in order; again, all but the last day is too late."""
    dates = [T - (600 - n // 7) * DAY_MS for n in range(2_000)]
    records = [record("purchase", f"c{n % 3}", at, f"p{n}") for n, at in enumerate(dates)]
    one = driven([], Definition())
    one.take_batch(records)
    assert ignored(one) == {}
    one.restart()
    one.take_batch(records)
    last = sum(at == dates[-1] for at in dates)
    assert ignored(one) == {"sealed": 2_000 - last, "duplicate": last} or ignored(one)["duplicate"] >= last
    assert Recounted([*records, *records], T, Definition()).differences([one]) == []


def test_a_record_without_a_timestamp_moves_nothing() -> None:
    """What the wall clock says is not the log's time."""
    ages = 5, LATE_MS, 2 * LATE_MS, 3
    bare = [record("purchase", "a", T - age, f"p{age}") | {"timestamp": WallTime(T)} for age in ages]
    assert ignored(driven(bare)) == {}


def test_the_horizon_may_lie_in_a_closed_chunk() -> None:
    """Of purchases and of answers: between chunks, and within one."""
    for kind in ("purchase", "survey"):
        ages = [*range(9 * DAY_MS, 8 * DAY_MS, -HOUR_MS), *range(6 * DAY_MS, 5 * DAY_MS, -HOUR_MS)]
        records = [record(kind, "a", T - age, f"e{age}") for age in ages]
        horizon = 8 * DAY_MS + HOUR_MS
        records += [record(kind, "a", T - horizon, f"e{horizon}"), record(kind, "a", T - horizon, "other")]
        records += [record(kind, "a", T - horizon - 1, "late"), record(kind, "a", T - 6 * DAY_MS, "in time")]
        for room in (96, 200, 2_048):
            one = Driven(WEEK, room)
            one.state.advance(T)
            one.take(records)
            assert ignored(one) == {"duplicate": 1, "sealed": 1}
            assert Recounted(records, T, WEEK).differences([one]) == []


def test_what_the_first_version_made_sums_of_takes_nothing_more() -> None:
    """Up to its newest event; ids of it are gone."""
    customer = Customer()
    customer.state, customer.since = ACTIVE, T - 50 * DAY_MS
    customer.flags = CALM | PLAIN_LIFE | HAS_SEALED
    customer.orders, customer.first, customer.second = 3, T - 40, T - 20
    customer.last = customer.engaged = T - 9
    customer.body.signups.append(SignupEntry(T - 50 * DAY_MS, "s", "", 0, None, trial=False))
    customer.body.sealed = Sealed(T - 9, T - 9, 3, T - 40, T - 9, T - 20)
    one = Driven(WEEK)
    one.state.restore(b"C" + IDENTITY.customer("a"), customer.pack())
    one.state.restored(None)
    one.state.advance(T)
    one.take([*orders(9, 10, 8), record("survey", "a", T - 9), record("survey", "a", T)])
    assert ignored(one) == {"sealed": 3}


class Lain(NamedTuple):
    """A record that says where it lay."""

    key: bytes | None
    value: bytes | None
    timestamp: int
    partition: int


def test_each_partition_of_a_log_has_a_time_of_its_own() -> None:
    """A record without a timestamp moves none."""
    arrivals = Arrivals(partition_of)
    batch = [Lain(None, None, 5, 0), Lain(None, None, 9, 1), Lain(None, None, WallTime(70), 0)]
    assert arrivals.begin("purchase", batch) == 9
    assert [arrivals.at(n) for n in range(3)] == [5, 9, 5]
    assert arrivals.begin("survey", batch[2:]) == -1
    assert [arrivals.of(kind, 0) for kind in ("purchase", "survey", "void")] == [5, -1, -1]


def test_an_id_that_waits_twice_is_known_by_the_newer_event_after_a_restart_too() -> None:
    """An erase between the two made it free again; what is read back first must not decide."""
    times = [T + SECOND_MS, T + 2 * SECOND_MS]
    steady, killed = Driven(Definition()), Driven(Definition())
    for one in (steady, killed):
        one.state.advance(T)
        one.take([record("survey", "a", times[1] + 1, "other")])
        one.flush()
        one.take([record("signup", "a", times[0], "twice")])
        one.flush()
        one.take([record("erase", "a", times[0] + 1, "e"), record("signup", "a", times[1], "twice")])
        one.flush()
    killed.restart()
    again = [record("signup", "a", times[1] + 2, "twice")]
    for one in (steady, killed):
        one.take(again)
        assert one.state.accounting_only().accounting.ignored == {"duplicate": 1}
