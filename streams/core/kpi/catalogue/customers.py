"""The KPIs of customers' lives."""

from collections.abc import Callable
from typing import Final

from streams.core.kpi.catalogue.churn import (
    CHURN_RATIOS,
    CHURN_SPIKES,
    COUNTED_TWICE,
    NO_START,
    NOBODY,
    SPIKE,
    SPIKE_OF_AN_HOUR,
)
from streams.core.kpi.catalogue.entry import ALL, ARRIVALS, LIFE, Board, Family, Ground, Kpi
from streams.core.kpi.catalogue.panel import Panel
from streams.core.kpi.values.build import count, standing_ratio
from streams.core.kpi.values.value import Value

_BY_BAND: Final = Family(
    "crm_customers_at_risk",
    "Active customers by risk of churn as of now.",
    "band",
    panels=(
        Panel(
            "churn",
            "Level",
            3,
            "Customers at risk",
            "Active customers by band; together all of them.",
            stacked=True,
        ),
    ),
)
_AT_RISK: Final = (
    Panel(
        "overview",
        "Business",
        6,
        "At high risk",
        "Active customers in the highest band of risk.",
        "number",
        alert="ChurnElevated",
    ),
)
_FLOW: Final = Panel("overview", "Over time", 2, "Coming and going", "In the window chosen.")
_KEPT: Final = Panel("churn", "Level", 4, "Retention", "Of the customers active at the start.")
_TOGETHER: Final = Panel(
    "value", "Acquisition", 6, "Acquisition and growth", "Per active customer; per customer at the start."
)


def _flow(name: str) -> Callable[[Ground], Value]:
    return lambda g: count(g.flows[name])


def _gauge(name: str) -> Callable[[Ground], Value]:
    return lambda g: count(g.gauges[name])


