"""Totals by name, for tests of what is computed from them."""

from collections.abc import Mapping
from typing import Any

from streams.core.definition.definition import Definition
from streams.core.kpi.formulas import Calculator
from streams.core.kpi.values.value import Value
from streams.core.totals import FLOWS, GAUGES, Vector

Counts = dict[str, int]

DEFINITION = Definition()
WINDOWS = {w.name: w for w in DEFINITION.windows}


def flows_of(**counts: int) -> Counts:
    """Flows of one window: 0 what is not named."""
    unknown = set(counts) - set(FLOWS)
    assert not unknown, unknown
    return {**dict.fromkeys(FLOWS, 0), **counts}


def gauges_of(**counts: int) -> Counts:
    """Gauges: 0 what is not named."""
    unknown = set(counts) - set(GAUGES)
    assert not unknown, unknown
    return {**dict.fromkeys(GAUGES, 0), **counts}


def vector_of(definition: Definition, windows: Mapping[str, Counts] | None = None, **gauges: int) -> Vector:
    """A vector of gauges and of flows by window name."""
    known = windows or {}
    vector = list(gauges_of(**gauges).values())
    for window in definition.windows:
        vector += flows_of(**known.get(window.name, {})).values()
    return vector


def values(
    flows: Counts,
    *,
    window: str = "1h",
    active: int = 0,
    definition: Definition = DEFINITION,
    day: Counts | None = None,
    **gauges: int,
) -> dict[str, Value]:
    """The KPIs of one window; ``day``: the flows of the window of 24 h, if there is one."""
    one = WINDOWS[window]
    return Calculator(definition).window(flows, gauges_of(active=active, **gauges), one, one.ms, day=day)


def shown(value: Value) -> tuple[Any, ...]:
    """Value, numerator, denominator, n, status."""
    return value.value, value.numerator, value.denominator, value.n, value.status
