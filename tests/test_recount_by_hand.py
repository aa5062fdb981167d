"""The recount against small histories counted by hand, where the golden cases are silent."""

from typing import Any

import pytest

from streams.core.definition.definition import Definition
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.recount import OVERALL, counts, recount
from tests.spoiling import Record
from tests.story import DAY_MS, HOUR_MS


def whole(records: list[Record], window: str, t_ms: int = T, **rules: Any) -> dict[str, int]:  # noqa: ANN401
    """The exact counts of everything in one window."""
    return counts(records, t_ms, Definition(**rules))[OVERALL][window]


def test_voids_wait_for_their_target_as_of_t() -> None:
    """Aimed at nothing, at another source, at a void, or at something dated later: pending."""
    records = [
        record("signup", "a", T - 9, "s"),
        record("void", "a", T - 8, "v1", voids_event_id="s"),
        record("void", "a", T - 7, "v2", voids_event_id="s"),
        record("void", "a", T - 6, "v3", voids_event_id="s", voids_source="crm"),
        record("void", "a", T - 5, "v4", voids_event_id="v1"),
        record("void", "a", T - 4, "v5", voids_event_id="p"),
        record("void", "b", T - 4, "v6", voids_event_id="s"),
        record("purchase", "a", T + 1, "p"),
    ]
    assert recount(records, T)["accounting"]["void_pending"] == 4
    assert recount(records, T + 1)["accounting"]["void_pending"] == 3
    assert [recount(records, ms)["now"]["active_customers"]["value"] for ms in (T - 9, T - 8)] == [1, 0]


def test_a_void_does_not_reach_across_an_erase() -> None:
    """What an anonymous person did stays."""
    records = [
        record("purchase", "a", T - 9, "p"),
        record("erase", "a", T - 8),
        record("void", "a", T - 7, voids_event_id="p"),
    ]
    assert whole(records, "1h")["orders"] == 1
    assert recount(records, T)["accounting"]["void_pending"] == 1


def test_cancellations_of_those_who_are_not_active_are_gauged() -> None:
    """Never active, left already, and the second of one instant; a withdrawn one is none."""
    records = [
        record("cancellation", "never", T - 9),
        record("signup", "a", T - DAY_MS),
        record("cancellation", "a", T - 8, "x1", reason="first"),
        record("cancellation", "a", T - 8, "x2", reason="second"),
        record("signup", "b", T - DAY_MS),
        record("cancellation", "b", T - 9, effective_at=T - 7),
        record("signup", "b", T - 7),
    ]
    found = recount(records, T)
    assert found["accounting"]["not_active"] == 2
    assert list(found["dimensions"]["reason"]) == ["first"]
    assert whole(records, "1h")["churned"] == 1


def test_cancellations_come_last_in_an_instant_unless_the_customer_was_active() -> None:
    """New and gone at once, against a renewal by a purchase."""
    at_once = [record("signup", "a", T - 5), record("cancellation", "a", T - 5)]
    renewal = [
        record("signup", "b", T - 9),
        record("cancellation", "b", T - 5),
        record("purchase", "b", T - 5),
    ]
    assert [whole(at_once, "5m")[what] for what in ("new", "churned", "reactivated")] == [1, 1, 0]
    assert [whole(renewal, "5m")[what] for what in ("new", "churned", "reactivated")] == [1, 1, 1]


def test_silence_ends_an_activity_if_that_is_chosen() -> None:
    """At last + D, unless something happens by then; a trial or a refund is no activity."""
    records = [
        record("signup", "a", T - 10 * DAY_MS),
        record("purchase", "a", T - 8 * DAY_MS),
        record("signup", "a", T - 7 * DAY_MS, trial=True),
        record("purchase", "a", T - 7 * DAY_MS, amount="-1"),
    ]
    rules = Definition(inactivity_churn_ms=2 * DAY_MS)
    at = T - 6 * DAY_MS
    assert counts(records, at - 1, rules)[OVERALL]["now"]["active"] == 1
    assert counts(records, at, rules)["churn_type", "inactive"]["1h"]["churned"] == 1
    in_time = [*records, record("purchase", "a", at)]
    assert counts(in_time, at, rules)[OVERALL]["now"]["active"] == 1


