"""The KPIs of customers' lives."""

from collections.abc import Callable
from typing import Final

from streams.core.definition.definition import Formula
from streams.core.kpi.catalogue.entry import ALL, ARRIVALS, LIFE, Board, Family, Ground, Kpi
from streams.core.kpi.values.build import count, spike, standing_ratio
from streams.core.kpi.values.value import Value

_COUNTED_TWICE = "A customer who leaves, returns and leaves again in the window counts twice."
_NOBODY = "nobody was a customer at the window's start"
_NO_START = "Undefined while nobody was active at the window's start."
_BY_FORMULA: Final = Family("crm_churn_ratio_variant", "Churn ratio by another formula.", "formula")
_BY_BAND: Final = Family("crm_customers_at_risk", "Active customers by risk of churn as of now.", "band")


def _flow(name: str) -> Callable[[Ground], Value]:
    return lambda g: count(g.flows[name])


def _gauge(name: str) -> Callable[[Ground], Value]:
    return lambda g: count(g.gauges[name])


def _churn_ratio(formula: Formula) -> Callable[[Ground], Value]:
    return lambda g: g.build.ratio(f"churn_ratio.{formula}", *g.churn(formula))


def _spike_p(g: Ground) -> Value:
    flows = g.flows
    return spike(flows["churned"], flows["base_churned"], flows["exposure_ms"], flows["base_exposure_ms"])


