"""KPIs of money from totals: literal cases of the contract."""

import math
from dataclasses import replace

import pytest

from streams.core.definition.definition import DAY_MS, HOUR_MS
from streams.core.kpi.formulas import Calculator
from streams.core.kpi.values.value import Sweep
from streams.core.partition.sweep.exact_shares import kept_of
from tests.core.kpi_cases import DEFINITION, WINDOWS, flows_of, gauges_of, shown, values


def test_money_is_minor_units_below_and_major_units_above() -> None:
    """10.00 + 10.02 + 0.30."""
    found = values(flows_of(orders=3, orders_base=3, revenue=2032, buyers=1, repeat_buyers=1, left_out=2))
    assert shown(found["revenue"]) == (20.32, 2032, None, 3, "ok")
    assert found["revenue"].extras == {"left_out": 2}
    assert shown(found["average_order_value"]) == (2032 / 300, 2032, 3, 3, "low_n")
    assert found["average_order_value"].low is None
    assert shown(found["purchase_frequency"]) == (3.0, 3, 1, 1, "low_n")
    assert shown(found["repurchase_ratio"]) == (1.0, 1, 1, 1, "low_n")


def test_revenue_is_shared_by_the_buyers_and_by_nobody_where_there_is_none() -> None:
    """20.32 of three; a refund alone has no buyer to share it."""
    found = values(flows_of(orders=4, orders_base=4, revenue=2032, buyers=3))
    assert shown(found["revenue_per_buyer"]) == (2032 / 300, 2032, 3, 3, "low_n")
    refund = values(flows_of(refunds_base=1, revenue=-300))
    assert shown(refund["revenue_per_buyer"]) == (None, -300, 0, 0, "undefined")


def test_revenue_is_shared_by_the_customers_of_both_ends_who_may_be_a_half() -> None:
    """20.32 of (5 + 4) / 2; of 6 customers n is whole; of nobody there is nothing to share it."""
    found = values(flows_of(revenue=2032, new=1), active=5)["revenue_per_customer"]
    assert shown(found) == (2 * 2032 / 900, 2032, 4.5, 4.5, "low_n")
    whole = values(flows_of(revenue=600), active=6)["revenue_per_customer"]
    assert shown(whole) == (1.0, 600, 6, 6, "low_n")
    assert type(whole.n) is int
    assert shown(values(flows_of(revenue=600))["revenue_per_customer"]) == (None, 600, 0, 0, "undefined")
    many = values(flows_of(revenue=600, new=1), active=30)["revenue_per_customer"]
    assert (many.n, many.status) == (29.5, "low_n")


def test_a_frequency_of_one_is_no_proportion() -> None:
    """No interval, though the numerator does not exceed the denominator."""
    assert values(flows_of(orders=5, buyers=5))["purchase_frequency"].high is None


def test_a_refund_alone_is_revenue_but_no_order() -> None:
    """-3.00."""
    found = values(flows_of(refunds_base=1, revenue=-300))
    assert shown(found["revenue"]) == (-3.0, -300, None, 1, "ok")
    assert shown(found["average_order_value"]) == (None, -300, 0, 0, "undefined")


@pytest.mark.parametrize(("currency", "revenue"), [("JPY", 2032.0), ("USD", 20.32), ("KWD", 2.032)])
def test_minor_units_follow_the_base_currency(currency: str, revenue: float) -> None:
    """Exponents 0, 2 and 3."""
    definition = replace(DEFINITION, base_currency=currency)
    assert values(flows_of(revenue=2032), definition=definition)["revenue"].value == revenue


def test_purchase_retention_is_the_part_that_bought_again() -> None:
    """One of four."""
    value = values(flows_of(prev_buyers=4, retained_buyers=1), window="30d")["purchase_retention_ratio"]
    assert shown(value) == (0.25, 1, 4, 4, "low_n")
    assert value.low == pytest.approx(0.04558726080970055)


def test_acquisition_cost_is_shared_by_all_new_customers() -> None:
    """30.00 known of one of three."""
    cost = values(flows_of(new=3, cost=3000, with_cost=1), active=3)["acquisition_cost"]
    assert shown(cost) == (10.0, 3000, 3, 3, "low_n")
    assert cost.extras == {"with_cost": 1}
    assert (cost.low, cost.high) == (None, None)


def test_acquisition_cost_is_undefined_while_no_cost_is_known() -> None:
    """A new customer of unknown cost did not cost 0."""
    cost = values(flows_of(new=1), active=1)["acquisition_cost"]
    assert shown(cost) == (None, 0, 1, 1, "undefined")


def test_lifetime_value_is_yearly_revenue_by_yearly_churn_less_the_cost() -> None:
    """Revenue 900.00, B 40, A 50, C0 5, cost 30.00 over N 15: 900*40/(45*5) - 2 = 158."""
    flows = flows_of(new=15, churned=5, lost=5, revenue=90_000, cost=3_000, with_cost=9)
    found = values(flows, window="7d", active=50)
    assert shown(found["lifetime_value"]) == (158.0, None, None, 5, "low_n")
    assert shown(found["customer_equity"]) == (7900.0, None, None, 5, "low_n")


