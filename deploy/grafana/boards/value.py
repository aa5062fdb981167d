"""Acquisition and value: who comes, what it costs, what they are worth."""

from deploy.grafana.boards.board import Board, Row
from deploy.grafana.boards.panels import (
    MONEY,
    NUMBER,
    RATIO,
    Panel,
    Query,
    Say,
    curves,
    number,
    with_interval,
)
from deploy.grafana.boards.queries import by_value, part, windowed

_SIGNUP_AGE = 'time() - max without (instance) (crm_newest_event_timestamp_seconds{event="signup"})'
_MONTH = "30d"
"""Lifetime value asks for windows of a week or more."""


def value() -> Board:
    """The dashboard."""
    return Board(
        "kpi-value",
        "Acquisition & value",
        "New customers, their cost, orders, revenue and lifetime value.",
        [Row("Acquisition", _acquisition()), Row("Orders", _orders()), Row("Value", _value())],
        windowed=True,
        by_dimension=True,
    )


def _acquisition() -> list[Panel]:
    new = Say("New customers", "First activations.", NUMBER, "AcquisitionStopped")
    newest = Say("Newest signup", "How long ago.", "s", "AcquisitionStopped")
    cost = Say("Cost of a new customer", "In the base currency.", MONEY, "AcquisitionStopped")
    growth = Say("Growth", "Net change per customer active at the start.", RATIO, "AcquisitionStopped")
    flow = Say("New customers by value", "Of the dimension chosen.", NUMBER, "AcquisitionStopped")
    ratio = Say(
        "Acquisition and growth",
        "Per active customer; per customer at the start.",
        RATIO,
        "AcquisitionStopped",
    )
    return [
        number(new, windowed("crm_new_customers"), width=6),
        number(newest, _SIGNUP_AGE, width=6),
        number(cost, windowed("crm_acquisition_cost"), width=6),
        number(growth, windowed("crm_growth_ratio"), width=6),
        curves(flow, Query(by_value("crm_new_customers_by", "$dimension"), "{{value}}"), stacked=True),
        curves(
            ratio,
            Query(windowed("crm_acquisition_ratio"), "acquisition"),
            Query(windowed("crm_growth_ratio"), "growth"),
        ),
    ]


def _orders() -> list[Panel]:
    orders = Say("Orders and buyers", "In any currency; a refund is no order.", NUMBER, "AcquisitionStopped")
    revenue = Say("Revenue", "By value of the dimension chosen; base currency.", MONEY, "AcquisitionStopped")
    basket = Say("Average order value", "In the base currency.", MONEY, "AcquisitionStopped")
    again = Say("Repurchase", "Buyers with two orders or more, with interval.", RATIO, "AcquisitionStopped")
    frequency = Say("Orders per buyer", "In the window.", NUMBER, "AcquisitionStopped")
    left_out = Say(
        "Left out of revenue", "Purchases and refunds in other currencies.", NUMBER, "AcquisitionStopped"
    )
    return [
        curves(
            orders, Query(windowed("crm_orders"), "orders"), Query(windowed("crm_buyers"), "buyers"), width=8
        ),
        curves(revenue, Query(by_value("crm_revenue_by", "$dimension"), "{{value}}"), width=8, stacked=True),
        curves(basket, Query(windowed("crm_average_order_value"), "{{currency}}"), width=8),
        with_interval(
            again,
            windowed("crm_repurchase_ratio"),
            part("low", "repurchase_ratio"),
            part("high", "repurchase_ratio"),
            width=8,
        ),
        curves(frequency, Query(windowed("crm_purchase_frequency"), "orders"), width=8),
        curves(left_out, Query(windowed("crm_purchases_left_out"), "left out"), width=8),
    ]


def _value() -> list[Panel]:
    lifetime = Say("Lifetime value", "Of 30 days: revenue, not margin, less cost.", MONEY, "ChurnElevated")
    equity = Say("Customer equity", "Lifetime value of all active customers.", MONEY, "ChurnElevated")
    shares = Say(
        "Revenue shares", "Of the best 20 % of buyers, the next 30 %, the rest.", RATIO, "ChurnElevated"
    )
    kept = Say("Purchase retention", "Buyers of the month before that bought again.", RATIO, "ChurnElevated")
    return [
        number(lifetime, windowed("crm_lifetime_value", _MONTH), width=6),
        number(equity, windowed("crm_customer_equity", _MONTH), width=6),
        curves(shares, Query(windowed("crm_revenue_share", _MONTH), "{{class}}"), width=6),
        curves(kept, Query(windowed("crm_purchase_retention_ratio", _MONTH), "bought again"), width=6),
    ]
