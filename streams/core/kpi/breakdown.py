"""The KPIs by dimension value at one t, and which values are published under their own name.

Rules: at most ``max_values`` values a dimension have their name, those the definition allows first, then the
greatest of those that hold anything at t; the rest is ``other``. A value is listed while any of its totals in
a window, or a gauge, is not 0. Touchpoint ``other`` has no latest votes where it joins those of several: a
customer may have one in each. Nothing here depends on partitions or on arrival order.
See docs/contract.md, section 5.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import msgspec

from streams.core.customer.groups import OTHER, UNKNOWN
from streams.core.customer.life import INACTIVE
from streams.core.definition.definition import SHARED_VALUES, Definition
from streams.core.kpi import group_kpis as periods
from streams.core.kpi.drivers import Drivers, rank_drivers
from streams.core.kpi.group_kpis import GroupKpis, Periods, Sweeps
from streams.core.kpi.silence import silent_kinds
from streams.core.kpi.values.value import Condition
from streams.core.totals import FLOW_INDEX, FLOWS, OVERALL, Group, Named, Totals, Vector, flows, fold

_OWN_WORDS: Final = {"churn_type": (INACTIVE,)}
"""Values that no event carries: they keep their name and take no place."""

_CHURNS: Final = (FLOW_INDEX["churned"],)
_ANSWERS: Final = tuple(
    FLOW_INDEX[name] for name in FLOWS if name in {"nps_p", "nps_passive", "nps_d"} or name.endswith("_n")
)

_VOTES: Final = ("latest_p", "latest_passive", "latest_d")

Bounds = Mapping[str, tuple[int, int]]
"""Window name -> its start (outside of it) and its end (inside), in ms."""


def bounds_at(definition: Definition, t_ms: int) -> Bounds:
    """Where the windows of a definition start and end at t."""
    return {w.name: (definition.floor_edge(t_ms, w.ms), t_ms) for w in definition.windows}


def named_values(groups: Mapping[Group, Vector], definition: Definition) -> Named:
    """Per dimension the values that have their own name, by the totals of all partitions at one t.

    A pure function of what is counted at t: who holds nothing any more has no name either.
    """
    allowed = dict(definition.allow)
    held: dict[str, list[tuple[int, str]]] = {dimension: [] for dimension in definition.all_dimensions}
    for (dimension, value), vector in groups.items():
        own = value in SHARED_VALUES or value in _OWN_WORDS.get(dimension, ())
        if dimension and not own and value not in allowed.get(dimension, ()) and any(vector):
            held[dimension].append((-_weight(dimension, vector), value))
    named = {}
    for dimension, candidates in held.items():
        first = allowed.get(dimension, ())
        rest = sorted(candidates)[: definition.max_values - len(first)]
        named[dimension] = frozenset((*first, *(value for _, value in rest), *_OWN_WORDS.get(dimension, ())))
    return named


def _weight(dimension: str, vector: Vector) -> int:
    """Customers active at some time in the longest window, churns in it, or answers."""
    flows_of = vector[-len(FLOWS) :]
    counted = _ANSWERS if dimension == "touchpoint" else _CHURNS
    return vector[0] + sum(flows_of[at] for at in counted)


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

    The totals must hold the whole of the same t, too: churn by reason is a part of the whole's customers, and
    the newest events of the whole say which sources are silent.
    """
    kpis = GroupKpis(definition, totals.groups.get(OVERALL), sweeps or {}, totals.t)
    named = named_values(totals.groups, definition)
    parts = fold({group: vector for group, vector in totals.groups.items() if group != OVERALL}, named)
    silent = silent_kinds(totals.newest, definition, totals.t)
    mixed = _mixed_votes(totals, named["touchpoint"], definition)
    values: dict[str, dict[str, Periods]] = {dimension: {} for dimension in definition.all_dimensions}
    for group in sorted(parts):
        if any(parts[group]):
            shared = mixed if group == ("touchpoint", OTHER) else ()
            values[group[0]][group[1]] = periods.marked(kpis.of(group, parts[group], shared), silent)
    drivers = rank_drivers({**parts, OVERALL: totals.groups.get(OVERALL, [])}, definition)
    return Breakdown(totals.t, bounds_at(definition, totals.t), values, drivers)


def _mixed_votes(totals: Totals, named: Collection[str], definition: Definition) -> set[str]:
    """The windows in which ``other`` holds votes of several touchpoints: a customer may have several."""
    joined = [
        vector
        for (dimension, value), vector in totals.groups.items()
        if dimension == "touchpoint" and value != UNKNOWN and value not in named
    ]
    return {
        window.name
        for window in definition.windows
        if sum(any(flows(vector, definition, window)[vote] for vote in _VOTES) for vector in joined) > 1
    }