def test_the_choices_of_the_definition_change_a_life() -> None:
    """Recognition, implicit signup, reactivation by purchase."""
    records = [
        record("purchase", "a", T - 9),
        record("cancellation", "a", T - 8, effective_at=T + DAY_MS),
        record("purchase", "a", T - 7),
    ]
    standard, at_once = whole(records, "5m"), whole(records, "5m", recognition="cancelled_at")
    assert [standard[what] for what in ("new", "churned", "reactivated")] == [1, 0, 0]
    assert [at_once[what] for what in ("new", "churned", "reactivated")] == [1, 1, 1]
    strict = whole(records, "5m", recognition="cancelled_at", purchase_reactivates=False)
    assert [strict[what] for what in ("new", "churned", "reactivated")] == [1, 1, 0]
    assert whole(records, "5m", implicit_signup=False)["new"] == 0


def test_an_erased_customer_leaves_without_churn_and_returns_as_another() -> None:
    """Pending cancellations die; both persons count as engaged; the profile's numbers stay."""
    records = [
        record("signup", "a", T - 9, segment="smb"),
        record("cancellation", "a", T - 8, effective_at=T - 3),
        record("erase", "a", T - 5),
        record("signup", "a", T - 4, segment="ent"),
    ]
    found = counts(records, T)
    assert [found[OVERALL]["5m"][what] for what in ("new", "churned", "erased", "engaged")] == [2, 0, 1, 2]
    assert found["segment", "smb"]["5m"]["erased"] == 1
    assert found["segment", "ent"]["now"]["active"] == 1
    assert recount(records, T)["accounting"]["not_active"] == 0


def test_values_beyond_the_limit_are_other() -> None:
    """Allowed ones first, then those that hold most; what was withdrawn and unknown take no place."""
    records = [
        record("signup", "a", T - 9, segment="gone"),
        record("void", "a", T - 8, voids_event_id=f"signup@{T - 9}"),
        record("signup", "b", T - 7, segment="few"),
        record("signup", "c", T - 6, segment="listed"),
        record("signup", "d", T - 5, segment="other"),
        record("signup", "e", T - 4),
        *(record("signup", name, T - 3, segment="many") for name in "fg"),
    ]
    rules = Definition(max_values=2, allow=(("segment", ("listed",)),))
    found = recount(records, T, rules)["dimensions"]["segment"]
    assert {value: row["now"]["active_customers"]["value"] for value, row in found.items()} == {
        "listed": 1,
        "many": 2,
        "other": 2,
        "unknown": 1,
    }


def test_touchpoints_have_their_own_latest_votes() -> None:
    """One customer votes once overall and once in each touchpoint."""
    records = [
        record("survey", "a", T - 9, score=0, touchpoint="app"),
        record("survey", "a", T - 8, score=9, touchpoint="web"),
        record("survey", "a", T - 7, score=10, touchpoint="web"),
    ]
    found = recount(records, T)
    rows = found["dimensions"]["touchpoint"]
    assert found["windows"]["5m"]["nps_score.latest"]["n"] == 1
    assert rows["app"]["5m"]["nps_score.latest"]["value"] == -100.0
    assert [rows["web"]["5m"][kpi]["n"] for kpi in ("nps_score", "nps_score.responses")] == [1, 2]
    assert set(rows["web"]) == {"5m", "1h", "24h", "7d", "30d"}


def test_a_customer_who_answers_at_two_nameless_touchpoints_is_not_counted_twice() -> None:
    """Their latest vote in ``other`` would be 100, and both together 0: only the answers are told."""
    records = [
        record("survey", "b", T - 9, score=9, touchpoint="app"),
        record("survey", "a", T - 8, score=0, touchpoint="late-1"),
        record("survey", "a", T - 7, score=10, touchpoint="late-2"),
    ]
    found = recount(records, T, Definition(max_values=1))["dimensions"]["touchpoint"]["other"]["5m"]
    assert found["nps_score.responses"]["n"] == 2
    assert not {"nps_score", "nps_score.latest"} & set(found)


def test_churn_by_reason_is_a_part_of_all_customers() -> None:
    """The denominator is the overall B."""
    records = [record("signup", f"c{i}", T - 40 * DAY_MS) for i in range(4)]
    records += [record("cancellation", "c0", T - 1, reason="price"), record("cancellation", "c1", T - 1)]
    rows = recount(records, T)["dimensions"]["reason"]
    assert {value: row["24h"]["churn_ratio"]["value"] for value, row in rows.items()} == {
        "price": 0.25,
        "unknown": 0.25,
    }
    assert rows["price"]["24h"]["churn_ratio"]["n"] == 4


