"""Churn: is it a spike, where does it come from, and why do they leave."""

from deploy.grafana.boards.board import Board, Row
from deploy.grafana.boards.panels import (
    AMBER,
    NUMBER,
    PROBABILITY,
    RATIO,
    RED,
    Panel,
    Query,
    Say,
    curves,
    number,
    rows,
    with_interval,
)
from deploy.grafana.boards.queries import by_value, part, whole, windowed

_RARE, _CALM = 1e-5, 1e-3
"""Below the first a page is sent, unless the hour of the day explains it; above the second all is calm."""


def churn() -> Board:
    """The dashboard."""
    return Board(
        "kpi-churn",
        "Churn",
        "Spikes, where they come from and why; expected against observed.",
        [
            Row("Spike", _spike()),
            Row("Where", _where()),
            Row("Why", _why()),
            Row("Level", _level()),
        ],
        windowed=True,
        by_dimension=True,
    )


def _spike() -> list[Panel]:
    observed = Say("Churned in an hour", "Churns, whoever came back.", NUMBER, "ChurnSpike")
    expected = Say("Expected", "By the 24 hours before.", NUMBER, "ChurnSpike")
    chance = Say("Chance", "Of as many by chance. Small is bad.", PROBABILITY, "ChurnSpike")
    seasonal = Say(
        "Chance, same hours", "The same against the same hour of the last 7 days.", PROBABILITY, "ChurnSpike"
    )
    steps = [(0, RED), (_RARE, AMBER), (_CALM, "green")]
    against = Say("Observed against expected", "Of an hour and of a day.", NUMBER, "ChurnSpike")
    chances = Say("Chance over time", "A page needs the hour below 1e-5.", PROBABILITY, "ChurnSpike")
    return [
        number(observed, windowed("crm_churned_customers", "1h"), width=6),
        number(expected, windowed("crm_churn_spike_expected", "1h"), width=6),
        number(chance, windowed("crm_churn_spike_p", "1h"), steps=steps, width=6),
        number(seasonal, windowed("crm_churn_spike_seasonal_p", "1h"), steps=steps, width=6),
        curves(
            against,
            Query(windowed("crm_churned_customers", "1h"), "churned, 1h"),
            Query(windowed("crm_churn_spike_expected", "1h"), "expected, 1h"),
            Query(windowed("crm_churned_customers", "24h"), "churned, 24h"),
            Query(windowed("crm_churn_spike_expected", "24h"), "expected, 24h"),
        ),
        curves(
            chances,
            Query(windowed("crm_churn_spike_p", "1h"), "1h"),
            Query(windowed("crm_churn_spike_seasonal_p", "1h"), "1h, same hours"),
            Query(windowed("crm_churn_spike_p", "24h"), "24h"),
            Query(windowed("crm_churn_spike_seasonal_p", "24h"), "24h, same days"),
            logarithmic=True,
        ),
    ]


def _where() -> list[Panel]:
    ratio = Say("Churn ratio", "Of each value of the dimension chosen.", RATIO, "ChurnElevated")
    count = Say("Churned", "By value of the dimension chosen.", NUMBER, "ChurnElevated")
    unusual = Say(
        "Chance of an hour's churns",
        "By value. The smallest stands out most.",
        PROBABILITY,
        "ChurnSpike",
    )
    return [
        curves(ratio, Query(by_value("crm_churn_ratio_by", "$dimension"), "{{value}}"), width=8),
        curves(
            count,
            Query(by_value("crm_churned_customers_by", "$dimension"), "{{value}}"),
            width=8,
            stacked=True,
        ),
        rows(
            unusual,
            Query(by_value("crm_churn_spike_p_by", "$dimension", "1h")),
            hide=["dimension", "window"],
            upwards=True,
        ),
    ]


def _why() -> list[Panel]:
    reasons = Say("Reasons", "As given with the cancellations.", NUMBER, "ChurnSpike")
    types = Say("Type", "Involuntary: a payment failed. Inactive: nothing was heard.", NUMBER, "ChurnSpike")
    table = Say("Reasons now", "Churned in the window, by reason.", NUMBER, "ChurnSpike")
    return [
        curves(
            reasons, Query(by_value("crm_churned_customers_by", "reason"), "{{value}}"), width=8, stacked=True
        ),
        curves(
            types,
            Query(by_value("crm_churned_customers_by", "churn_type"), "{{value}}"),
            width=8,
            stacked=True,
        ),
        rows(table, Query(by_value("crm_churned_customers_by", "reason")), hide=["dimension", "window"]),
    ]


def _level() -> list[Panel]:
    ratio = Say("Churn ratio", "With its 95 % interval.", RATIO, "ChurnElevated")
    formulas = Say("By formula", "The headline's, and the others.", RATIO, "ChurnElevated")
    risk = Say(
        "Customers at risk", "Active customers by band; together all of them.", NUMBER, "ChurnElevated"
    )
    kept = Say("Retention", "Of the customers active at the start.", RATIO, "ChurnElevated")
    return [
        with_interval(
            ratio, windowed("crm_churn_ratio"), part("low", "churn_ratio"), part("high", "churn_ratio")
        ),
        curves(formulas, Query(windowed("crm_churn_ratio_variant"), "{{formula}}")),
        curves(risk, Query(whole("crm_customers_at_risk"), "{{band}}"), stacked=True),
        curves(
            kept,
            Query(windowed("crm_retention_ratio"), "retained"),
            Query(whole("crm_long_term_ratio"), "active for a year"),
        ),
    ]
