"""The quantities of formulas: their names, and their numbers at one place of a snapshot document.

Numbers are numerators, denominators and counts, which stay known while values are withheld. Money is given in
major units of the base currency, exactly.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from streams.core.definition.currencies import EXPONENTS
from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.entry import Kpi
from streams.core.kpi.catalogue.registry import CATALOGUE

Values = Mapping[str, Mapping[str, Any]]
"""KPI -> its value as in the document."""

UNKNOWN = "-"
"""In the place of a number that is not known."""
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
    "numerator": "numerator",
    "denominator": "denominator",
    "n": "n",
    "margin": "gross_margin",
    "discount": "discount_rate",
    "days": "days",
    "money": "revenue of these",
    "money_of_all": "revenue of all",
    **{
        symbol: kpi.name for kpi in CATALOGUE.values() for symbol in kpi.gives if kpi.gives[symbol] == "value"
    },
}
"""Symbol -> how a formula without numbers calls it; a KPI may call its own parts otherwise."""

_PARTS = ("numerator", "denominator", "n", "promoters", "detractors", "observed", "expected")


def names(kpi: Kpi) -> dict[str, str]:
    """How a KPI's formula calls its quantities."""
    return {**NAMES, **kpi.calls}


def numbers(
    kpi: str, values: Values, now: Values, definition: Definition, days: float | None
) -> dict[str, str]:
    """The quantities of a KPI as text; a dash where one is not known.

    Args:
        kpi: which one.
        values: the KPIs of its group in its window.
        now: the standing KPIs of its group.
        definition: for the base currency, and what it chooses of worth.
        days: how long the window is; None: now.
    """
    exponent = EXPONENTS[definition.base_currency]
    own = values.get(kpi) or now.get(kpi) or {}
    known: dict[str, Any] = {name: own.get(name) for name in _PARTS}
    for other in CATALOGUE.values():
        for symbol, part in other.gives.items():
            number = _part(now if other.standing else values, other.name, part)
            is_minor = other.unit == "money" and part != "value"
            known[symbol] = _major(number, exponent) if is_minor else number
    known["E"] = _erased(known)
    known["margin"] = Decimal(repr(definition.gross_margin))
    known["discount"] = Decimal(repr(definition.discount_rate))
    known["days"] = days
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
    return UNKNOWN if number is None else f"{number:,}"
