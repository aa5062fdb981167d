"""What is sealed, what becomes of events that come after, and that little is kept of much."""

from dataclasses import replace

from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, Definition
from streams.core.totals import OVERALL, flows
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import IDENTITY, Driven
from tests.laws.judging import Recounted
from tests.spoiling import Record

FEW = replace(Definition(), kept_events=3, kept_life_events=4)
REACH_MS = FEW.reach_ms


def driven(records: list[Record], definition: Definition = FEW, t: int = T) -> Driven:
    """A partition whose clock stands at t, after these records."""
    one = Driven(definition)
    one.state.advance(t)
    one.take(records)
    return one


def ignored(one: Driven) -> dict[str, int]:
    """Why records were ignored."""
    return one.state.accounting_only().accounting.ignored


def late(one: Driven) -> int:
    """How many records were older than the oldest pane."""
    return one.state.accounting_only().accounting.late_beyond_retention


def window(one: Driven, name: str = "30d") -> dict[str, int]:
    """The overall counts of a window."""
    definition = one.definition
    of = {w.name: w for w in definition.windows}
    return flows(one.state.totals().groups[OVERALL], definition, of[name])


def orders(*ages_ms: int) -> list[Record]:
    """Orders of customer a, so long before T."""
    return [record("purchase", "a", T - age) for age in ages_ms]


def test_beyond_the_kept_events_the_oldest_are_sealed_and_still_counted() -> None:
    """Purchases and surveys alike."""
    records = [*orders(5000, 4000), record("survey", "a", T - 3000), *orders(2000, 1000)]
    one = driven(records)
    assert Recounted(records, T, FEW).differences([one]) == []
    assert window(one)["orders"] == 4


def test_a_purchase_or_survey_up_to_the_horizon_cannot_be_told_from_a_duplicate() -> None:
    """The horizon is the time of the newest sealed event, that instant included."""
    one = driven(orders(5000, 4000, 3000, 2000))
    one.take([*orders(5000, 6000), record("survey", "a", T - 5000), record("survey", "a", T - 4999)])
    assert ignored(one) == {"sealed": 3}


def test_of_sealed_orders_that_lie_close_two_are_activity_enough() -> None:
    """Where quiet customers leave: the first, which activates, and the newest; none between says more."""
    quiet = replace(FEW, inactivity_churn_ms=DAY_MS)
    records = orders(*range(9_000, 0, -1_000))
    one = driven(records, quiet)
    assert Recounted(records, T, quiet).differences([one]) == []
    customer = one.state._customers.get(IDENTITY.customer("a"))
    assert customer is not None
    assert customer.body.activity == [T - 9_000, T - 4_000]


def test_life_events_are_never_sealed() -> None:
    """A signup before the horizon is the first activation after all."""
    one = driven(orders(5000, 4000, 3000, 2000))
    one.take([record("signup", "a", T - 40 * DAY_MS)])
    assert ignored(one) == {}
    assert window(one)["new"] == 0


def test_too_many_life_events_overflow() -> None:
    """Signups, cancellations and voids together; purchases go on."""
    life = [record("signup", "a", T - 60_000 + i) for i in range(3)]
    late = [record("void", "a", T - 9), record("cancellation", "a", T - 8), record("void", "a", T - 7)]
    one = driven([*life, *late, *orders(1)])
    assert ignored(one) == {"overflow": 2}
    assert window(one)["orders"] == 1
    assert one.state.accounting_only().accounting.balanced


def test_a_void_of_a_sealed_event_waits_for_ever() -> None:
    """It cannot be taken back any more; a void that came in time stays done."""
    kept, gone = record("void", "a", T - 1, voids_event_id="p2"), record("void", "a", T, voids_event_id="p1")
    buys = [record("purchase", "a", T - 6000 + 1000 * i, f"p{i}") for i in range(1, 6)]
    one = driven([*buys[:3], kept, *buys[3:], gone])
    assert window(one)["orders"] == 4
    assert one.state.accounting_only().accounting.void_pending == 1
    one.restart()
    assert (window(one)["orders"], one.state.accounting_only().accounting.void_pending) == (4, 1)


def test_sealed_events_move_with_the_profile() -> None:
    """Their sums belong to the customer, wherever the customer belongs."""
    records = [*orders(5000, 4000, 3000, 2000, 1000), record("signup", "a", T - 10, segment="smb")]
    one = driven(records)
    assert Recounted(records, T, FEW).differences([one]) == []
    assert flows(one.state.totals().groups["segment", "smb"], FEW, FEW.windows[0])["orders"] == 5