def _seasonal_spike_p(g: Ground) -> Value:
    flows = g.flows
    base, exposure_ms = flows["seasonal_churned"], flows["seasonal_exposure_ms"]
    return spike(flows["churned"], base, flows["exposure_ms"], exposure_ms)


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
        unit="count",
        rests_on=LIFE,
        scopes=("now",),
        compute=_gauge("active"),
        help="Active customers as of now.",
        board=Board("Active customers", tile=1),
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
        unit="count",
        rests_on=ARRIVALS,
        compute=_flow("new"),
        help="First activations.",
        board=Board("New customers", tile=3, curve=True),
    ),
    Kpi(
        name="reactivated_customers",
        title="Reactivated customers",
        meaning="Activations in the window after an earlier departure.",
        formula="{R}",
        edges=("A trial does not reactivate.",),
        unit="count",
        rests_on=LIFE,
        compute=_flow("reactivated"),
        help="Activations after a cancellation.",
        board=Board("Came back"),
    ),
    Kpi(
        name="churned_customers",
        title="Churned customers",
        meaning="Departures in the window: cancellations that took effect while the customer was active.",
        formula="{C}",
        edges=(
            _COUNTED_TWICE,
            "A cancellation for later counts when it takes effect, even if nothing else happens then.",
            "An erasure is no churn: it is counted apart, as E.",
        ),
        unit="count",
        rests_on=LIFE,
        scopes=("customers", "cause"),
        compute=_flow("churned"),
        help="Cancellations that took effect on active customers.",
        board=Board("Churned", curve=True),
    ),
    Kpi(
        name="lost_customers",
        title="Lost customers",
        meaning="Customers who were active at the window's start and are gone by churn at its end.",
        formula="{C0}",
        edges=("Whoever left and returned within the window is not lost.",),
        unit="count",
        rests_on=LIFE,
        scopes=("customers", "cause"),
        compute=_flow("lost"),
        help="Customers active at the start, churned and not back at the end.",
        board=Board("Lost"),
    ),
    Kpi(
        name="churn_ratio",
        title="Churn ratio",
        meaning="The part of the customers at the window's start who were lost.",
        formula="{C0} / {B}",
        edges=(
            _NO_START,
            "Customers who joined in the window count neither above nor below the line.",
        ),
        unit="ratio",
        rests_on=LIFE,
        scopes=("customers", "cause"),
        compute=lambda g: g.build.ratio("churn_ratio", *g.churn(g.definition.formula)),
        sampled=True,
        help="Churn ratio by the formula that crm_definition_info names.",
        board=Board("Churn", why=_NOBODY, worse=1, tile=2, curve=True),
    ),
    Kpi(
        name="churn_ratio.standard",
        title="Churn ratio, standard formula",
        meaning="The same by the standard formula, published where the definition makes another one the "
        "headline.",
        formula="{C0} / {B}",
        edges=(_NO_START,),
        unit="ratio",
        rests_on=LIFE,
        given=lambda g: g.definition.formula != "standard",
        compute=_churn_ratio("standard"),
        sampled=True,
        family=_BY_FORMULA,
    ),
    Kpi(
        name="churn_ratio.simple",
        title="Churn ratio, simple formula",
        meaning="Departures for each customer at the window's start.",
        formula="{C} / {B}",
        edges=(_NO_START, _COUNTED_TWICE, "It may exceed 1, and has no interval then."),
        unit="ratio",
        rests_on=LIFE,
        compute=_churn_ratio("simple"),
        sampled=True,
        family=_BY_FORMULA,
    ),
    Kpi(
        name="churn_ratio.stripe",
        title="Churn ratio, with newcomers",
        meaning="Departures for each customer there was at the start or came new.",
        formula="{C} / ({B} + {N})",
        edges=("Undefined while B + N is 0.", _COUNTED_TWICE),
        unit="ratio",
        rests_on=LIFE,
        compute=_churn_ratio("stripe"),
        sampled=True,
        family=_BY_FORMULA,
    ),
    Kpi(
        name="retention_ratio",
        title="Retention ratio",
        meaning="The part of the customers at the window's start who were not lost.",
        formula="({B} - {C0}) / {B}",
        edges=(_NO_START, "New customers never enter."),
        unit="ratio",
        rests_on=LIFE,
        compute=lambda g: g.build.ratio("retention_ratio", g.start - g.flows["lost"], g.start),
        sampled=True,
        help="Share of the customers active at the start that were kept.",
        board=Board("Retention", why=_NOBODY, worse=-1, tile=6, curve=True),
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
        board=Board("Acquisition", why="no customers"),
    ),
    Kpi(
        name="growth_ratio",
        title="Growth ratio",
        meaning="Net change of the active customers, measured by those at the window's start.",
        formula="({N} + {R} - {C} - {E}) / {B}",
        edges=(_NO_START, "It may be negative."),
        unit="ratio",
        rests_on=LIFE,
        compute=lambda g: g.build.quotient("growth_ratio", g.gauges["active"] - g.start, g.start),
        sampled=True,
        help="Net change of active customers per customer active at the start.",
        board=Board("Growth", why=_NOBODY),
    ),
    Kpi(
        name="long_term_ratio",
        title="Long-term ratio",
        meaning="The part of the active customers who have been active for 365 days or more without a break.",
        formula="{numerator} / {A}",
        edges=("A gauge of now: it has no window and is never low_n.",),
        unit="ratio",
        rests_on=LIFE,
        scopes=("now",),
        compute=lambda g: standing_ratio(g.gauges["long_term"], g.gauges["active"]),
        help="Share of active customers active for a year without a break.",
        board=Board("Customers for a year or more", why="no customers"),
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
            unit="count",
            rests_on=ALL,
            scopes=("now",),
            compute=_gauge(band),
            family=_BY_BAND,
        )
        for band, bounds in (
            ("low", "below a third"),
            ("medium", "from a third to below two thirds"),
            ("high", "two thirds or more"),
        )
    ),
    Kpi(
        name="churn_spike_p",
        title="Churn spike",
        meaning="How likely so many churns are by chance, if nothing has changed since the 24 windows "
        "before.",
        formula="P(X >= {observed}) where {expected} are expected",
        edges=(
            "No churn gives 1.",
            "Undefined while nobody was active in the window or in the 24 windows before it.",
            "Alert on a small p and a minimum of observed churns together.",
        ),
        unit="probability",
        rests_on=LIFE,
        given=lambda g: g.window is not None and g.definition.has_baseline(g.window),
        compute=_spike_p,
        help="Probability of as many churns by chance, by the windows before.",
        board=Board("Churn by chance", why="nobody was a customer"),
    ),
    Kpi(
        name="churn_spike_seasonal_p",
        title="Churn spike, seasonal",
        meaning="The same test against the same hours of other days.",
        formula="P(X >= {observed}) where {expected} are expected",
        edges=(
            "1 h is compared with the 7 days before, 24 h with the same weekday of 4 weeks.",
            "No churn gives 1.",
        ),
        unit="probability",
        rests_on=LIFE,
        given=lambda g: g.window is not None and bool(g.definition.seasonal_shifts_ms(g.window)),
        compute=_seasonal_spike_p,
        help="Probability of as many churns by chance, by the same hours of other days.",
        board=Board("Churn by chance, by season", why="nobody was a customer"),
    ),
)
