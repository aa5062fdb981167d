"""The KPIs of what customers are worth: their cost, their value, and how revenue is spread over them."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from streams.core.definition.definition import DAY_MS
from streams.core.kpi.catalogue.entry import ARRIVALS, LIFE, PURCHASES, Board, Family, Ground, Kpi
from streams.core.kpi.catalogue.panel import Panel
from streams.core.kpi.values.value import Sweep, Value

_SWEPT = "Live it comes from a background sweep and carries its own t; in a replay it is exact."
_NOT_BELOW = "A buyer's revenue is never taken below 0."
_YEAR_MS: Final = 365 * DAY_MS
MONTH: Final = "30d"
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
            window=MONTH,
        ),
    ),
)


_BY_METHOD: Final = Family(
    "crm_lifetime_value_variant",
    "Margin expected of a customer, discounted, less acquisition cost, in major units.",
    "formula",
    panels=(
        Panel(
            "value",
            "Value",
            5,
            "Lifetime value, discounted",
            "Of 30 days: margin at today's value of money, less cost.",
            "number",
            width=6,
            alert="ChurnElevated",
            window=MONTH,
        ),
    ),
)


def _has_lifetime_value(g: Ground) -> bool:
    return g.window is not None and g.definition.has_lifetime_value(g.window)


def _lifetime_minor(
    g: Ground, margin: Fraction = Fraction(1), shrinking: Fraction = Fraction(0)
) -> Fraction | None:
    """margin·revenue / (((A+B)/2)·(C0/B + shrinking)) - cost/N in minor units; None: undefined.

    Shrinking is what money loses in the window, as C0/B is what the customers lose.
    """
    flows, start, end = g.flows, g.start, g.gauges["active"]
    if start == 0 or flows["lost"] == 0 or flows["new"] == 0 or flows["with_cost"] == 0:
        return None
    each = margin * Fraction(2 * flows["revenue"], end + start)
    return each / (Fraction(flows["lost"], start) + shrinking) - Fraction(flows["cost"], flows["new"])


def _discounted(g: Ground) -> Value:
    definition = g.definition
    margin = Fraction(repr(definition.gross_margin))
    shrinking = Fraction(g.span_ms, _YEAR_MS) * Fraction(math.log1p(definition.discount_rate))
    worth = _lifetime_minor(g, margin, shrinking)
    return g.build.estimate("lifetime_value.discounted", worth, g.flows["lost"])


def _equity(g: Ground) -> Value:
    worth = _lifetime_minor(g)
    equity = None if worth is None else worth * g.gauges["active"]
    return g.build.estimate("customer_equity", equity, g.flows["lost"])


def _share(name: str, part: Callable[[Sweep], int]) -> Callable[[Ground], Value]:
    return lambda g: g.build.revenue_share(name, part(g.sweep), g.sweep)


def _kept(name: str, part: Callable[[Sweep], int]) -> Callable[[Ground], Value]:
    return lambda g: g.build.revenue_kept(name, part(g.sweep), g.sweep)


VALUE: Final = (
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
                window=MONTH,
            ),
        ),
    ),
    Kpi(
        name="lifetime_value.discounted",
        title="Lifetime value, discounted",
        meaning="Margin expected of a customer at the value that money has today, less the acquisition cost.",
        formula="{margin} * {revenue} / ((({A} + {B}) / 2) * "
        "({C0} / {B} + {days} / 365 * ln(1 + {discount}))) - {cost_each}",
        edges=(
            "The margin of a life: customers leave at the churn rate while money loses discount_rate a year.",
            "With gross_margin 1 and discount_rate 0 it is lifetime_value.",
            "Undefined where lifetime_value is; the days are those from the window's start to its end.",
        ),
        unit="money",
        rests_on=LIFE,
        given=_has_lifetime_value,
        compute=_discounted,
        sampled=True,
        family=_BY_METHOD,
        board=Board("Lifetime value, discounted", "value", why="nobody was lost, or no cost is known"),
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
                window=MONTH,
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
            name=f"{name}_revenue_retention_ratio",
            title=f"{title} revenue retention",
            meaning=meaning,
            formula="{numerator} / {denominator}",
            calls={"numerator": now, "denominator": "revenue of the window before, of its payers"},
            edges=("Undefined while nobody paid in the window before.", edge, _SWEPT),
            unit="ratio",
            rests_on=PURCHASES,
            swept=True,
            given=lambda g: g.window is not None and g.definition.has_purchase_retention(g.window),
            compute=_kept(f"{name}_revenue_retention_ratio", part),
            sampled=True,
            help=told,
            board=Board(f"Revenue kept, {name}", "value", why="nobody paid in the window before"),
        )
        for name, title, meaning, now, edge, told, part in (
            (
                "net",
                "Net",
                "What the payers of the window before pay in this one, for each unit that they paid then.",
                "their revenue now",
                "Above 1 where those who pay more outweigh those who left; refunds are subtracted.",
                "Revenue now of the previous window's payers, by their revenue then.",
                lambda sweep: sweep.kept.now_minor,
            ),
            (
                "gross",
                "Gross",
                "The part that is left of what each payer of the window before paid then.",
                "what is left of it",
                "Of each at most what they paid before: nobody makes up for another; never above 1.",
                "Share of the previous window's revenue that its payers still pay.",
                lambda sweep: sweep.kept.still_minor,
            ),
        )
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
            board=Board(f"Revenue from class {name.upper()}", why="no revenue"),
        )
        for name, whom, part in (
            ("a", "the best 20 %", lambda sweep: sweep.a_minor),
            ("b", "the next 30 %", lambda sweep: sweep.b_minor),
            ("c", "the remaining half", lambda sweep: sweep.c_minor),
        )
    ),
)
