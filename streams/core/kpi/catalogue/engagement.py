"""The KPIs of how many customers are heard of, and how often."""

from typing import Final

from streams.core.definition.definition import DAY_MS
from streams.core.kpi.catalogue.entry import ALL, Board, Ground, Kpi
from streams.core.kpi.catalogue.panel import Panel
from streams.core.kpi.values.build import count
from streams.core.kpi.values.value import Value


def _outlasts_a_day(g: Ground) -> bool:
    return g.day is not None and g.window is not None and g.window.ms > DAY_MS


def _stickiness(g: Ground) -> Value:
    assert g.day is not None  # noqa: S101 - published nowhere else
    return g.build.ratio("stickiness_ratio", g.day["engaged"], g.flows["engaged"])


ENGAGEMENT: Final = (
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
        compute=lambda g: count(g.flows["engaged"]),
        help="Distinct customers of whom anything was heard.",
        board=Board("Engaged customers", "engagement"),
    ),
    Kpi(
        name="stickiness_ratio",
        title="Stickiness",
        meaning="Of the customers engaged in the window, the part engaged in the last 24 hours.",
        formula="{numerator} / {denominator}",
        edges=(
            "Undefined while nobody is engaged.",
            "Only of windows longer than 24 h, where the definition has a window of 24 h.",
        ),
        calls={"numerator": "engaged in 24 h", "denominator": "engaged"},
        unit="ratio",
        rests_on=ALL,
        compute=_stickiness,
        given=_outlasts_a_day,
        sampled=True,
        help="Share of the engaged customers who were engaged in the last 24 hours.",
        board=Board("Stickiness", "engagement", worse=-1, why="nobody engaged"),
        panels=(
            Panel(
                "churn",
                "Level",
                5,
                "Stickiness",
                "Of the customers engaged in 30 days, those engaged in the last 24 hours.",
                window="30d",
            ),
        ),
    ),
)
