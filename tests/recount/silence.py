"""Sources that have fallen silent, by the table of contract section 4: a status beside the value."""

from collections.abc import Mapping

from streams.core.definition.definition import Definition
from tests.recount.values import Values

SURVEYS = ("nps_score", "csat_", "ces_mean")
ORDERS = (
    "orders",
    "buyers",
    "revenue",
    "average_order_value",
    "revenue_per_buyer",
    "purchase_frequency",
    "repurchase_ratio",
    "purchase_retention_ratio",
    "top20_revenue_ratio",
    "net_revenue_retention_ratio",
    "gross_revenue_retention_ratio",
    "abc.",
)
NEW = ("new_customers", "acquisition_cost")
EVERYTHING = ("engaged_customers", "stickiness_ratio", "customers_at_risk.")


def silent_sources(newest: Mapping[str, int], t_ms: int, definition: Definition) -> set[str]:
    """Kinds that came before, and whose newest event is older than the limit."""
    limits = dict(definition.silence)
    return {
        kind
        for kind, at_ms in newest.items()
        if (limit_ms := limits.get(kind)) is not None and t_ms - at_ms > limit_ms
    }


def told(values: Values, silent: set[str]) -> Values:
    """The values, those made of a silent kind with a status that says so; none is withheld."""
    return {
        kpi: {**value, "status": "silent"} if value["value"] is not None and made_of(kpi) & silent else value
        for kpi, value in values.items()
    }


def made_of(kpi: str) -> set[str]:
    """The kinds of events behind a KPI; what is in no other row is of customers' lives."""
    if kpi.startswith(SURVEYS):
        return {"survey"}
    if kpi.startswith(ORDERS) and kpi != "revenue_per_customer":
        return {"purchase"}
    if kpi in NEW:
        return {"signup", "purchase"}
    everything = {"survey"} if kpi.startswith(EVERYTHING) else set()
    return {"signup", "purchase", "cancellation"} | everything
