"""The KPIs of who is likely to leave: active customers by band of their risk score."""

from collections.abc import Callable
from typing import Final

from streams.core.kpi.catalogue.entry import ALL, Board, Family, Ground, Kpi
from streams.core.kpi.catalogue.panel import Panel
from streams.core.kpi.values.build import count
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


def _gauge(name: str) -> Callable[[Ground], Value]:
    return lambda g: count(g.gauges[name])


RISK_BANDS: Final = tuple(
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
)
