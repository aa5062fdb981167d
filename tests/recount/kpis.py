"""Exact counts of a group -> its published values, by the rows of contract section 4."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from streams.core.definition.definition import Definition, Window
from tests.recount import statistics as stats
from tests.recount.counting import Counts, has_seasonal
from tests.recount.currencies import MINOR_DIGITS
from tests.recount.event import DAY_MS
from tests.recount.values import Value, Values, count, derived, probability, ratio, standing, total

WEEK_MS = 7 * DAY_MS


class Paid(NamedTuple):
    """Minor units of the base currency, refunds subtracted."""

    by_buyers: Sequence[int]
    """In the window, one number a buyer."""
    twice: Sequence[tuple[int, int]]
    """In the window before and in this one, of each customer."""
    years: Fraction
    """Length of the window, in years of 365 days."""


def now_values(g: Counts) -> Values:
    """The gauges under ``now``."""
    active = g["active"]
    return {
        "active_customers": count(active),
        "long_term_ratio": standing(g["long_term"], active, stats.wilson(g["long_term"], active)),
        **{f"customers_at_risk.{band}": count(g[band]) for band in ("low", "medium", "high")},
    }


def window_values(  # noqa: PLR0917 - one caller
    c: Counts, active: int, paid: Paid, window: Window, definition: Definition, day: Counts | None
) -> Values:
    """Every KPI of one window.

    Args:
        c: the counts of the window.
        active: customers active at t.
        paid: what customers paid in it and before.
        window: decides which KPIs exist.
        definition: formulas and limits.
        day: the counts of the window of 24 h, if there is one.
    """
    at_start = customers_at_start(c, active)
    return {
        **_life(c, active, at_start, definition),
        **survey_values(c, definition),
        **_orders(c, window, definition),
        **_best_buyers(paid.by_buyers, window, definition),
        **_kept_revenue(paid.twice, window, definition),
        **_worth(c, active, paid.years, window, definition),
        "revenue_per_customer": _per_customer(c, active, definition),
        **_spikes(c, window, definition),
        **_stickiness(c, day, window, definition),
    }


def customers_at_start(c: Counts, active: int) -> int:
    """B, from A = B + N + R - C - E."""
    return active - c["new"] - c["reactivated"] + c["churned"] + c["erased"]


def churn_values(c: Counts, at_start: int, new: int, definition: Definition) -> Values:
    """The churn of a reason or churn type, against the customers of the whole."""
    formulas = _churn_formulas(c, at_start, new)
    return {
        "churned_customers": count(c["churned"]),
        "lost_customers": count(c["lost"]),
        "churn_ratio": _part("churn_ratio", definition, *formulas[definition.formula]),
    }


def _churn_formulas(c: Counts, at_start: int, new: int) -> dict[str, tuple[int, int]]:
    return {
        "standard": (c["lost"], at_start),
        "simple": (c["churned"], at_start),
        "stripe": (c["churned"], at_start + new),
    }


def _part(kpi: str, definition: Definition, numerator: int, denominator: int) -> Value:
    """A ratio with Wilson's interval wherever the numerator is a part of the denominator."""
    interval = stats.wilson(numerator, denominator)
    return ratio(kpi, definition, numerator, denominator, interval=interval)


def _life(c: Counts, active: int, at_start: int, definition: Definition) -> Values:
    formulas = _churn_formulas(c, at_start, c["new"])
    growth = c["new"] + c["reactivated"] - c["churned"] - c["erased"]
    return {
        "new_customers": count(c["new"]),
        "reactivated_customers": count(c["reactivated"]),
        "churned_customers": count(c["churned"]),
        "lost_customers": count(c["lost"]),
        "engaged_customers": count(c["engaged"]),
        "churn_ratio": _part("churn_ratio", definition, *formulas[definition.formula]),
        "churn_ratio.simple": _part("churn_ratio.simple", definition, *formulas["simple"]),
        "churn_ratio.stripe": _part("churn_ratio.stripe", definition, *formulas["stripe"]),
        "retention_ratio": _part("retention_ratio", definition, at_start - c["lost"], at_start),
        "acquisition_ratio": _part("acquisition_ratio", definition, c["new"], active),
        "growth_ratio": ratio("growth_ratio", definition, growth, at_start),
        "quick_ratio": ratio("quick_ratio", definition, c["new"] + c["reactivated"], c["churned"]),
    }


def survey_values(c: Counts, definition: Definition, *, latest_known: bool = True) -> Values:
    """NPS, CSAT and CES; of NPS only what does not rest on latest votes where those are not known."""
    latest = _nps("nps_score.latest", "latest", c, definition)
    responses = _nps("nps_score.responses", "nps", c, definition)
    headline = "latest" if definition.nps_basis == "latest" else "nps"
    values = {
        "nps_score": _nps("nps_score", headline, c, definition),
        "nps_score.latest": latest,
        "nps_score.responses": responses,
    }
    if not latest_known:
        del values["nps_score.latest"]
        if headline == "latest":
            del values["nps_score"]
    for scale in (5, 10, 3, 4, 7):
        satisfied, n = c[f"csat{scale}_satisfied"], c[f"csat{scale}_n"]
        values[f"csat_ratio.{scale}"] = _part(f"csat_ratio.{scale}", definition, satisfied, n)
        values[f"csat_mean.{scale}"] = _mean(f"csat_mean.{scale}", f"csat{scale}", c, scale, definition)
    values["ces_mean"] = _mean("ces_mean", "ces", c, 7, definition)
    return {**values, "ces_mean.5": _mean("ces_mean.5", "ces5", c, 5, definition)}


