"""What a partition notes, keeps and tells; the law in tests/laws holds all of it to lives."""

import msgspec
import pytest

from streams.core.alarms import day as d
from streams.core.counting import quantities as q
from streams.core.counting.slot_series import BEFORE, SlotSeries, Told
from streams.core.totals import OVERALL, Group

PLAN: Group = ("plan", "a")
DAY = 20_000
NOON_MS = DAY * d.DAY_MS + d.DAY_MS // 2


def series(kept_days: int = d.KEPT_DAYS) -> SlotSeries:
    """Of a partition with one profile, at noon."""
    made = SlotSeries(kept_days, lambda _profile: [PLAN])
    made.move(NOON_MS)
    return made


def telling(of: SlotSeries, t: int, active: int = 0, groups: tuple[Group, ...] = (PLAN,)) -> list[Told]:
    """What it tells at t, in the order of groups and days."""
    return sorted(of.telling(t, lambda _group: active, groups), key=lambda told: told[:2])


def rows(told: list[Told], group: Group = PLAN) -> dict[int, d.Slots | None]:
    """Day -> slots, of one group."""
    return {
        day: None if packed is None else d.unpack_day(packed)
        for of, day, packed in told
        if of == group and day != BEFORE
    }


def test_a_slot_is_told_once_it_is_over_and_again_when_it_changes() -> None:
    """An event at a boundary is in the slot that ends there; what is told once is told no more."""
    made = series()
    made.order(1, NOON_MS, 7, 1)
    made.order(1, NOON_MS + 1, 7, 1)
    first = telling(made, NOON_MS + 1)
    assert rows(first) == rows(first, OVERALL) == {DAY: {143: [0, 0, 0, 1, 0, 0, 0, 0]}}
    assert [told[:2] for told in first if told[1] == BEFORE] == [(OVERALL, BEFORE), (PLAN, BEFORE)]
    assert telling(made, NOON_MS + 2) == []
    later = telling(made, NOON_MS + d.SLOT_MS)
    assert rows(later) == {DAY: {143: [0, 0, 0, 1, 0, 0, 0, 0], 144: [0, 0, 0, 1, 0, 0, 0, 0]}}
    made.order(1, NOON_MS, 7, -1)
    assert rows(telling(made, NOON_MS + d.SLOT_MS)) == {DAY: {144: [0, 0, 0, 1, 0, 0, 0, 0]}}
    made.order(1, NOON_MS + 1, 7, -1)
    assert rows(telling(made, NOON_MS + d.SLOT_MS)) == {DAY: None}
    made.order(1, NOON_MS, 7, 1)
    made.order(1, NOON_MS, 7, -1)
    assert telling(made, NOON_MS + d.SLOT_MS) == []


def test_what_is_counted() -> None:
    """Refunds in the base currency alone; sealed purchases; NPS answers and detractors among them."""
    made = series()
    made.order(1, NOON_MS, -7 << 1, 1)
    made.order(1, NOON_MS, -7 << 1 | 1, 1)
    made.orders(1, NOON_MS, [(q.ORDERS, 2), (q.REFUNDS_BASE, 1), (q.REVENUE, 9)])
    made.answers(1, NOON_MS, [(q.NPS + 2, 1), (q.NPS, 1), (q.CSAT5, 1)])
    made.life(1, NOON_MS, [(q.NEW, 3), (q.DELTA_MS, 5)])
    made.life(1, NOON_MS, [(q.CHURNED, 1)])
    made.life(1, NOON_MS, [(q.REACTIVATED, 1)])
    made.life(1, NOON_MS, [(q.ERASED, 1)])
    assert rows(telling(made, NOON_MS)) == {DAY: {143: [1, 3, 2, 2, 2, 1, 2, 0]}}


