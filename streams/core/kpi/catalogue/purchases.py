"""The KPIs of purchases and of money."""

from collections.abc import Callable
from typing import Final

from streams.core.kpi.catalogue.entry import LIFE, PURCHASES, Board, Ground, Kpi
from streams.core.kpi.catalogue.panel import Panel
from streams.core.kpi.catalogue.value import MONTH, VALUE
from streams.core.kpi.values.build import count
from streams.core.kpi.values.value import Value

_BASE_ONLY = "Only the base currency counts; nothing is converted, and how much was left out is published."
_NO_BUYER = "Undefined while nobody ordered."
_REFUND = "A refund is no order and makes no buyer."
_ORDERS: Final = Panel(
    "value", "Orders", 1, "Orders and buyers", "In any currency; a refund is no order.", width=8
)
_AFTER_REFUNDS: Final = "After refunds; the base currency alone."


def _revenue(g: Ground) -> Value:
    flows = g.flows
    return g.build.revenue(flows["revenue"], flows["orders_base"] + flows["refunds_base"], flows["left_out"])


def _ratio(name: str, numerator: str, denominator: str) -> Callable[[Ground], Value]:
    return lambda g: g.build.ratio(name, g.flows[numerator], g.flows[denominator])


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
        board=Board("Orders", "engagement", plot="orders", colour="money", steps="orders"),
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
        board=Board("Buyers", "engagement"),
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
        board=Board("Revenue", "value", worse=-1, tile=5, curve=True, plot="revenue", colour="money"),
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
        name="revenue_per_buyer",
        title="Revenue per buyer",
        meaning="Revenue for each customer who ordered in the window.",
        formula="{revenue} / {buyers}",
        edges=(_NO_BUYER, _BASE_ONLY, "Refunds of those who did not order are in the revenue, too."),
        unit="money",
        rests_on=PURCHASES,
        compute=lambda g: g.build.amount_each("revenue_per_buyer", g.flows["revenue"], g.flows["buyers"]),
        sampled=True,
        help="Revenue per buyer, in major units.",
        board=Board("Revenue per buyer", "value", why="no buyers"),
    ),
    Kpi(
        name="revenue_per_customer",
        title="Revenue per customer",
        meaning="Revenue for each customer that there was on average between the window's start and now.",
        formula="{revenue} / (({A} + {B}) / 2)",
        edges=(
            "The mean of the customers at the start and now, which may be a half, is its n.",
            "Undefined while there was nobody at either end.",
            _BASE_ONLY,
            "Revenue of those who are no customers, or are none any more, is in it, too.",
        ),
        unit="money",
        rests_on=LIFE,
        compute=lambda g: g.build.amount_each_of_mean(
            "revenue_per_customer", g.flows["revenue"], g.gauges["active"] + g.start
        ),
        sampled=True,
        help="Revenue per customer, by the mean of start and end, in major units.",
        board=Board("Revenue per customer", "value", why="no customers", worse=-1),
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
        board=Board("Orders per buyer", "engagement", why="no buyers"),
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
        board=Board(
            "Bought again", "engagement", why="no buyers", worse=-1, tile=7, curve=True, colour="money"
        ),
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
        board=Board("Buyers who came back", "engagement", why="no buyers in the window before"),
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
                window=MONTH,
            ),
        ),
    ),
    *VALUE,
)
