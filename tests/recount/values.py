"""One published value: the fields every KPI carries, and the parts its row names (contract section 4)."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from streams.core.definition.definition import Definition
from tests.recount.statistics import Interval

Value = dict[str, Any]
Values = dict[str, Value]


def count(n: int) -> Value:
    """A count: numerator = n = value, no denominator."""
    return {**_parts(n, None, n), **_known(n, None), "status": "ok"}


def total(value: Fraction, numerator: int, n: int) -> Value:
    """A sum over n things."""
    return {**_parts(numerator, None, n), **_known(float(value), None), "status": "ok"}


def ratio(
    kpi: str,
    definition: Definition,
    numerator: int,
    denominator: int,
    *,
    n: float | None = None,
    interval: Interval = None,
    scale: Fraction | int = 1,
    known: bool = True,
    parts: Mapping[str, int] | None = None,
) -> Value:
    """``scale * numerator / denominator``; undefined at 0, or if nothing is known of the numerator.

    Args:
        kpi: name, decides the smallest n.
        definition: holds the smallest n.
        numerator: as published.
        denominator: as published.
        n: the number of things behind it, if that is not the denominator.
        interval: at 95 %, if there is one.
        scale: 100 for a score, major units for money.
        known: False makes it undefined.
        parts: fields beyond the common ones.
    """
    size = denominator if n is None else n
    quotient = scale * Fraction(numerator, denominator) if denominator and known else None
    return {
        **_parts(numerator, denominator, size),
        **_known(quotient, interval),
        "status": _status(kpi, definition, quotient, size),
        **(parts or {}),
    }


def derived(kpi: str, definition: Definition, value: Fraction | None, n: int) -> Value:
    """A value made of several others; None is undefined."""
    return {**_parts(None, None, n), **_known(value, None), "status": _status(kpi, definition, value, n)}


def probability(p: float | None, observed: int, baseline: int, expected: Fraction | None) -> Value:
    """A spike's p: never ``low_n``."""
    return {
        **_parts(None, None, observed + baseline),
        **_known(p, None),
        "status": "undefined" if p is None else "ok",
        "observed": observed,
        "expected": None if expected is None else float(expected),
    }


def standing(numerator: int, denominator: int, interval: Interval) -> Value:
    """A ratio that is a gauge: never ``low_n``."""
    quotient = Fraction(numerator, denominator) if denominator else None
    return {
        **_parts(numerator, denominator, denominator),
        **_known(quotient, interval),
        "status": "undefined" if quotient is None else "ok",
    }


def _parts(numerator: int | None, denominator: int | None, n: float) -> Value:
    return {"numerator": numerator, "denominator": denominator, "n": n}


def _known(value: Fraction | float | None, interval: Interval) -> Value:
    """The value and its interval; an undefined value has none."""
    low, high = interval if interval and value is not None else (None, None)
    return {"value": float(value) if isinstance(value, Fraction) else value, "low": low, "high": high}


def _status(kpi: str, definition: Definition, value: Fraction | None, n: float) -> str:
    if value is None:
        return "undefined"
    return "low_n" if n < definition.min_n_of(kpi) else "ok"
