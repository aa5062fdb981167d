"""The KPIs by dimension value at one t, and which values are published under their own name.

Rules: at most ``max_values`` values a dimension keep their name, those the definition allows first, then
those seen first in event time; the rest is ``other``. A value is listed while any of its totals in a window,
or a gauge, is not 0. Nothing here depends on partitions or on arrival order.
See docs/contract.md, section 5.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import msgspec

from streams.core import periods
from streams.core.definition import DIMENSIONS, SHARED_VALUES, Definition
from streams.core.drivers import Drivers, rank_drivers
from streams.core.kpi_value import Condition
from streams.core.life import INACTIVE
from streams.core.periods import GroupKpis, Periods, Sweeps
from streams.core.totals import OVERALL, Group, Totals, fold

_OWN_WORDS: Final = {"churn_type": (INACTIVE,)}
"""Values that no event carries: they keep their name and take no place."""

Bounds = Mapping[str, tuple[int, int]]
"""Window name -> its start (outside of it) and its end (inside), in ms."""


def bounds_at(definition: Definition, t_ms: int) -> Bounds:
    """Where the windows of a definition start and end at t."""
    return {w.name: (definition.floor_edge(t_ms, w.ms), t_ms) for w in definition.windows}


def named_values(
    first_seen: Mapping[Group, int], definition: Definition, t_ms: int
) -> dict[str, frozenset[str]]:
    """Per dimension the values that keep their own name at t."""
    allowed = dict(definition.allow)
    seen: dict[str, list[tuple[int, str]]] = {dimension: [] for dimension in DIMENSIONS}
    for (dimension, value), ms in first_seen.items():
        if ms <= t_ms and value not in SHARED_VALUES and value not in allowed.get(dimension, ()):
            seen[dimension].append((ms, value))
    named = {}
    for dimension, candidates in seen.items():
        first = allowed.get(dimension, ())
        rest = sorted(candidates)[: definition.max_values - len(first)]
        named[dimension] = frozenset((*first, *(value for _, value in rest), *_OWN_WORDS.get(dimension, ())))
    return named


@dataclass(frozen=True)
class Breakdown:
    """The KPIs of every listed dimension value at one t, which may be before that of the document."""

    t_ms: int
    bounds: Bounds = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Periods]] = field(default_factory=dict)
    """Dimension (every one) -> value (those listed) -> window name or ``now`` -> KPIs."""
    drivers: Drivers = field(default_factory=dict)
    """Where churn beyond the expected comes from."""

    def rows(self) -> Iterator[tuple[str, str, Periods]]:
        """(dimension, value, its KPIs), in the order of the document."""
        for dimension, listed in self.values.items():
            for value, kpis in listed.items():
                yield dimension, value, kpis

    def under(self, condition: Condition) -> "Breakdown":
        """The same, showing nothing but the parts of values while recovering or stale."""
        values = {
            dimension: {value: periods.under(kpis, condition) for value, kpis in listed.items()}
            for dimension, listed in self.values.items()
        }
        return replace(self, values=values)

    @cached_property
    def json(self) -> bytes:
        """The values as UTF-8 JSON, made once for all the snapshots that share this breakdown."""
        return msgspec.json.encode(self.values)


def build_breakdown(totals: Totals, definition: Definition, sweeps: Sweeps | None = None) -> Breakdown:
    """Compute the KPIs of all dimension values of merged totals.

    The totals must hold the whole of the same t, too: churn by reason is a part of the whole's customers.
    """
    kpis = GroupKpis(definition, totals.groups.get(OVERALL), sweeps or {})
    named = named_values(totals.first_seen, definition, totals.t)
    parts = fold({group: vector for group, vector in totals.groups.items() if group != OVERALL}, named)
    values: dict[str, dict[str, Periods]] = {dimension: {} for dimension in DIMENSIONS}
    for group in sorted(parts):
        if any(parts[group]):
            values[group[0]][group[1]] = kpis.of(group, parts[group])
    drivers = rank_drivers({**parts, OVERALL: totals.groups.get(OVERALL, [])}, definition)
    return Breakdown(totals.t, bounds_at(definition, totals.t), values, drivers)