def test_churns_by_reason_and_malformed_records() -> None:
    """Of the reason alone, of the whole alone; a churn type has none."""
    of = {1: [PLAN], 2: [("reason", "price")], 3: [("churn_type", "voluntary")]}
    made = SlotSeries(d.KEPT_DAYS, of.__getitem__)
    made.move(NOON_MS)
    for group in (2, 3):
        made.cause(group, NOON_MS, [(q.CHURNED, 1), (q.GONE, 1)])
    made.malformed(NOON_MS, 4)
    told = telling(made, NOON_MS, 1)
    assert rows(told, ("reason", "price")) == {DAY: {143: [1, 0, 0, 0, 0, 0, 0, 0]}}
    assert rows(told, OVERALL) == {DAY: {143: [0, 0, 0, 0, 0, 0, 0, 4]}}
    assert {group for group, day, _ in told if day != BEFORE} == {OVERALL, ("reason", "price")}


def test_customers_before_what_is_kept() -> None:
    """Those active now without what has changed since."""
    made = series()
    made.life(1, NOON_MS, [(q.NEW, 3)])
    told = {
        group: d.unpack_count(packed)
        for group, day, packed in telling(made, NOON_MS, 10)
        if packed and day < 0
    }
    assert told == {OVERALL: 7, PLAN: 7}
    made.life(1, NOON_MS - 90 * d.DAY_MS, [(q.NEW, 1)])
    again = telling(made, NOON_MS, 11)
    assert [(group, d.unpack_count(packed or b"")) for group, _, packed in again] == [(OVERALL, 8), (PLAN, 8)]
    gone = telling(made, NOON_MS + d.SLOT_MS, 11, groups=())
    assert gone == [(PLAN, BEFORE, None)]


def test_days_age() -> None:
    """From slots to sums, then out; who was there before takes them over."""
    made = series()
    made.life(1, NOON_MS, [(q.NEW, 1)])
    made.order(1, NOON_MS + d.SLOT_MS, 7, 1)
    made.order(1, NOON_MS, 7, 1)
    telling(made, NOON_MS + d.SLOT_MS, 1)
    coarse_ms = NOON_MS + d.FINE_DAYS * d.DAY_MS
    made.move(coarse_ms)
    made.order(1, NOON_MS, 7, 1)
    assert rows(telling(made, coarse_ms, 1)) == {DAY: {0: [0, 1, 1, 3, 0, 0, 0, 0]}}
    out_ms = NOON_MS + d.KEPT_DAYS * d.DAY_MS
    made.move(out_ms)
    told = telling(made, out_ms, 1)
    assert rows(told) == {DAY: None}
    before = {group: d.unpack_count(packed) for group, day, packed in told if packed and day == BEFORE}
    assert before == {OVERALL: 1, PLAN: 1}
    made.move(out_ms - d.DAY_MS)
    assert telling(made, out_ms, 1) == []


def test_many_slots_do_not_wait_in_memory() -> None:
    """They are spread as soon as there are too many."""
    made = series()
    for slot in range(200_001):
        made.order(slot, NOON_MS, 7, 1)
    found = rows(telling(made, NOON_MS))
    assert found == {DAY: {143: [0, 0, 0, 200_001, 0, 0, 0, 0]}}


@pytest.mark.parametrize("flat", [[1, 2, 3], [288, *[1] * 8], [-1, *[1] * 8]])
def test_what_is_no_packed_day_is_refused(flat: list[int]) -> None:
    """Nine numbers a slot, and 288 slots."""
    with pytest.raises(ValueError, match=r"a packed day has|a day has 288"):
        d.unpack_day(msgspec.msgpack.encode(flat))


def test_many_open_days_are_laid_to_rest_and_told_all_the_same() -> None:
    """More groups in a batch than are kept unpacked."""
    made = SlotSeries(d.KEPT_DAYS, lambda profile: [("plan", str(profile))])
    made.move(NOON_MS)
    for profile in range(5_000):
        made.order(profile, NOON_MS, 7, 1)
    made.spread()
    made.order(17, NOON_MS, 7, 1)
    told = telling(made, NOON_MS + d.SLOT_MS, groups=())
    assert rows(told, OVERALL) == {DAY: {143: [0, 0, 0, 5_001, 0, 0, 0, 0]}}
    assert rows(told, ("plan", "17")) == {DAY: {143: [0, 0, 0, 2, 0, 0, 0, 0]}}
    assert rows(told, ("plan", "4999")) == {DAY: {143: [0, 0, 0, 1, 0, 0, 0, 0]}}