CUSTOMERS: Final = (
    Kpi(
        name="active_customers",
        title="Active customers",
        meaning="Who is a customer now: activated, and not gone by a cancellation that took effect.",
        formula="{B} + {N} + {R} - {C} - {E}",
        edges=(
            "A trial does not make a customer active; its conversion does.",
            "Whoever cancelled for a later date is active until then.",
        ),
        gives={"A": "numerator"},
        unit="count",
        rests_on=LIFE,
        scopes=("now",),
        compute=_gauge("active"),
        help="Active customers as of now.",
        board=Board("Active customers", tile=1, curve=True),
        panels=(Panel("overview", "Business", 1, "Active customers", "Customers active now.", "number"),),
    ),
    Kpi(
        name="new_customers",
        title="New customers",
        meaning="First activations ever in the window.",
        formula="{N}",
        edges=(
            "Whoever comes back after leaving is reactivated, never new.",
            "A customer who joined and left within the window is new, and churned, but not lost.",
        ),
        gives={"N": "numerator"},
        unit="count",
        rests_on=ARRIVALS,
        compute=_flow("new"),
        help="First activations.",
        board=Board("New customers", "flows", tile=3, curve=True, plot="flows", colour="new"),
        panels=(
            Panel("overview", "Business", 3, "New customers", "First activations.", "number"),
            _FLOW.line("new"),
            Panel("value", "Acquisition", 1, "New customers", "First activations.", "number", width=6),
            Panel(
                "value",
                "Acquisition",
                5,
                "New customers by value",
                "Of the dimension chosen.",
                by="$dimension",
                stacked=True,
            ),
        ),
    ),
    Kpi(
        name="reactivated_customers",
        title="Reactivated customers",
        meaning="Activations in the window after an earlier departure.",
        formula="{R}",
        edges=("A trial does not reactivate.",),
        gives={"R": "numerator"},
        unit="count",
        rests_on=LIFE,
        compute=_flow("reactivated"),
        help="Activations after a cancellation.",
        board=Board("Came back", "flows"),
        panels=(_FLOW.line("reactivated"),),
    ),
    Kpi(
        name="churned_customers",
        title="Churned customers",
        meaning="Departures in the window: cancellations that took effect while the customer was active.",
        formula="{C}",
        edges=(
            COUNTED_TWICE,
            "A cancellation for later counts when it takes effect, even if nothing else happens then.",
            "An erasure is no churn: it is counted apart, as E.",
        ),
        gives={"C": "numerator"},
        unit="count",
        rests_on=LIFE,
        scopes=("customers", "cause"),
        compute=_flow("churned"),
        driven=True,
        help="Cancellations that took effect on active customers.",
        board=Board("Churned", "flows", curve=True, plot="flows", colour="churn", by=("customers", "cause")),
        panels=(
            SPIKE_OF_AN_HOUR.line("churned"),
            _FLOW.line("churned"),
            Panel(
                "churn",
                "Spike",
                1,
                "Churned in an hour",
                "Churns, whoever came back.",
                "number",
                width=6,
                alert="ChurnSpike",
                window="1h",
            ),
            SPIKE.line("churned, 1h", "1h"),
            SPIKE.line("churned, 24h", "24h"),
            Panel(
                "churn",
                "Where",
                2,
                "Churned",
                "By value of the dimension chosen.",
                width=8,
                by="$dimension",
                stacked=True,
            ),
            Panel(
                "churn",
                "Why",
                1,
                "Reasons",
                "As given with the cancellations.",
                width=8,
                alert="ChurnSpike",
                by="reason",
                stacked=True,
            ),
            Panel(
                "churn",
                "Why",
                2,
                "Type",
                "Involuntary: a payment failed. Inactive: nothing was heard.",
                width=8,
                alert="ChurnSpike",
                by="churn_type",
                stacked=True,
            ),
            Panel(
                "churn",
                "Why",
                3,
                "Reasons now",
                "Churned in the window, by reason.",
                "rows",
                alert="ChurnSpike",
                by="reason",
            ),
        ),
    ),
    Kpi(
        name="lost_customers",
        title="Lost customers",
        meaning="Customers who were active at the window's start and are gone by churn at its end.",
        formula="{C0}",
        edges=("Whoever left and returned within the window is not lost.",),
        gives={"C0": "numerator"},
        unit="count",
        rests_on=LIFE,
        scopes=("customers", "cause"),
        compute=_flow("lost"),
        driven=True,
        help="Customers active at the start, churned and not back at the end.",
        board=Board("Lost", "flows"),
    ),
    *CHURN_RATIOS,
    Kpi(
        name="retention_ratio",
        title="Retention ratio",
        meaning="The part of the customers at the window's start who were not lost.",
        formula="({B} - {C0}) / {B}",
        edges=(NO_START, "New customers never enter."),
        gives={"B": "denominator"},
        unit="ratio",
        rests_on=LIFE,
        compute=lambda g: g.build.ratio("retention_ratio", g.start - g.flows["lost"], g.start),
        sampled=True,
        driven=True,
        help="Share of the customers active at the start that were kept.",
        board=Board("Retention", why=NOBODY, worse=-1, tile=6, curve=True),
        panels=(_KEPT.line("retained"),),
    ),
    Kpi(
        name="acquisition_ratio",
        title="Acquisition ratio",
        meaning="New customers, measured by those active now.",
        formula="{N} / {A}",
        edges=("Undefined while nobody is active now.", "It may exceed 1 if newcomers left again."),
        unit="ratio",
        rests_on=LIFE,
        compute=lambda g: g.build.ratio("acquisition_ratio", g.flows["new"], g.gauges["active"]),
        sampled=True,
        help="New customers per active customer.",
        board=Board("Acquisition", "flows", why="no customers"),
        panels=(_TOGETHER.line("acquisition"),),
    ),
    Kpi(
        name="growth_ratio",
        title="Growth ratio",
        meaning="Net change of the active customers, measured by those at the window's start.",
        formula="({N} + {R} - {C} - {E}) / {B}",
        edges=(NO_START, "It may be negative."),
        unit="ratio",
        rests_on=LIFE,
        compute=lambda g: g.build.quotient("growth_ratio", g.gauges["active"] - g.start, g.start),
        sampled=True,
        help="Net change of active customers per customer active at the start.",
        board=Board("Growth", "flows", why=NOBODY),
        panels=(
            Panel(
                "value",
                "Acquisition",
                4,
                "Growth",
                "Net change per customer active at the start.",
                "number",
                width=6,
            ),
            _TOGETHER.line("growth"),
        ),
    ),
    Kpi(
        name="long_term_ratio",
        title="Long-term ratio",
        meaning="The part of the active customers who have been active for 365 days or more without a break.",
        formula="{numerator} / {A}",
        edges=("A gauge of now: it has no window and is never low_n.",),
        calls={"numerator": "active for 365 d"},
        unit="ratio",
        rests_on=LIFE,
        scopes=("now",),
        compute=lambda g: standing_ratio(g.gauges["long_term"], g.gauges["active"]),
        help="Share of active customers active for a year without a break.",
        board=Board("Customers for a year or more", "risk", why="no customers"),
        panels=(_KEPT.line("active for a year"),),
    ),
    Kpi(
        name="engaged_customers",
        title="Engaged customers",
        meaning="Distinct customers with a signup, purchase, survey or cancellation dated in the window.",
        formula="{n}",
        edges=(
            "Trials and refunds count; so does a cancellation that was withdrawn.",
            "What a void withdrew does not.",
        ),
        calls={"n": "engaged"},
        unit="count",
        rests_on=ALL,
        compute=_flow("engaged"),
        help="Distinct customers of whom anything was heard.",
    ),
    *(
        Kpi(
            name=f"customers_at_risk.{band}",
            title=f"Customers at risk: {band}",
            meaning=f"Active customers whose risk score is {bounds}; the three bands add up to the active "
            "customers.",
            formula="{n}",
            edges=(
                "The score grows with silence, measured by the customer's own rhythm of orders.",
                "An NPS answer of 6 or less within 90 days, and a pending cancellation, raise it.",
                "Bands change by themselves as time passes.",
            ),
            calls={"n": "active in the band"},
            unit="count",
            rests_on=ALL,
            scopes=("now",),
            compute=_gauge(band),
            family=_BY_BAND,
            board=Board(f"Risk: {band}", by=("customers",) if band == "high" else ()),
            panels=_AT_RISK if band == "high" else (),
        )
        for band, bounds in (
            ("low", "below a third"),
            ("medium", "from a third to below two thirds"),
            ("high", "two thirds or more"),
        )
    ),
    *CHURN_SPIKES,
)
