"""The KPIs of a group from its totals: which counts each one is made of.

Rules: every KPI is computed from exact integers of one group at one t, and no KPI from another one's
quotient; what is divided is divided by kpi_build.py, and nowhere else in the service. Status here is
``ok``, ``low_n`` or ``undefined``; what a document as a whole withholds is decided in snapshot.py.
See docs/contract.md, section 4.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, get_args

from streams.core.definition import Definition, Formula, NpsBasis, Window
from streams.core.kpi_build import Builder, count, spike, standing_ratio
from streams.core.kpi_value import Sweep, Value

Counts = Mapping[str, int]
"""Gauges or flows of a group's totals, by name."""

Values = dict[str, Value]
"""KPI name -> value."""

_VOTES: Final[dict[NpsBasis, str]] = {"latest": "latest", "responses": "nps"}
"""Basis of the score -> how its flows are called."""


def customers_at_start(flows: Counts, gauges: Counts) -> int:
    """B, the active customers at the window's start, from those at its end and what happened in it."""
    return gauges["active"] - flows["new"] - flows["reactivated"] + flows["churned"] + flows["erased"]


class Calculator:
    """Computes the KPIs of one definition."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._build = Builder(definition)
        self._variants: tuple[Formula, ...] = tuple(
            formula
            for formula in get_args(Formula)
            if formula != "standard" or definition.formula != "standard"
        )

    def window(self, flows: Counts, gauges: Counts, window: Window, sweep: Sweep | None = None) -> Values:
        """All KPIs of the whole, or of one value of a customer dimension, in one window.

        Without a sweep the shares of revenue are absent.
        """
        return {
            **self._life(flows, gauges),
            **self.answers(flows),
            **self._purchases(flows, window),
            **self._worth(flows, gauges, window),
            **({} if sweep is None else self._revenue_shares(sweep)),
            "engaged_customers": count(flows["engaged"]),
            **self._spikes(flows, window),
        }

    def answers(self, flows: Counts) -> Values:
        """The KPIs of surveys: all that a touchpoint has."""
        build = self._build
        return {
            "nps_score": self._nps("nps_score", flows, self._definition.nps_basis),
            "nps_score.latest": self._nps("nps_score.latest", flows, "latest"),
            "nps_score.responses": self._nps("nps_score.responses", flows, "responses"),
            "csat_ratio.5": build.ratio("csat_ratio.5", flows["csat5_satisfied"], flows["csat5_n"]),
            "csat_mean.5": self._mean("csat_mean.5", flows, "csat5", (1, 5)),
            "csat_ratio.10": build.ratio("csat_ratio.10", flows["csat10_satisfied"], flows["csat10_n"]),
            "csat_mean.10": self._mean("csat_mean.10", flows, "csat10", (1, 10)),
            "ces_mean": self._mean("ces_mean", flows, "ces", (1, 7)),
        }

    def cause(self, flows: Counts, overall_flows: Counts, overall_gauges: Counts) -> Values:
        """The KPIs of one reason or churn type: its churns, among the customers of the whole."""
        start = customers_at_start(overall_flows, overall_gauges)
        part, whole = self._churn_parts(flows, start, overall_flows["new"])[self._definition.formula]
        return {
            "churned_customers": count(flows["churned"]),
            "lost_customers": count(flows["lost"]),
            "churn_ratio": self._build.ratio("churn_ratio", part, whole),
        }

    def now(self, gauges: Counts) -> Values:
        """The standing KPIs of a group: gauges, never ``low_n``."""
        return {
            "active_customers": count(gauges["active"]),
            "long_term_ratio": standing_ratio(gauges["long_term"], gauges["active"]),
            "customers_at_risk.low": count(gauges["low"]),
            "customers_at_risk.medium": count(gauges["medium"]),
            "customers_at_risk.high": count(gauges["high"]),
        }

    def components(self, flows: Counts, gauges: Counts) -> dict[str, int]:
        """The counts behind the KPIs that no value carries as a part of its own."""
        votes = _VOTES[self._definition.nps_basis]
        return {
            "customers_at_start": customers_at_start(flows, gauges),
            "erased_customers": flows["erased"],
            "nps_promoters": flows[f"{votes}_p"],
            "nps_passives": flows[f"{votes}_passive"],
            "nps_detractors": flows[f"{votes}_d"],
            "base_currency_orders": flows["orders_base"],
            "base_currency_refunds": flows["refunds_base"],
            "purchases_left_out": flows["left_out"],
            "repeat_buyers": flows["repeat_buyers"],
            "customers_with_cost": flows["with_cost"],
        }

    def _life(self, flows: Counts, gauges: Counts) -> Values:
        start, end, build = customers_at_start(flows, gauges), gauges["active"], self._build
        parts = self._churn_parts(flows, start, flows["new"])
        return {
            "new_customers": count(flows["new"]),
            "reactivated_customers": count(flows["reactivated"]),
            "churned_customers": count(flows["churned"]),
            "lost_customers": count(flows["lost"]),
            "churn_ratio": build.ratio("churn_ratio", *parts[self._definition.formula]),
            **{f"churn_ratio.{f}": build.ratio(f"churn_ratio.{f}", *parts[f]) for f in self._variants},
            "retention_ratio": build.ratio("retention_ratio", start - flows["lost"], start),
            "acquisition_ratio": build.ratio("acquisition_ratio", flows["new"], end),
            "growth_ratio": build.quotient("growth_ratio", end - start, start),
        }

    @staticmethod
    def _churn_parts(flows: Counts, start: int, new: int) -> dict[Formula, tuple[int, int]]:
        return {
            "standard": (flows["lost"], start),
            "simple": (flows["churned"], start),
            "stripe": (flows["churned"], start + new),
        }

    def _nps(self, kpi: str, flows: Counts, basis: NpsBasis) -> Value:
        votes = _VOTES[basis]
        return self._build.nps(kpi, flows[f"{votes}_p"], flows[f"{votes}_passive"], flows[f"{votes}_d"])

    def _mean(self, kpi: str, flows: Counts, answers: str, scale: tuple[int, int]) -> Value:
        n, total, squares = (flows[f"{answers}_{part}"] for part in ("n", "sum", "squares"))
        return self._build.mean(kpi, n, total, squares, scale)

    def _purchases(self, flows: Counts, window: Window) -> Values:
        build, buyers, revenue = self._build, flows["buyers"], flows["revenue"]
        in_base = flows["orders_base"] + flows["refunds_base"]
        values: Values = {
            "orders": count(flows["orders"]),
            "buyers": count(buyers),
            "revenue": build.revenue(revenue, in_base, flows["left_out"]),
            "average_order_value": build.amount_each("average_order_value", revenue, flows["orders_base"]),
            "purchase_frequency": build.quotient("purchase_frequency", flows["orders"], buyers),
            "repurchase_ratio": build.ratio("repurchase_ratio", flows["repeat_buyers"], buyers),
        }
        if self._definition.has_purchase_retention(window):
            kpi = "purchase_retention_ratio"
            values[kpi] = build.ratio(kpi, flows["retained_buyers"], flows["prev_buyers"])
        return values

    def _worth(self, flows: Counts, gauges: Counts, window: Window) -> Values:
        cost = self._build.cost("acquisition_cost", flows["cost"], flows["new"], flows["with_cost"])
        values: Values = {"acquisition_cost": cost}
        if self._definition.has_lifetime_value(window):
            worth = _lifetime_minor(flows, gauges)
            equity = None if worth is None else worth * gauges["active"]
            values["lifetime_value"] = self._build.estimate("lifetime_value", worth, flows["lost"])
            values["customer_equity"] = self._build.estimate("customer_equity", equity, flows["lost"])
        return values

    def _revenue_shares(self, sweep: Sweep) -> Values:
        parts = {
            "top20_revenue_ratio": sweep.a_minor,
            "abc.a": sweep.a_minor,
            "abc.b": sweep.b_minor,
            "abc.c": sweep.c_minor,
        }
        return {kpi: self._build.revenue_share(kpi, minor, sweep) for kpi, minor in parts.items()}

    def _spikes(self, flows: Counts, window: Window) -> Values:
        churned, exposure = flows["churned"], flows["exposure_ms"]
        values: Values = {}
        if self._definition.has_baseline(window):
            values["churn_spike_p"] = spike(
                churned, flows["base_churned"], exposure, flows["base_exposure_ms"]
            )
        if self._definition.seasonal_shifts_ms(window):
            base, base_exposure = flows["seasonal_churned"], flows["seasonal_exposure_ms"]
            values["churn_spike_seasonal_p"] = spike(churned, base, exposure, base_exposure)
        return values


def _lifetime_minor(flows: Counts, gauges: Counts) -> Fraction | None:
    """revenue·B / (((A+B)/2)·C0) - cost/N in minor units; None where a part of it is undefined."""
    start, end, lost, new = customers_at_start(flows, gauges), gauges["active"], flows["lost"], flows["new"]
    if start == 0 or lost == 0 or new == 0 or flows["with_cost"] == 0:
        return None
    return Fraction(2 * flows["revenue"] * start, (end + start) * lost) - Fraction(flows["cost"], new)
