"""The KPIs of churn: its ratio by every formula, and how unusual it is."""

from collections.abc import Callable
from typing import Final

from streams.core.definition.definition import Formula
from streams.core.kpi.catalogue.entry import LIFE, Board, Family, Ground, Kpi
from streams.core.kpi.catalogue.panel import Panel
from streams.core.kpi.values.build import spike
from streams.core.kpi.values.value import Value

NOBODY: Final = "nobody was a customer at the window's start"
NO_START: Final = "Undefined while nobody was active at the window's start."
COUNTED_TWICE: Final = "A customer who leaves, returns and leaves again in the window counts twice."

_RARE, _CALM = 1e-5, 1e-3
"""Below the first a page is sent, unless the hour of the day explains it; above the second all is calm."""
_STEPS: Final = ((0, "red"), (_RARE, "orange"), (_CALM, "green"))

_BY_FORMULA: Final = Family(
    "crm_churn_ratio_variant",
    "Churn ratio by another formula.",
    "formula",
    panels=(Panel("churn", "Level", 2, "By formula", "The headline's, and the others."),),
)
SPIKE: Final = Panel(
    "churn",
    "Spike",
    5,
    "Observed against expected",
    "Of an hour and of a day.",
    alert="ChurnSpike",
)
SPIKE_OF_AN_HOUR: Final = Panel(
    "overview",
    "Over time",
    1,
    "Churn of an hour against expected",
    "Expected by the 24 hours before.",
    alert="ChurnSpike",
    window="1h",
)
_CHANCES: Final = Panel(
    "churn",
    "Spike",
    6,
    "Chance over time",
    "A page needs the hour below 1e-5.",
    alert="ChurnSpike",
    logarithmic=True,
)


def _churn_ratio(formula: Formula) -> Callable[[Ground], Value]:
    return lambda g: g.build.ratio(f"churn_ratio.{formula}", *g.churn(formula))


def _spike_p(g: Ground) -> Value:
    flows = g.flows
    return spike(flows["churned"], flows["base_churned"], flows["exposure_ms"], flows["base_exposure_ms"])


def _seasonal_spike_p(g: Ground) -> Value:
    flows = g.flows
    base, exposure_ms = flows["seasonal_churned"], flows["seasonal_exposure_ms"]
    return spike(flows["churned"], base, flows["exposure_ms"], exposure_ms)


CHURN_RATIOS: Final = (
    Kpi(
        name="churn_ratio",
        title="Churn ratio",
        meaning="How many of the customers leave, by the formula of the definition.",
        formula_of_cause="{numerator} / {denominator}",
        calls={"numerator": "those of this cause", "denominator": "customers of the whole"},
        unit="ratio",
        rests_on=LIFE,
        scopes=("customers", "cause"),
        compute=lambda g: g.build.ratio("churn_ratio", *g.churn(g.definition.formula)),
        chosen=lambda definition: definition.formula,
        sampled=True,
        driven=True,
        help="Churn ratio by the formula that crm_definition_info names.",
        board=Board(
            "Churn",
            why=NOBODY,
            worse=1,
            tile=2,
            curve=True,
            plot="churn",
            colour="churn",
            by=("customers",),
        ),
        panels=(
            Panel(
                "overview",
                "Business",
                2,
                "Churn",
                "By the definition's formula.",
                "number",
                alert="ChurnElevated",
            ),
            Panel(
                "churn",
                "Where",
                1,
                "Churn ratio",
                "Of each value of the dimension chosen.",
                width=8,
                by="$dimension",
            ),
            Panel("churn", "Level", 1, "Churn ratio", "With its 95 % interval.", "interval"),
        ),
    ),
    Kpi(
        name="churn_ratio.standard",
        title="Churn ratio, standard formula",
        meaning="The part of the customers at the window's start who were lost.",
        formula="{C0} / {B}",
        edges=(
            NO_START,
            "Customers who joined in the window count neither above nor below the line.",
        ),
        unit="ratio",
        rests_on=LIFE,
        given=lambda g: g.definition.formula != "standard",
        compute=_churn_ratio("standard"),
        sampled=True,
        driven=True,
        family=_BY_FORMULA,
    ),
    Kpi(
        name="churn_ratio.simple",
        title="Churn ratio, simple formula",
        meaning="Departures for each customer at the window's start.",
        formula="{C} / {B}",
        edges=(NO_START, COUNTED_TWICE, "It may exceed 1, and has no interval then."),
        unit="ratio",
        rests_on=LIFE,
        compute=_churn_ratio("simple"),
        sampled=True,
        driven=True,
        family=_BY_FORMULA,
    ),
    Kpi(
        name="churn_ratio.stripe",
        title="Churn ratio, with newcomers",
        meaning="Departures for each customer there was at the start or came new.",
        formula="{C} / ({B} + {N})",
        edges=("Undefined while B + N is 0.", COUNTED_TWICE),
        unit="ratio",
        rests_on=LIFE,
        compute=_churn_ratio("stripe"),
        sampled=True,
        driven=True,
        family=_BY_FORMULA,
    ),
)

CHURN_SPIKES: Final = (
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
        driven=True,
        help="Probability of as many churns by chance, by the windows before.",
        board=Board("Churn by chance", why="nobody was a customer", by=("customers",)),
        panels=(
            SPIKE_OF_AN_HOUR.line("expected", part="expected"),
            Panel(
                "churn",
                "Spike",
                2,
                "Expected",
                "By the 24 hours before.",
                "number",
                width=6,
                alert="ChurnSpike",
                window="1h",
                part="expected",
            ),
            Panel(
                "churn",
                "Spike",
                3,
                "Chance",
                "Of as many by chance. Small is bad.",
                "number",
                width=6,
                alert="ChurnSpike",
                window="1h",
                steps=_STEPS,
            ),
            SPIKE.line("expected, 1h", "1h", "expected"),
            SPIKE.line("expected, 24h", "24h", "expected"),
            _CHANCES.line("1h", "1h"),
            _CHANCES.line("24h", "24h"),
            Panel(
                "churn",
                "Where",
                3,
                "Chance of an hour's churns",
                "By value. The smallest stands out most.",
                "rows",
                alert="ChurnSpike",
                window="1h",
                by="$dimension",
                upwards=True,
            ),
        ),
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
        driven=True,
        help="Probability of as many churns by chance, by the same hours of other days.",
        board=Board("Churn by chance, by season", why="nobody was a customer"),
        panels=(
            Panel(
                "churn",
                "Spike",
                4,
                "Chance, same hours",
                "The same against the same hour of the last 7 days.",
                "number",
                width=6,
                alert="ChurnSpike",
                window="1h",
                steps=_STEPS,
            ),
            _CHANCES.line("1h, same hours", "1h"),
            _CHANCES.line("24h, same days", "24h"),
        ),
    ),
)
