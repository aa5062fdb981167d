"""KPIs of customers and answers from totals: literal cases of the contract."""

from dataclasses import replace

import pytest

from streams.core.definition.definition import Formula
from streams.core.kpi.formulas import Calculator
from tests.core.kpi_cases import DEFINITION, flows_of, gauges_of, shown, values

COUNTED = (
    "new_customers",
    "reactivated_customers",
    "churned_customers",
    "lost_customers",
    "orders",
    "buyers",
)
ALWAYS = {
    *COUNTED,
    "churn_ratio",
    "churn_ratio.simple",
    "churn_ratio.stripe",
    "retention_ratio",
    "acquisition_ratio",
    "growth_ratio",
    "quick_ratio",
    "nps_score",
    "nps_score.latest",
    "nps_score.responses",
    "csat_ratio.5",
    "csat_mean.5",
    "csat_ratio.10",
    "csat_mean.10",
    *(f"csat_{what}.{scale}" for what in ("ratio", "mean") for scale in (3, 4, 7)),
    "ces_mean",
    "ces_mean.5",
    "revenue",
    "average_order_value",
    "revenue_per_buyer",
    "revenue_per_customer",
    "purchase_frequency",
    "repurchase_ratio",
    "acquisition_cost",
    "engaged_customers",
}


WORTH = ("lifetime_value", "lifetime_value.discounted", "customer_equity")


@pytest.mark.parametrize(
    ("window", "more"),
    [
        ("5m", {"churn_spike_p"}),
        ("1h", {"churn_spike_p", "churn_spike_seasonal_p"}),
        ("24h", {"churn_spike_p", "churn_spike_seasonal_p", "purchase_retention_ratio"}),
        ("7d", {"purchase_retention_ratio", "stickiness_ratio", *WORTH}),
        ("30d", {"purchase_retention_ratio", "stickiness_ratio", *WORTH}),
    ],
)
def test_a_window_has_the_kpis_that_exist_for_its_length(window: str, more: set[str]) -> None:
    """No KPI without its history, none too much."""
    assert set(values(flows_of(), window=window, day=flows_of())) == ALWAYS | more


def test_nothing_at_all_is_0_where_it_is_a_count_and_undefined_where_it_is_a_ratio() -> None:
    """Undefined is not zero."""
    for kpi, value in values(flows_of(), window="30d").items():
        counted = kpi in {*COUNTED, "engaged_customers", "revenue"}
        assert (value.value, value.status) == ((0, "ok") if counted else (None, "undefined")), kpi
        assert (value.low, value.high) == (None, None)


def test_a_count_is_its_own_numerator_and_n() -> None:
    """Section 4, parts."""
    assert shown(values(flows_of(engaged=11))["engaged_customers"]) == (11, 11, None, 11, "ok")


def test_churn_retention_growth_and_acquisition_share_their_parts() -> None:
    """B = 40, N = 8, R = 2, C = 6 of which 5 lost for good, E = 1: A = 43."""
    found = values(flows_of(new=8, reactivated=2, churned=6, erased=1, lost=5), active=43)
    assert shown(found["churn_ratio"]) == (0.125, 5, 40, 40, "ok")
    assert shown(found["churn_ratio.simple"]) == (0.15, 6, 40, 40, "ok")
    assert shown(found["churn_ratio.stripe"]) == (0.125, 6, 48, 48, "ok")
    assert shown(found["retention_ratio"]) == (0.875, 35, 40, 40, "ok")
    assert shown(found["growth_ratio"]) == (0.075, 3, 40, 40, "ok")
    assert shown(found["acquisition_ratio"]) == (8 / 43, 8, 43, 43, "ok")


def test_the_quick_ratio_is_no_proportion_and_undefined_while_nobody_leaves() -> None:
    """Three gained, two of them new, for each two lost."""
    found = values(flows_of(new=2, reactivated=1, churned=2), active=11)["quick_ratio"]
    assert shown(found) == (1.5, 3, 2, 2, "low_n")
    assert (found.low, found.high) == (None, None)
    assert shown(values(flows_of(new=2), active=2)["quick_ratio"]) == (None, 2, 0, 0, "undefined")


def test_stickiness_is_the_part_engaged_today_of_those_engaged_in_a_longer_window() -> None:
    """Of 40 in 30 days 10 were heard of in the last 24 hours; without a window of 24 hours nobody knows."""
    day, month = flows_of(engaged=10), flows_of(engaged=40)
    found = values(month, window="30d", day=day)["stickiness_ratio"]
    assert shown(found) == (0.25, 10, 40, 40, "ok")
    assert (found.low, found.high) == pytest.approx((0.14187, 0.40194), abs=1e-5)
    assert shown(values(flows_of(), window="7d", day=flows_of())["stickiness_ratio"])[:2] == (None, 0)
    assert "stickiness_ratio" not in values(month, window="30d")
    assert "stickiness_ratio" not in values(day, window="24h", day=day)