def test_of_sealed_votes_of_one_instant_the_later_by_id_stands() -> None:
    """Whichever touchpoint was voted on first."""
    first = record("survey", "a", T - 5000, "b", score=10, touchpoint="app")
    latest = record("survey", "a", T - 5000, "c", score=0, touchpoint="shop")
    for older in ("app", "shop"):
        old = record("survey", "a", T - 9000, "a", score=8, touchpoint=older)
        records = [old, first, latest, *orders(3, 2, 1)]
        one = driven(records)
        one.restart()
        assert Recounted(records, T, FEW).differences([one]) == []


def test_a_withdrawn_event_that_is_sealed_engages_nobody() -> None:
    """As if it had never been there, though the horizon is its time."""
    signup = record("signup", "a", T - 9 * DAY_MS)
    voids = [record("void", "a", T - 400 + i, f"v{i}", voids_event_id=f"p{i}") for i in range(4)]
    buys = [record("purchase", "a", T - HOUR_MS + i, f"p{i}") for i in range(4)]
    records = [signup, *buys[:3], *voids, buys[3]]
    definition = replace(FEW, kept_life_events=9)
    one = driven(records, definition)
    assert Recounted(records, T, definition).differences([one]) == []
    one.restart()
    assert Recounted(records, T, definition).differences([one]) == []


def test_a_withdrawn_event_that_is_sealed_does_not_come_back() -> None:
    """Its id is gone, but its time is at the horizon."""
    buys = [record("purchase", "a", T - 5000 + i, f"p{i}") for i in range(4)]
    one = driven([buys[0], record("void", "a", T - 4000, voids_event_id="p0"), *buys[1:], buys[0]])
    assert ignored(one) == {"sealed": 1}
    assert window(one)["orders"] == 3


def test_sums_stay_while_a_window_can_ask_for_them() -> None:
    """A window as long as retention reaches back to the pane's boundary before."""
    definition = replace(FEW, window_names=("92d",))
    t = T + HOUR_MS - 1
    records = [record("purchase", "a", T - 92 * DAY_MS + i, f"p{i}") for i in range(1, 6)]
    one = driven([], definition, T)
    one.take(records)
    one.state.advance(t)
    one.take([late := record("purchase", "a", t), moved := record("signup", "a", t, segment="smb")])
    expected = Recounted([*records, late, moved], t, definition)
    assert expected.differences([one]) == []
    one.restart()
    assert expected.differences([one]) == []


def test_what_is_older_than_retention_is_sealed_at_the_receipt_of_something_as_old() -> None:
    """Live: then it can no longer be told from a duplicate. Everything so old is known to be late."""
    signup, *old = record("signup", "a", T - REACH_MS - 5000), *orders(REACH_MS + 3000, REACH_MS + 2000)
    one = driven([signup, *old], Definition())
    assert late(one) == 3
    one.take([*old, *orders(REACH_MS + 2500)])
    assert ignored(one) == {"sealed": 3}
    one.take(orders(REACH_MS + 500, REACH_MS - 500))
    assert (ignored(one), late(one)) == ({"sealed": 3}, 4)


def test_a_refund_sealed_by_age_is_not_taken_twice() -> None:
    """It is no order, so nothing but the horizon remembers it."""
    signup = record("signup", "a", T - REACH_MS - 9000)
    refund = record("purchase", "a", T - REACH_MS - 5000, "r", amount="-3.00")
    older = record("purchase", "a", T - REACH_MS - 6000, "s", amount="-3.00")
    one = driven([signup, refund, older, refund, record("purchase", "a", T), refund], Definition())
    assert ignored(one) == {"sealed": 3}


def test_what_was_parked_in_time_is_never_too_old() -> None:
    """However far the clock jumps: receipt decides."""
    one = Driven(Definition())
    one.state.advance(T - 200 * DAY_MS)
    moment = T - 199 * DAY_MS
    one.take(
        [record("signup", "a", moment - 5), *(record("purchase", "a", moment, f"p{i}") for i in range(3))]
    )
    one.state.advance(T)
    assert ignored(one) == {}
    assert late(one) == 0


def test_a_customer_of_thousands_of_orders_has_a_small_record() -> None:
    """A few hours of a busy day, then a day a purchase: sums by pane, no more."""
    one = Driven(Definition())
    for i in range(5000):
        at_ms = T - 5000 * MINUTE_MS + i * MINUTE_MS
        one.state.advance(at_ms)
        one.take([record("purchase", "a", at_ms)])
    one.flush()
    size = max(map(len, one.log.values()))
    assert window(one)["orders"] == 5000
    assert size < 64 * 40 + 1300 * 30


def test_no_sum_of_amounts_is_too_large_for_a_record() -> None:
    """Thousands of the greatest amount there is, in one pane, kept through a restart."""
    count = 10_000
    biggest = [record("purchase", "a", T - 2 * count + i, amount="9999999999999.99") for i in range(count)]
    one = driven(biggest)
    one.restart()
    one.take([record("signup", "a", T, segment="smb")])
    assert window(one)["revenue"] == count * (10**15 - 1)