def test_the_discounted_value_takes_margin_and_interest_off() -> None:
    """Revenue 900.00, B 40, A 50, C0 5 in 7 d, d = e - 1: .6 * 20 / (5/40 + 7/365 * 1) - 2 = 81.2361..."""
    flows = flows_of(new=15, churned=5, lost=5, revenue=90_000, cost=3_000, with_cost=9)
    of_e = replace(DEFINITION, gross_margin=0.6, discount_rate=0.718281828459045)
    found = values(flows, window="7d", active=50, definition=of_e)["lifetime_value.discounted"]
    assert found.value == pytest.approx(12 / (0.125 + 7 / 365 * math.log(1.718281828459045)) - 2)
    assert shown(found)[1:] == (None, None, 5, "low_n")
    plain = replace(DEFINITION, gross_margin=1.0, discount_rate=0.0)
    same = values(flows, window="7d", active=50, definition=plain)
    assert same["lifetime_value.discounted"] == same["lifetime_value"]


@pytest.mark.parametrize("missing", ["lost", "new", "with_cost"])
def test_lifetime_value_is_undefined_without_churn_or_cost(missing: str) -> None:
    """Each of its parts must be there."""
    flows = {**flows_of(new=15, churned=5, lost=5, revenue=90_000, cost=3_000, with_cost=9), missing: 0}
    found = values(flows, window="7d", active=50)
    assert (found["lifetime_value"].value, found["lifetime_value"].status) == (None, "undefined")
    assert (found["customer_equity"].value, found["customer_equity"].status) == (None, "undefined")
    assert found["lifetime_value.discounted"].status == "undefined"


def test_lifetime_value_is_undefined_without_customers_at_the_start() -> None:
    """B = 0: all of the 50 are new."""
    flows = flows_of(new=50, lost=1, revenue=90_000, cost=3_000, with_cost=9)
    assert values(flows, window="7d", active=50)["lifetime_value"].status == "undefined"


def test_a_lifetime_value_may_be_negative() -> None:
    """A dear customer who buys little."""
    flows = flows_of(new=5, churned=5, lost=5, revenue=100, cost=500_000, with_cost=5)
    value = values(flows, window="7d", active=40)["lifetime_value"].value
    assert value is not None
    assert value < 0


def test_revenue_shares_come_from_a_sweep_with_its_own_time() -> None:
    """50.00, 30.00 and 20.00 of 100.00."""
    sweep = Sweep(t_ms=123, buyers=10, a_minor=5000, b_minor=3000, c_minor=2000)
    found = Calculator(DEFINITION).window(flows_of(buyers=10), gauges_of(), WINDOWS["24h"], DAY_MS, sweep)
    assert shown(found["top20_revenue_ratio"]) == (0.5, 5000, 10_000, 10, "low_n")
    assert found["top20_revenue_ratio"].extras == {"t": 123}
    assert [found[f"abc.{part}"].value for part in "abc"] == [0.5, 0.3, 0.2]


def test_revenue_shares_of_no_revenue_are_undefined() -> None:
    """Buyers who returned everything."""
    sweep = Sweep(t_ms=123, buyers=3, a_minor=0, b_minor=0, c_minor=0)
    found = Calculator(DEFINITION).window(flows_of(buyers=3), gauges_of(), WINDOWS["24h"], DAY_MS, sweep)
    assert shown(found["abc.c"]) == (None, 0, 0, 3, "undefined")


def test_what_former_payers_pay_is_measured_by_what_they_paid() -> None:
    """Two paid 40.00 and 10.00; now one pays 60.00, and the other took 5.00 back."""
    sweep = Sweep(9, buyers=1, a_minor=6000, b_minor=0, c_minor=0, kept=kept_of([(4000, 6000), (1000, -500)]))
    found = Calculator(DEFINITION).window(flows_of(buyers=1), gauges_of(), WINDOWS["30d"], 30 * DAY_MS, sweep)
    net, gross = found["net_revenue_retention_ratio"], found["gross_revenue_retention_ratio"]
    assert shown(net) == (1.1, 5500, 5000, 2, "low_n")
    assert shown(gross) == (0.8, 4000, 5000, 2, "low_n")
    assert (net.low, net.high, net.extras) == (None, None, {"t": 9})


def test_nobody_who_paid_before_leaves_revenue_retention_undefined() -> None:
    """Who pays for the first time is nobody's retention."""
    sweep = Sweep(9, buyers=1, a_minor=6000, b_minor=0, c_minor=0, kept=kept_of([(0, 6000), (-100, 50)]))
    found = Calculator(DEFINITION).window(flows_of(buyers=1), gauges_of(), WINDOWS["24h"], DAY_MS, sweep)
    assert shown(found["net_revenue_retention_ratio"]) == (None, 0, 0, 0, "undefined")
    assert "net_revenue_retention_ratio" not in Calculator(DEFINITION).window(
        flows_of(buyers=1), gauges_of(), WINDOWS["1h"], HOUR_MS, sweep
    )