def test_one_below_min_n_is_low_n_with_its_value_and_interval() -> None:
    """29 at the start, one lost."""
    value = values(flows_of(churned=1, lost=1), active=28)["churn_ratio"]
    assert shown(value) == (1 / 29, 1, 29, 29, "low_n")
    assert (value.low, value.high) == pytest.approx((0.006113214292762653, 0.17175521879320288))


def test_only_new_customers_leave_standard_churn_undefined_but_not_stripe() -> None:
    """B = 0, N = 39."""
    found = values(flows_of(new=39), active=39)
    assert shown(found["churn_ratio"]) == (None, 0, 0, 0, "undefined")
    assert shown(found["churn_ratio.stripe"]) == (0.0, 0, 39, 39, "ok")
    assert shown(found["growth_ratio"]) == (None, 39, 0, 0, "undefined")


def test_churn_above_1_has_no_interval() -> None:
    """One customer who left twice: simple and stripe are 2, the standard is 0."""
    found = values(flows_of(reactivated=2, churned=2), active=1)
    assert shown(found["churn_ratio.simple"]) == (2.0, 2, 1, 1, "low_n")
    assert (found["churn_ratio.simple"].low, found["churn_ratio.simple"].high) == (None, None)
    assert found["churn_ratio"].high == pytest.approx(0.7934506856227626)


@pytest.mark.parametrize(("formula", "headline"), [("standard", 0.125), ("simple", 0.15), ("stripe", 0.125)])
def test_the_formula_chooses_the_headline_and_the_standard_stays_readable(
    formula: Formula, headline: float
) -> None:
    """Another headline than the standard adds ``.standard``."""
    flows = flows_of(new=8, reactivated=2, churned=6, erased=1, lost=5)
    found = values(flows, active=43, definition=replace(DEFINITION, formula=formula))
    assert found["churn_ratio"].value == headline
    assert found.get(f"churn_ratio.{formula}", found["churn_ratio"]) == found["churn_ratio"]
    assert ("churn_ratio.standard" in found) == (formula != "standard")
    assert found["retention_ratio"].value == 0.875


def test_the_basis_chooses_the_headline_score() -> None:
    """One vote a customer, or all responses."""
    flows = flows_of(latest_p=1, nps_p=1, nps_passive=1, nps_d=2)
    latest = values(flows)
    assert shown(latest["nps_score"]) == shown(latest["nps_score.latest"]) == (100.0, 1, 1, 1, "low_n")
    responses = values(flows, definition=replace(DEFINITION, nps_basis="responses"))
    assert responses["nps_score"] == responses["nps_score.responses"]
    assert shown(responses["nps_score"]) == (-25.0, -1, 4, 4, "low_n")


def test_the_score_carries_its_votes_and_interval() -> None:
    """60/25/15 of the check values."""
    score = values(flows_of(latest_p=60, latest_passive=25, latest_d=15))["nps_score"]
    assert shown(score) == (45.0, 45, 100, 100, "ok")
    assert score.extras == {"promoters": 60, "passives": 25, "detractors": 15}
    assert (score.low, score.high) == pytest.approx((29.34, 58.04), abs=0.005)


def test_satisfaction_is_kept_apart_by_scale() -> None:
    """Answers 1 to 10 of 10, and a single 4 of 5."""
    found = values(
        flows_of(
            csat5_n=1, csat5_satisfied=1, csat5_sum=4, csat5_squares=16,
            csat10_n=10, csat10_satisfied=2, csat10_sum=55, csat10_squares=385,
        )
    )  # fmt: skip
    assert shown(found["csat_ratio.5"]) == (1.0, 1, 1, 1, "low_n")
    assert shown(found["csat_mean.5"]) == (4.0, 4, 1, 1, "low_n")
    assert found["csat_mean.5"].low is None
    assert shown(found["csat_ratio.10"]) == (0.2, 2, 10, 10, "low_n")
    assert shown(found["csat_mean.10"]) == (5.5, 55, 10, 10, "low_n")
    assert found["csat_mean.10"].low == pytest.approx(3.623477350975228)


def test_effort_is_a_mean_on_seven() -> None:
    """Answers 1 and 7: the interval is the whole scale."""
    effort = values(flows_of(ces_n=2, ces_sum=8, ces_squares=50))["ces_mean"]
    assert shown(effort) == (4.0, 8, 2, 2, "low_n")
    assert (effort.low, effort.high) == (1.0, 7.0)


HOUR = 3_600_000


