"""The quantities of formulas: their names, and their numbers at one place of a snapshot document.

Numbers are numerators, denominators and counts, which stay known while values are withheld. Money is given in
major units of the base currency, exactly.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from streams.core.definition.currencies import EXPONENTS
from streams.core.definition.definition import Definition

Values = Mapping[str, Mapping[str, Any]]
"""KPI -> its value as in the document."""

NAMES = {
    "A": "A",
    "B": "B",
    "N": "N",
    "R": "R",
    "C": "C",
    "C0": "C₀",
    "E": "E",
    "promoters": "P",
    "detractors": "D",
    "observed": "C",
    "expected": "C_b·E_W/E_b",
    "revenue": "revenue",
    "buyers": "buyers",
    "cost": "Σ cost",
    "cost_each": "acquisition_cost",
    "lifetime": "lifetime_value",
    "numerator": "those of this cause",
    "denominator": "customers of the whole",
    "money": "revenue of these",
    "money_of_all": "revenue of all",
}
"""Symbol -> how a formula without numbers calls it; parts differ from KPI to KPI, see OWN_NAMES."""
OWN_NAMES = {
    "long_term_ratio": {"numerator": "active for 365 d"},
    "engaged_customers": {"n": "engaged"},
    "customers_at_risk": {"n": "active in the band"},
    "nps_score": {"n": "votes"},
    "csat_ratio": {"numerator": "satisfied", "n": "answers"},
    "csat_mean": {"numerator": "Σ scores", "n": "answers"},
    "ces_mean": {"numerator": "Σ scores", "n": "answers"},
    "orders": {"n": "orders"},
    "buyers": {"n": "buyers"},
    "average_order_value": {"n": "orders in the base currency"},
    "purchase_frequency": {"numerator": "orders"},
    "repurchase_ratio": {"numerator": "buyers with two orders or more"},
    "purchase_retention_ratio": {
        "numerator": "of those, buyers now",
        "denominator": "buyers of the window before",
    },
}
"""KPI, or its name without variant -> how its parts are called."""

_COUNTS = {
    "N": "new_customers",
    "R": "reactivated_customers",
    "C": "churned_customers",
    "C0": "lost_customers",
    "buyers": "buyers",
}
_MONEY = {"revenue": "revenue", "cost": "acquisition_cost"}
_EACH = {"cost_each": "acquisition_cost", "lifetime": "lifetime_value"}
_PARTS = ("numerator", "denominator", "n", "promoters", "detractors", "observed", "expected")


def names(kpi: str) -> dict[str, str]:
    """How a KPI's formula calls its quantities."""
    return {**NAMES, **OWN_NAMES.get(kpi.partition(".")[0], {})}


def numbers(kpi: str, values: Values, now: Values, definition: Definition) -> dict[str, str]:
    """The quantities of a KPI as text; a dash where one is not known.

    Args:
        kpi: which one.
        values: the KPIs of its group in its window.
        now: the standing KPIs of its group.
        definition: for the base currency.
    """
    exponent = EXPONENTS[definition.base_currency]
    own = values.get(kpi) or now.get(kpi) or {}
    known: dict[str, Any] = {name: _part(values, of, "numerator") for name, of in _COUNTS.items()}
    known |= {name: own.get(name) for name in _PARTS}
    known["A"] = _part(now, "active_customers", "numerator")
    known["B"] = _part(values, "retention_ratio", "denominator")
    known["E"] = _erased(known)
    known |= {name: _major(_part(values, of, "numerator"), exponent) for name, of in _MONEY.items()}
    known |= {name: _part(values, of, "value") for name, of in _EACH.items()}
    known["money"] = _major(own.get("numerator"), exponent)
    known["money_of_all"] = _major(own.get("denominator"), exponent)
    return {name: _text(number) for name, number in known.items()}


def _part(values: Values, kpi: str, part: str) -> Any:  # noqa: ANN401 - a number of a document
    return values.get(kpi, {}).get(part)


def _erased(known: Mapping[str, Any]) -> int | None:
    """E, from what the other five leave."""
    parts = [known[name] for name in ("B", "N", "R", "C", "A")]
    if None in parts:
        return None
    start, new, back, churned, end = parts
    return int(start + new + back - churned - end)


def _major(minor: int | None, exponent: int) -> Decimal | None:
    return None if minor is None else Decimal(minor).scaleb(-exponent)


def _text(number: object) -> str:
    if isinstance(number, float):
        return f"{number:,.2f}"
    return "-" if number is None else f"{number:,}"
