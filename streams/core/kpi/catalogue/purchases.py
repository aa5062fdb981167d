"""The KPIs of purchases and of money."""

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from streams.core.kpi.catalogue.entry import ARRIVALS, LIFE, PURCHASES, Board, Family, Ground, Kpi
from streams.core.kpi.catalogue.panel import Panel
from streams.core.kpi.values.build import count
from streams.core.kpi.values.value import Sweep, Value

_BASE_ONLY = "Only the base currency counts; nothing is converted, and how much was left out is published."
_NO_BUYER = "Undefined while nobody ordered."
_REFUND = "A refund is no order and makes no buyer."
_SWEPT = "Live it comes from a background sweep and carries its own t; in a replay it is exact."
_NOT_BELOW = "A buyer's revenue is never taken below 0."
_MONTH: Final = "30d"
"""Lifetime value asks for windows of a week or more."""
_BY_CLASS: Final = Family(
    "crm_revenue_share",
    "Share of revenue of the best 20 %, next 30 % and other buyers.",
    "class",
    panels=(
        Panel(
            "value",
            "Value",
            3,
            "Revenue shares",
            "Of the best 20 % of buyers, the next 30 %, the rest.",
            width=6,
            alert="ChurnElevated",
            window=_MONTH,
        ),
    ),
)
_ORDERS: Final = Panel(
    "value", "Orders", 1, "Orders and buyers", "In any currency; a refund is no order.", width=8
)
_AFTER_REFUNDS: Final = "After refunds; the base currency alone."


def _revenue(g: Ground) -> Value:
    flows = g.flows
    return g.build.revenue(flows["revenue"], flows["orders_base"] + flows["refunds_base"], flows["left_out"])


def _ratio(name: str, numerator: str, denominator: str) -> Callable[[Ground], Value]:
    return lambda g: g.build.ratio(name, g.flows[numerator], g.flows[denominator])


def _has_lifetime_value(g: Ground) -> bool:
    return g.window is not None and g.definition.has_lifetime_value(g.window)


def _lifetime_minor(g: Ground) -> Fraction | None:
    """revenue·B / (((A+B)/2)·C0) - cost/N in minor units; None where a part of it is undefined."""
    flows, start, end = g.flows, g.start, g.gauges["active"]
    if start == 0 or flows["lost"] == 0 or flows["new"] == 0 or flows["with_cost"] == 0:
        return None
    a_year = Fraction(2 * flows["revenue"] * start, (end + start) * flows["lost"])
    return a_year - Fraction(flows["cost"], flows["new"])


def _equity(g: Ground) -> Value:
    worth = _lifetime_minor(g)
    equity = None if worth is None else worth * g.gauges["active"]
    return g.build.estimate("customer_equity", equity, g.flows["lost"])


def _share(name: str, part: Callable[[Sweep], int]) -> Callable[[Ground], Value]:
    return lambda g: g.build.revenue_share(name, part(g.sweep), g.sweep)