def test_the_worth_of_a_customer_is_counted_by_hand() -> None:
    """B = 4, A = 4, C0 = 1, revenue 100, one new customer who cost 7: 100*4 / (4*1) - 7."""
    records = [record("signup", f"c{i}", T - 40 * DAY_MS) for i in range(4)]
    records += [record("cancellation", "c0", T - 1), record("purchase", "c1", T - 2, amount="110.00")]
    records += [
        record("purchase", "c1", T - 1, amount="-10.00"),
        record("purchase", "c2", T - 1, currency="EUR"),
    ]
    records += [record("signup", "n", T - 9, trial=True, acquisition_cost="5"), record("signup", "n", T - 3)]
    records += [record("signup", "n", T - 4, acquisition_cost=7, trial=True)]
    month = recount(records, T)["windows"]["30d"]
    assert month["acquisition_cost"]["value"] == 7.0
    assert month["acquisition_cost"]["with_cost"] == 1
    assert month["lifetime_value"]["value"] == 93.0
    assert month["customer_equity"]["value"] == 372.0
    assert month["lifetime_value.discounted"]["value"] == pytest.approx(89.961719)
    each = month["revenue_per_customer"]
    assert (each["value"], each["denominator"], each["n"]) == (25.0, 4, 4)
    assert [month[kpi]["value"] for kpi in ("revenue", "orders", "buyers", "average_order_value")] == [
        *(100.0, 2, 2, 100.0),
    ]
    assert [month[kpi]["value"] for kpi in ("purchase_frequency", "abc.a", "abc.b", "abc.c")] == [
        *(1.0, 1.0, 0.0, 0.0),
    ]


def test_the_best_fifth_of_the_buyers_is_rounded_up() -> None:
    """Six buyers of 60, 50, ... 10: two, one and three of them."""
    records = [record("purchase", f"c{i}", T - 1, amount=10 * i) for i in range(1, 7)]
    day = recount(records, T)["windows"]["24h"]
    assert [day[kpi]["numerator"] for kpi in ("top20_revenue_ratio", "abc.a", "abc.b", "abc.c")] == [
        *(11_000, 11_000, 4_000, 6_000),
    ]
    assert day["abc.b"]["denominator"] == 21_000
    assert day["abc.b"]["n"] == 6


def test_a_year_without_a_break_is_long_term() -> None:
    """To the millisecond, and from the last activation."""
    year = 365 * DAY_MS
    records = [record("signup", "a", T - year), record("signup", "b", T - year + 1)]
    records += [
        record("signup", "c", T - year),
        record("cancellation", "c", T - 9),
        record("signup", "c", T - 8),
    ]
    now = recount(records, T)["now"]["long_term_ratio"]
    assert (now["numerator"], now["denominator"], now["status"]) == (1, 3, "ok")


def test_the_same_hours_of_other_days_are_compared() -> None:
    """One active customer all the time; others came and went, two of them in the hour of another day."""
    records = [record("signup", "steady", T - 60 * DAY_MS)]
    for i, churn in enumerate((T - 7 * DAY_MS, T - 7 * DAY_MS - HOUR_MS, T - DAY_MS - HOUR_MS + 1, T - 5)):
        records += [record("signup", f"c{i}", churn - 1), record("cancellation", f"c{i}", churn)]
    hour = whole(records, "1h")
    assert (hour["churned"], hour["seasonal_churned"]) == (1, 2)
    assert hour["seasonal_exposure_ms"] == 7 * HOUR_MS + 2
    assert hour["exposure_ms"] == HOUR_MS + 1
    assert whole(records, "24h")["seasonal_churned"] == 2


def test_the_newest_event_of_a_kind_is_not_lowered() -> None:
    """By a void or an erase; what is dated after t does not count."""
    records = [
        record("purchase", "a", T - 9, "p"),
        record("void", "a", T - 8, voids_event_id="p"),
        record("erase", "a", T - 7),
        record("survey", "a", T + 1),
    ]
    assert recount(records, T)["newest_event"] == {"purchase": T - 9, "void": T - 8, "erase": T - 7}