def _nps(kpi: str, votes: str, c: Counts, definition: Definition) -> Value:
    p, passive, d = c[f"{votes}_p"], c[f"{votes}_passive"], c[f"{votes}_d"]
    n = p + passive + d
    interval = stats.adjusted_wald_nps(p, d, n)
    parts = {"promoters": p, "passives": passive, "detractors": d}
    return ratio(kpi, definition, p - d, n, interval=interval, scale=100, parts=parts)


def _mean(kpi: str, name: str, c: Counts, top: int, definition: Definition) -> Value:
    n, summed = c[f"{name}_n"], c[f"{name}_sum"]
    interval = stats.mean_interval(n, summed, c[f"{name}_squares"], (1, top))
    return ratio(kpi, definition, summed, n, interval=interval)


def major(definition: Definition) -> Fraction:
    """One minor unit of the base currency in major units."""
    return Fraction(1, 10 ** MINOR_DIGITS[definition.base_currency])


def _orders(c: Counts, window: Window, definition: Definition) -> Values:
    unit = major(definition)
    revenue, base = c["revenue"], c["orders_base"]
    values = {
        "revenue": total(revenue * unit, revenue, base + c["refunds_base"]),
        "orders": count(c["orders"]),
        "buyers": count(c["buyers"]),
        "average_order_value": ratio("average_order_value", definition, revenue, base, scale=unit),
        "revenue_per_buyer": ratio("revenue_per_buyer", definition, revenue, c["buyers"], scale=unit),
        "repurchase_ratio": _part("repurchase_ratio", definition, c["repeat_buyers"], c["buyers"]),
        "purchase_frequency": ratio("purchase_frequency", definition, c["orders"], c["buyers"]),
    }
    if definition.has_purchase_retention(window):
        values["purchase_retention_ratio"] = _part(
            "purchase_retention_ratio", definition, c["retained_buyers"], c["prev_buyers"]
        )
    return values


def _best_buyers(net_revenue: Sequence[int], window: Window, definition: Definition) -> Values:
    if window.ms < DAY_MS:
        return {}
    a, b, c = stats.best_buyers(net_revenue)
    buyers = len(net_revenue)
    return {
        kpi: ratio(kpi, definition, share, a + b + c, n=buyers)
        for kpi, share in {"top20_revenue_ratio": a, "abc.a": a, "abc.b": b, "abc.c": c}.items()
    }


def _kept_revenue(paid_twice: Sequence[tuple[int, int]], window: Window, definition: Definition) -> Values:
    if not definition.has_purchase_retention(window):
        return {}
    then = {number: before for number, (before, _) in enumerate(paid_twice) if before > 0}
    net = sum(paid_twice[number][1] for number in then)
    gross = sum(sorted((0, before, paid_twice[number][1]))[1] for number, before in then.items())
    return {
        kpi: ratio(kpi, definition, kept, sum(then.values()), n=len(then))
        for kpi, kept in {"net_revenue_retention_ratio": net, "gross_revenue_retention_ratio": gross}.items()
    }


def _per_customer(c: Counts, active: int, definition: Definition) -> Value:
    mean = Fraction(active + customers_at_start(c, active), 2)
    plain = int(mean) if mean.denominator == 1 else float(mean)
    name, revenue = "revenue_per_customer", c["revenue"]
    found = ratio(
        name, definition, revenue, 1, n=plain, scale=major(definition) / (mean or 1), known=mean > 0
    )
    return {**found, "denominator": plain}


def _worth(c: Counts, active: int, years: Fraction, window: Window, definition: Definition) -> Values:
    unit, new, lost = major(definition), c["new"], c["lost"]
    at_start = customers_at_start(c, active)
    cost = ratio(
        "acquisition_cost",
        definition,
        c["cost"],
        new,
        scale=unit,
        known=c["with_cost"] > 0,
        parts={"with_cost": c["with_cost"]},
    )
    if window.ms < WEEK_MS:
        return {"acquisition_cost": cost}
    worth = discounted = None
    if lost and at_start and new and c["with_cost"]:
        mean_active = Fraction(active + at_start, 2)
        worth = unit * (c["revenue"] * at_start / (mean_active * lost) - Fraction(c["cost"], new))
        a_year = Fraction(definition.gross_margin) * c["revenue"] / mean_active / years
        rate = Fraction(lost, at_start) / years + stats.interest(definition.discount_rate)
        discounted = unit * (a_year / rate - Fraction(c["cost"], new))
    equity = None if worth is None else worth * active
    return {
        "acquisition_cost": cost,
        "lifetime_value": derived("lifetime_value", definition, worth, lost),
        "lifetime_value.discounted": derived("lifetime_value.discounted", definition, discounted, lost),
        "customer_equity": derived("customer_equity", definition, equity, lost),
    }


def _stickiness(c: Counts, day: Counts | None, window: Window, definition: Definition) -> Values:
    if day is None or window.ms <= DAY_MS:
        return {}
    return {"stickiness_ratio": _part("stickiness_ratio", definition, day["engaged"], c["engaged"])}


def _spikes(c: Counts, window: Window, definition: Definition) -> Values:
    values = {}
    if definition.has_baseline(window):
        values["churn_spike_p"] = _spike(c, "base")
    if has_seasonal(window, definition):
        values["churn_spike_seasonal_p"] = _spike(c, "seasonal")
    return values


def _spike(c: Counts, against: str) -> dict[str, Any]:
    observed, exposure = c["churned"], c["exposure_ms"]
    churned, baseline = c[f"{against}_churned"], c[f"{against}_exposure_ms"]
    expected = Fraction(churned * exposure, baseline) if baseline else None
    return probability(stats.spike_p(observed, exposure, churned, baseline), observed, churned, expected)
