"""How each KPI of the snapshot is shown in Prometheus: its metric, its labels, its help.

Rules: the headline of a KPI has a metric of its own name; variants (``csat_ratio.5``) share one and a label
tells them apart; money carries its currency. A KPI that does not stand here cannot be shown and raises.

Never holds a value. See docs/contract.md, section 10.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """How a KPI of the snapshot is shown: the metric, and the label that tells its variants apart."""

    metric: str
    help: str
    label: str = ""
    money: bool = False
    standing: bool = False
    """Shown as of now, without a window."""

    @property
    def own_labels(self) -> tuple[str, ...]:
        """Labels besides window and dimension."""
        return (*((self.label,) if self.label else ()), *(("currency",) if self.money else ()))


HEADLINES = {
    "active_customers": Shown("crm_active_customers", "Active customers as of now.", standing=True),
    "long_term_ratio": Shown(
        "crm_long_term_ratio", "Share of active customers active for a year without a break.", standing=True
    ),
    "new_customers": Shown("crm_new_customers", "First activations."),
    "reactivated_customers": Shown("crm_reactivated_customers", "Activations after a cancellation."),
    "churned_customers": Shown(
        "crm_churned_customers", "Cancellations that took effect on active customers."
    ),
    "lost_customers": Shown(
        "crm_lost_customers", "Customers active at the start, churned and not back at the end."
    ),
    "churn_ratio": Shown("crm_churn_ratio", "Lost customers per customer active at the start."),
    "retention_ratio": Shown(
        "crm_retention_ratio", "Share of the customers active at the start that were kept."
    ),
    "acquisition_ratio": Shown("crm_acquisition_ratio", "New customers per active customer."),
    "growth_ratio": Shown(
        "crm_growth_ratio", "Net change of active customers per customer active at the start."
    ),
    "nps_score": Shown("crm_nps_score", "Net promoter score, -100 to 100."),
    "ces_mean": Shown("crm_ces_mean", "Mean customer effort score, 1 to 7."),
    "orders": Shown("crm_orders", "Purchases, refunds not counted."),
    "buyers": Shown("crm_buyers", "Distinct customers with a purchase."),
    "revenue": Shown("crm_revenue", "Revenue after refunds, in major units.", money=True),
    "average_order_value": Shown("crm_average_order_value", "Revenue per order, in major units.", money=True),
    "repurchase_ratio": Shown("crm_repurchase_ratio", "Share of buyers with two orders or more."),
    "purchase_retention_ratio": Shown(
        "crm_purchase_retention_ratio", "Share of the previous window's buyers that bought again."
    ),
    "purchase_frequency": Shown("crm_purchase_frequency", "Orders per buyer."),
    "acquisition_cost": Shown(
        "crm_acquisition_cost", "Acquisition cost per new customer, in major units.", money=True
    ),
    "lifetime_value": Shown(
        "crm_lifetime_value",
        "Revenue expected of a customer less acquisition cost, in major units.",
        money=True,
    ),
    "customer_equity": Shown("crm_customer_equity", "Lifetime value of all active customers.", money=True),
    "top20_revenue_ratio": Shown("crm_top20_revenue_ratio", "Share of revenue of the best 20 % of buyers."),
    "engaged_customers": Shown("crm_engaged_customers", "Distinct customers of whom anything was heard."),
    "churn_spike_p": Shown(
        "crm_churn_spike_p", "Probability of as many churns by chance, by the windows before."
    ),
    "churn_spike_seasonal_p": Shown(
        "crm_churn_spike_seasonal_p",
        "Probability of as many churns by chance, by the same hours of other days.",
    ),
}
"""KPIs without variants, by their name in the snapshot."""

VARIANTS = {
    "churn_ratio": Shown("crm_churn_ratio_variant", "Churn ratio by another formula.", "formula"),
    "nps_score": Shown("crm_nps_score_variant", "Net promoter score by basis.", "basis"),
    "csat_ratio": Shown("crm_csat_ratio", "Share of satisfied answers by scale.", "scale"),
    "csat_mean": Shown("crm_csat_mean", "Mean satisfaction by scale.", "scale"),
    "customers_at_risk": Shown(
        "crm_customers_at_risk", "Active customers by risk of churn as of now.", "band", standing=True
    ),
    "abc": Shown(
        "crm_revenue_share", "Share of revenue of the best 20 %, next 30 % and other buyers.", "class"
    ),
}
"""KPIs with variants (``csat_ratio.5``), by the name before the dot."""


def shown(kpi: str) -> tuple[Shown, str]:
    """How a KPI of the snapshot is shown, and which variant it is ("" for a headline).

    Raises:
        KeyError: there is no such KPI.
    """
    family, dot, variant = kpi.partition(".")
    return (VARIANTS[family], variant) if dot else (HEADLINES[family], "")