@pytest.mark.parametrize(
    ("window", "kpi", "base"),
    [("1h", "churn_spike_p", "base"), ("24h", "churn_spike_seasonal_p", "seasonal")],
)
def test_a_spike_tells_what_was_seen_and_what_was_expected(window: str, kpi: str, base: str) -> None:
    """3 churns in an hour against 24 in 24 hours, 1 expected."""
    flows = flows_of(churned=3, exposure_ms=HOUR, **{f"{base}_churned": 24, f"{base}_exposure_ms": 24 * HOUR})
    value = values(flows, window=window)[kpi]
    assert round(value.value or 0, 4) == 0.0918
    assert shown(value)[1:] == (None, None, 27, "ok")
    assert value.extras == {"observed": 3, "expected": 1.0}


def test_no_churn_is_no_spike() -> None:
    """P is 1, however large the baseline."""
    flows = flows_of(exposure_ms=HOUR, base_churned=24, base_exposure_ms=24 * HOUR)
    assert values(flows)["churn_spike_p"].value == 1.0


def test_a_spike_is_undefined_without_customers_in_the_window_or_before() -> None:
    """Either exposure is needed; without a baseline nothing is expected."""
    before = values(flows_of(base_churned=1, base_exposure_ms=HOUR))["churn_spike_p"]
    assert shown(before) == (None, None, None, 1, "undefined")
    assert before.extras == {"observed": 0, "expected": 0.0}
    within = values(flows_of(churned=1, exposure_ms=HOUR))["churn_spike_p"]
    assert shown(within) == (None, None, None, 1, "undefined")
    assert within.extras == {"observed": 1, "expected": None}


def test_a_cause_counts_its_churns_among_all_customers() -> None:
    """2 of the 40 customers at the start left for the price."""
    overall = flows_of(new=8, reactivated=2, churned=6, erased=1, lost=5)
    found = Calculator(DEFINITION).cause(flows_of(churned=3, lost=2), overall, gauges_of(active=43))
    assert {kpi: shown(value) for kpi, value in found.items()} == {
        "churned_customers": (3, 3, None, 3, "ok"),
        "lost_customers": (2, 2, None, 2, "ok"),
        "churn_ratio": (0.05, 2, 40, 40, "ok"),
    }


def test_a_cause_follows_the_headline_formula() -> None:
    """Stripe: 3 churns by B + N = 48."""
    overall = flows_of(new=8, reactivated=2, churned=6, erased=1, lost=5)
    calculator = Calculator(replace(DEFINITION, formula="stripe"))
    found = calculator.cause(flows_of(churned=3, lost=2), overall, gauges_of(active=43))
    assert shown(found["churn_ratio"]) == (0.0625, 3, 48, 48, "ok")


def test_standing_values_are_gauges_and_never_low_n() -> None:
    """Seven customers, one of them for a year."""
    found = Calculator(DEFINITION).now(gauges_of(active=7, long_term=1, low=4, medium=2, high=1))
    assert shown(found["active_customers"]) == (7, 7, None, 7, "ok")
    assert shown(found["long_term_ratio"]) == (1 / 7, 1, 7, 7, "ok")
    assert [found[f"customers_at_risk.{band}"].value for band in ("low", "medium", "high")] == [4, 2, 1]


def test_the_long_term_ratio_of_nobody_is_undefined() -> None:
    """A = 0."""
    assert shown(Calculator(DEFINITION).now(gauges_of())["long_term_ratio"]) == (None, 0, 0, 0, "undefined")


def test_a_kpi_can_have_a_min_n_of_its_own() -> None:
    """By its name or by its family's."""
    definition = replace(DEFINITION, min_n_by_kpi=(("churn_ratio", 5), ("churn_ratio.stripe", 100)))
    found = values(flows_of(), active=20, definition=definition)
    statuses = [found[kpi].status for kpi in ("churn_ratio", "churn_ratio.simple", "churn_ratio.stripe")]
    assert statuses == ["ok", "ok", "low_n"]
    assert found["retention_ratio"].status == "low_n"


def test_components_are_the_counts_that_no_value_carries() -> None:
    """Of the headline's basis, where there are two."""
    flows = flows_of(new=8, reactivated=2, churned=6, erased=1, latest_p=3, nps_p=9, left_out=4, with_cost=7)
    assert Calculator(DEFINITION).components(flows, gauges_of(active=43)) == {
        "customers_at_start": 40,
        "erased_customers": 1,
        "nps_promoters": 3,
        "nps_passives": 0,
        "nps_detractors": 0,
        "base_currency_orders": 0,
        "base_currency_refunds": 0,
        "purchases_left_out": 4,
        "repeat_buyers": 0,
        "customers_with_cost": 7,
    }