PURCHASES_AND_MONEY: Final = (
    Kpi(
        name="orders",
        title="Orders",
        meaning="Purchases with an amount of 0 or more, in any currency.",
        formula="{n}",
        edges=(_REFUND,),
        calls={"n": "orders"},
        unit="count",
        rests_on=PURCHASES,
        compute=lambda g: count(g.flows["orders"]),
        help="Purchases, refunds not counted.",
        board=Board("Orders", "value"),
        panels=(_ORDERS.line("orders"),),
    ),
    Kpi(
        name="buyers",
        title="Buyers",
        meaning="Distinct customers with an order in the window.",
        formula="{n}",
        edges=(_REFUND,),
        calls={"n": "buyers"},
        gives={"buyers": "numerator"},
        unit="count",
        rests_on=PURCHASES,
        compute=lambda g: count(g.flows["buyers"]),
        help="Distinct customers with a purchase.",
        board=Board("Buyers", "value"),
        panels=(_ORDERS.line("buyers"),),
    ),
    Kpi(
        name="revenue",
        title="Revenue",
        meaning="The sum of all amounts in the base currency, refunds subtracted.",
        formula="{revenue}",
        edges=(_BASE_ONLY, "It may be negative."),
        gives={"revenue": "numerator"},
        unit="money",
        rests_on=PURCHASES,
        compute=_revenue,
        help="Revenue after refunds, in major units.",
        board=Board("Revenue", "value", worse=-1, tile=5, curve=True, colour="money"),
        panels=(
            Panel("overview", "Business", 5, "Revenue", _AFTER_REFUNDS, "number"),
            Panel("overview", "Over time", 4, "Revenue", _AFTER_REFUNDS),
            Panel(
                "value",
                "Orders",
                2,
                "Revenue",
                "By value of the dimension chosen; base currency.",
                width=8,
                by="$dimension",
                stacked=True,
            ),
        ),
    ),
    Kpi(
        name="average_order_value",
        title="Average order value",
        meaning="Revenue for each order in the base currency.",
        formula="{revenue} / {n}",
        edges=("Undefined without an order in the base currency.", _BASE_ONLY),
        calls={"n": "orders in the base currency"},
        unit="money",
        rests_on=PURCHASES,
        compute=lambda g: g.build.amount_each(
            "average_order_value", g.flows["revenue"], g.flows["orders_base"]
        ),
        sampled=True,
        help="Revenue per order, in major units.",
        board=Board("Average order", "value", why="no orders"),
        panels=(Panel("value", "Orders", 3, "Average order value", "In the base currency.", width=8),),
    ),
    Kpi(
        name="purchase_frequency",
        title="Purchase frequency",
        meaning="Orders for each buyer.",
        formula="{numerator} / {buyers}",
        edges=(_NO_BUYER,),
        calls={"numerator": "orders"},
        unit="number",
        rests_on=PURCHASES,
        compute=lambda g: g.build.quotient("purchase_frequency", g.flows["orders"], g.flows["buyers"]),
        sampled=True,
        help="Orders per buyer.",
        board=Board("Orders per buyer", "value", why="no buyers"),
        panels=(Panel("value", "Orders", 5, "Orders per buyer", "In the window.", width=8, legend="orders"),),
    ),
    Kpi(
        name="repurchase_ratio",
        title="Repurchase ratio",
        meaning="The part of the buyers with two orders or more: loyalty.",
        formula="{numerator} / {buyers}",
        edges=(_NO_BUYER, _REFUND),
        calls={"numerator": "buyers with two orders or more"},
        unit="ratio",
        rests_on=PURCHASES,
        compute=_ratio("repurchase_ratio", "repeat_buyers", "buyers"),
        sampled=True,
        help="Share of buyers with two orders or more.",
        board=Board("Bought again", "value", why="no buyers", worse=-1, tile=7, curve=True, colour="money"),
        panels=(
            Panel(
                "value",
                "Orders",
                4,
                "Repurchase",
                "Buyers with two orders or more, with interval.",
                "interval",
                width=8,
            ),
        ),
    ),
    Kpi(
        name="purchase_retention_ratio",
        title="Purchase retention ratio",
        meaning="Of those who bought in the window before, the part that bought in this one.",
        formula="{numerator} / {denominator}",
        edges=("Undefined while nobody bought in the window before.",),
        calls={"numerator": "of those, buyers now", "denominator": "buyers of the window before"},
        unit="ratio",
        rests_on=PURCHASES,
        given=lambda g: g.window is not None and g.definition.has_purchase_retention(g.window),
        compute=_ratio("purchase_retention_ratio", "retained_buyers", "prev_buyers"),
        sampled=True,
        help="Share of the previous window's buyers that bought again.",
        board=Board("Buyers who came back", "value", why="no buyers in the window before"),
        panels=(
            Panel(
                "value",
                "Value",
                4,
                "Purchase retention",
                "Buyers of the month before that bought again.",
                width=6,
                alert="ChurnElevated",
                legend="bought again",
                window=_MONTH,
            ),
        ),
    ),
    Kpi(
        name="acquisition_cost",
        title="Acquisition cost",
        meaning="What the new customers of the window cost, for each of them.",
        formula="{cost} / {N}",
        edges=(
            "The cost is that of the latest signup with one, trials included, up to the activation.",
            "Undefined while no cost is known; who has none counts as 0, with_cost says how many have one.",
        ),
        gives={"cost": "numerator", "cost_each": "value"},
        unit="money",
        rests_on=ARRIVALS,
        compute=lambda g: g.build.cost(
            "acquisition_cost", g.flows["cost"], g.flows["new"], g.flows["with_cost"]
        ),
        sampled=True,
        help="Acquisition cost per new customer, in major units.",
        board=Board("Cost of a new customer", "value", why="no cost is known"),
        panels=(
            Panel(
                "value",
                "Acquisition",
                3,
                "Cost of a new customer",
                "In the base currency.",
                "number",
                width=6,
            ),
        ),
    ),
    Kpi(
        name="lifetime_value",
        title="Lifetime value",
        meaning="Yearly revenue of an active customer, divided by yearly churn, less the acquisition cost.",
        formula="{revenue} * {B} / ((({A} + {B}) / 2) * {C0}) - {cost_each}",
        edges=(
            "Revenue, not margin; it may be negative.",
            "Undefined while nobody was lost, nobody was active at the start, or the cost is undefined.",
        ),
        gives={"lifetime": "value"},
        unit="money",
        rests_on=LIFE,
        given=_has_lifetime_value,
        compute=lambda g: g.build.estimate("lifetime_value", _lifetime_minor(g), g.flows["lost"]),
        sampled=True,
        help="Revenue expected of a customer less acquisition cost, in major units.",
        board=Board("Lifetime value", "value", why="nobody was lost, or no cost is known"),
        panels=(
            Panel(
                "value",
                "Value",
                1,
                "Lifetime value",
                "Of 30 days: revenue, not margin, less cost.",
                "number",
                width=6,
                alert="ChurnElevated",
                window=_MONTH,
            ),
        ),
    ),
    Kpi(
        name="customer_equity",
        title="Customer equity",
        meaning="The lifetime value of all active customers.",
        formula="{lifetime} * {A}",
        edges=("Undefined where the lifetime value is.",),
        unit="money",
        rests_on=LIFE,
        given=_has_lifetime_value,
        compute=_equity,
        sampled=True,
        help="Lifetime value of all active customers.",
        board=Board("Customer equity", "value", why="no lifetime value"),
        panels=(
            Panel(
                "value",
                "Value",
                2,
                "Customer equity",
                "Lifetime value of all active customers.",
                "number",
                width=6,
                alert="ChurnElevated",
                window=_MONTH,
            ),
        ),
    ),
    Kpi(
        name="top20_revenue_ratio",
        title="Revenue of the best 20 %",
        meaning="The part of the revenue that comes from the best fifth of the buyers, rounded up.",
        formula="{money} / {money_of_all}",
        edges=(_NOT_BELOW, _SWEPT),
        unit="ratio",
        rests_on=PURCHASES,
        swept=True,
        compute=_share("top20_revenue_ratio", lambda sweep: sweep.a_minor),
        sampled=True,
        help="Share of revenue of the best 20 % of buyers.",
        board=Board("Revenue from the best 20 %", "value", why="no revenue"),
    ),
    *(
        Kpi(
            name=f"abc.{name}",
            title=f"ABC: class {name.upper()}",
            meaning=f"The part of the revenue that comes from {whom} of the buyers.",
            formula="{money} / {money_of_all}",
            edges=(_NOT_BELOW, _SWEPT),
            unit="ratio",
            rests_on=PURCHASES,
            swept=True,
            compute=_share(f"abc.{name}", part),
            sampled=True,
            family=_BY_CLASS,
        )
        for name, whom, part in (
            ("a", "the best 20 %", lambda sweep: sweep.a_minor),
            ("b", "the next 30 %", lambda sweep: sweep.b_minor),
            ("c", "the remaining half", lambda sweep: sweep.c_minor),
        )
    ),
)
