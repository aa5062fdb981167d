"""Why a KPI has the value it has, taken from one snapshot document: nothing here counts anything again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.core.definition.definition import DAY_MS, Definition
from streams.core.kpi.catalogue.registry import CATALOGUE, in_force
from streams.core.kpi.group_kpis import NOW
from streams.core.kpi.silence import silent_kinds
from streams.explain.symbols import UNKNOWN, Values, names, numbers

Document = Mapping[str, Any]
"""A snapshot document (docs/contract.md, section 8), as JSON gives it."""

MOST = 3
"""So many values of a dimension are named as contributing most."""
LIFE = "{B} + N {N} + R {R} - C {C} - E {E} = A {A}, C₀ {C0}"


class ExplainError(ValueError):
    """There is nothing to explain at that place; the message says what there is."""


@dataclass(frozen=True)
class Place:
    """A window (or ``now``), of the whole or of one dimension value."""

    window: str
    dimension: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        group = "" if self.dimension is None else f", {self.dimension} {self.value}"
        return self.window + group


@dataclass(frozen=True)
class Share:
    """What one dimension value contributes to the whole."""

    value: str
    part: int
    """Its numerator."""
    own: Mapping[str, Any]
    """Its KPI, as in the document."""


@dataclass(frozen=True)
class Explanation:
    """A KPI at one place of one document, with all that belongs to it."""

    kpi: str
    place: Place
    title: str
    meaning: str
    value: Mapping[str, Any]
    formula: str
    filled: str
    """The formula with its numbers."""
    life: str | None
    """How the customers of the start became those of now; None where the group has no customers."""
    whole: Mapping[str, Any] | None
    """The KPI of the whole, where that of one dimension value is explained."""
    shares: Mapping[str, list[Share]]
    """Dimension -> the values that contribute most; of the whole only."""
    drivers: Mapping[str, list[Mapping[str, Any]]]
    """Dimension -> the values that churned more than expected in the window."""
    silent: Mapping[str, int]
    """The silent kinds of events that the value is made of -> the limit (ms)."""
    document: Document
    definition: Definition


def explain(document: Document, kpi: str, place: Place, definition: Definition) -> Explanation:
    """Explain a KPI.

    Raises:
        ExplainError: there is no such KPI, or not there.
    """
    if kpi not in CATALOGUE:
        raise ExplainError(f"{kpi} is no KPI; there are {', '.join(CATALOGUE)}")
    periods = _periods(document, place, definition)
    window = NOW if kpi in periods.get(NOW, {}) else place.window
    values: Values = periods.get(place.window, {})
    own = periods.get(window, {}).get(kpi)
    if own is None:
        where = [name for name, kpis in periods.items() if kpi in kpis]
        raise ExplainError(
            f"{kpi} is not published for {place}; there it has {', '.join(where) or 'no values'}"
        )
    known = numbers(kpi, values, periods.get(NOW, {}), definition, _days(document, place, definition))
    told = in_force(kpi, definition)
    has_life = known["B"] != UNKNOWN  # a reason has none: its denominator is that of the whole
    formula = told.formula if has_life else told.formula_of_cause or told.formula
    of_whole = place.dimension is None
    return Explanation(
        kpi,
        Place(window, place.dimension, place.value),
        told.title,
        told.meaning,
        own,
        formula.format_map(names(told)),
        formula.format_map(known),
        f"B {LIFE}".format_map(known) if has_life else None,
        None if of_whole else document["windows"].get(window, document["now"]).get(kpi),
        _shares(document, kpi, window) if of_whole else {},
        _drivers(document, place) if told.driven else {},
        _silent(document, kpi, definition) if own["status"] == "silent" else {},
        document,
        definition,
    )


def _days(document: Document, place: Place, definition: Definition) -> float | None:
    """How long a window is at the instant of its values."""
    t = document["t"] if place.dimension is None else document["dimensions_t"]
    lengths = (w.ms for w in definition.windows if w.name == place.window)
    return next(((t - definition.floor_edge(t, ms)) / DAY_MS for ms in lengths), None)


def _silent(document: Document, kpi: str, definition: Definition) -> dict[str, int]:
    silent = silent_kinds(document["newest_event"], definition, document["t"]) & CATALOGUE[kpi].rests_on
    return {
        kind: limit_ms for kind, limit_ms in definition.silence if kind in silent and limit_ms is not None
    }


def _periods(document: Document, place: Place, definition: Definition) -> Mapping[str, Values]:
    if not document.get("windows"):
        raise ExplainError("there are no values yet: the service catches up for the first time")
    if place.window not in (*document["windows"], NOW):
        raise ExplainError(f"there is no window {place.window}; there are {', '.join(document['windows'])}")
    if place.dimension is None or place.value is None:
        return {**document["windows"], NOW: document["now"]}
    if place.dimension not in definition.all_dimensions:
        known = ", ".join(definition.all_dimensions)
        raise ExplainError(f"{place.dimension} is no dimension; there are {known}")
    listed: Mapping[str, Mapping[str, Values]] = document["dimensions"].get(place.dimension, {})
    if place.value not in listed:
        there = ", ".join(listed) or "none"
        raise ExplainError(f"{place.dimension} {place.value} has no values; published are {there}")
    return listed[place.value]


def _shares(document: Document, kpi: str, window: str) -> dict[str, list[Share]]:
    found = {}
    for dimension, listed in document["dimensions"].items():
        shares = [
            Share(value, part, own)
            for value, periods in listed.items()
            if (own := periods.get(window, {}).get(kpi)) is not None and (part := own["numerator"])
        ]
        if shares:
            found[dimension] = sorted(shares, key=lambda share: (-abs(share.part), share.value))[:MOST]
    return found


def _drivers(document: Document, place: Place) -> dict[str, list[Mapping[str, Any]]]:
    found = {
        dimension: [
            driver
            for driver in drivers
            if driver["window"] == place.window
            and (place.dimension is None or (dimension, driver["value"]) == (place.dimension, place.value))
        ]
        for dimension, drivers in document.get("drivers", {}).items()
    }
    return {dimension: drivers for dimension, drivers in found.items() if drivers}
