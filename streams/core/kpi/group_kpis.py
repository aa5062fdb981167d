"""The KPIs of one group in every window and now.

Rules: which KPIs a group has follows from its dimension: the whole and the customer dimensions have all,
a reason or churn type has its churns, a touchpoint its answers. Never mixes totals of two t.
See docs/contract.md, sections 4 and 5.
"""

from collections.abc import Collection, Mapping
from typing import Final

from streams.core.definition.definition import Definition
from streams.core.definition.dimensions import EVENT_DIMENSIONS
from streams.core.kpi.catalogue.entry import Kinds, window_of_a_day
from streams.core.kpi.formulas import Calculator, Values
from streams.core.kpi.silence import mark
from streams.core.kpi.values.value import Condition, Sweep
from streams.core.totals import OVERALL, Group, Vector, flows, gauges, vector_length

NOW: Final = "now"

Periods = Mapping[str, Values]
"""Window name, or ``now`` -> KPIs."""

Sweeps = Mapping[tuple[Group, str], Sweep]
"""(group, window name) -> what the sweep over its buyers found."""


class GroupKpis:
    """Computes the KPIs of groups at one t.

    Args:
        definition: what the numbers mean.
        overall: the vector of the whole at that t; None: nothing ever happened.
        sweeps: what sweeps found, as far as they are done.
        t_ms: that t.
    """

    def __init__(self, definition: Definition, overall: Vector | None, sweeps: Sweeps, t_ms: int) -> None:
        self._definition = definition
        self._calculator = Calculator(definition)
        self._day = window_of_a_day(definition)
        self._overall = overall or [0] * vector_length(definition)
        self._sweeps = sweeps
        self._spans_ms = {w.name: t_ms - definition.floor_edge(t_ms, w.ms) for w in definition.windows}

    def overall(self) -> dict[str, Values]:
        """The KPIs of the whole."""
        return self._customers(OVERALL, self._overall)

    def components(self) -> dict[str, dict[str, int]]:
        """Window name -> the counts behind the KPIs of the whole."""
        standing = gauges(self._overall)
        return {
            w.name: self._calculator.components(flows(self._overall, self._definition, w), standing)
            for w in self._definition.windows
        }

    def of(self, group: Group, vector: Vector, mixed: Collection[str] = ()) -> Periods:
        """The KPIs of one dimension value; ``mixed``: windows in which its latest votes are not known."""
        if group[0] not in EVENT_DIMENSIONS:
            return self._customers(group, vector)
        return self._answers(vector, mixed) if group[0] == "touchpoint" else self._causes(vector)

    def _customers(self, group: Group, vector: Vector) -> dict[str, Values]:
        standing = gauges(vector)
        counts = {w: flows(vector, self._definition, w) for w in self._definition.windows}
        day = None if self._day is None else counts[self._day]
        periods = {
            w.name: self._calculator.window(
                of_window,
                standing,
                w,
                self._spans_ms[w.name],
                self._sweeps.get((group, w.name)),
                day,
            )
            for w, of_window in counts.items()
        }
        return {**periods, NOW: self._calculator.now(standing)}

    def _answers(self, vector: Vector, mixed: Collection[str]) -> Periods:
        definition, answers = self._definition, self._calculator.answers
        return {
            w.name: answers(flows(vector, definition, w), latest_known=w.name not in mixed)
            for w in definition.windows
        }

    def _causes(self, vector: Vector) -> Periods:
        definition, whole, standing = self._definition, self._overall, gauges(self._overall)
        return {
            w.name: self._calculator.cause(
                flows(vector, definition, w), flows(whole, definition, w), standing
            )
            for w in definition.windows
        }


def under(periods: Periods, condition: Condition) -> dict[str, Values]:
    """The same periods, showing nothing but the parts of values while recovering or stale."""
    return {
        period: {kpi: value.under(condition) for kpi, value in values.items()}
        for period, values in periods.items()
    }


def marked(periods: Periods, silent: Kinds) -> dict[str, Values]:
    """The same periods, with the status of values that rest on a silent kind of event."""
    return {period: mark(values, silent) for period, values in periods.items()}
