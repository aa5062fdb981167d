"""From panes to the totals of one group: sums between window edges, nothing divided.

Distinct customers in a window are those whose latest event of a kind lies in it; buyers of the window before
follow from the pairs of consecutive orders that lie at least a window apart (changes.py); the integral of
active customers follows from the changes in it and their instants.
"""

from collections.abc import Sequence
from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.families import Families, mark, season_marks
from streams.core.counting.panes import Sums
from streams.core.definition.definition import Definition, Window
from streams.core.totals import FLOW_INDEX, FLOWS, Vector

_AT: Final = FLOW_INDEX
_LIFE: Final = tuple(_AT[name] for name in ("new", "reactivated", "churned", "erased"))
_ORDERS: Final = slice(_AT["orders"], _AT["left_out"] + 1)
_SURVEYS: Final = slice(_AT["nps_p"], _AT["ces5_squares"] + 1)


class Assembler:
    """Makes group vectors from the panes of one partition."""

    def __init__(self, definition: Definition, families: Families) -> None:
        self._definition = definition
        self._families = families
        self._shifts = {w: definition.seasonal_shifts_ms(w) for w in definition.windows}
        self._marks = {w: mark(definition, w.ms) for w in definition.windows}
        self._baselines = {w: mark(definition, 25 * w.ms) for w in definition.windows}
        self._doubles = {w: mark(definition, 2 * w.ms) for w in definition.windows}
        self._pairs = {w: q.PAIRS + 2 * i for i, w in enumerate(q.pair_windows(definition))}

    def whole(self, t: int, gauges: Sequence[int]) -> Vector:
        """The vector of everything."""
        f = self._families
        families = (f.life, f.calendar, f.orders, f.surveys)
        return self._vector(t, gauges, [panes.sums_whole() for panes in families])

    def profiles(self, t: int, gauges: Sequence[int], members: Sequence[int]) -> Vector:
        """The vector of a value of a profile dimension: the sum over its profiles."""
        f = self._families
        families = (f.life, f.calendar, f.orders, f.surveys)
        return self._vector(t, gauges, [panes.sums_of(members) for panes in families])

    def event_value(self, gauges: Sequence[int], members: Sequence[int]) -> Vector:
        """The vector of a churn reason, churn type or touchpoint: churn or answers, nobody standing."""
        life, surveys = self._families.life, self._families.surveys
        churn, answers = life.sums_of(members), surveys.sums_of(members)
        vector = list(gauges)
        for window in self._definition.windows:
            flows = [0] * len(FLOWS)
            mine = churn[life.index(self._marks[window])]
            flows[_AT["churned"]], flows[_AT["lost"]] = mine[q.CHURNED], -mine[q.GONE]
            if self._definition.has_baseline(window):
                wide = churn[life.index(self._baselines[window])]
                flows[_AT["base_churned"]] = wide[q.CHURNED] - mine[q.CHURNED]
            flows[_SURVEYS] = answers[surveys.index(self._marks[window])]
            vector += flows
        return vector

    def _vector(self, t: int, gauges: Sequence[int], sums: Sequence[list[Sums]]) -> Vector:
        life, calendar, orders, surveys = sums
        vector = list(gauges)
        for window in self._definition.windows:
            flows = [0] * len(FLOWS)
            self._life(flows, window, t, gauges[0], life)
            self._orders(flows, window, orders)
            flows[_SURVEYS] = surveys[self._families.surveys.index(self._marks[window])]
            self._seasonal(flows, window, t, gauges[0], calendar)
            vector += flows
        return vector

    def _life(self, flows: Sums, window: Window, t: int, active: int, sums: list[Sums]) -> None:
        panes = self._families.life
        mine = sums[panes.index(self._marks[window])]
        for at, quantity in zip(_LIFE, (q.NEW, q.REACTIVATED, q.CHURNED, q.ERASED), strict=True):
            flows[at] = mine[quantity]
        flows[_AT["lost"]] = -mine[q.GONE]
        flows[_AT["cost"]] = mine[q.COST]
        flows[_AT["with_cost"]] = mine[q.WITH_COST]
        start = self._marks[window].at(t)
        before = active - _change(mine)
        flows[_AT["exposure_ms"]] = t * active - start * before - mine[q.DELTA_MS]
        if self._definition.has_baseline(window):
            wide = sums[panes.index(self._baselines[window])]
            first = active - _change(wide)
            begin = self._baselines[window].at(t)
            flows[_AT["base_churned"]] = wide[q.CHURNED] - mine[q.CHURNED]
            moved = wide[q.DELTA_MS] - mine[q.DELTA_MS]
            flows[_AT["base_exposure_ms"]] = start * before - begin * first - moved

    def _orders(self, flows: Sums, window: Window, sums: list[Sums]) -> None:
        panes = self._families.orders
        mine = sums[panes.index(self._marks[window])]
        flows[_ORDERS] = mine[q.ORDERS : q.LEFT_OUT + 1]
        flows[_AT["buyers"]] = mine[q.BUYERS]
        flows[_AT["repeat_buyers"]] = mine[q.REPEAT]
        flows[_AT["engaged"]] = mine[q.ENGAGED]
        wider = self._pairs.get(window)
        if wider is not None:
            double = sums[panes.index(self._doubles[window])]
            entered = mine[wider + 1]
            flows[_AT["prev_buyers"]] = double[wider] + double[q.BUYERS] - entered
            flows[_AT["retained_buyers"]] = double[wider] + mine[q.BUYERS] - entered

    def _seasonal(self, flows: Sums, window: Window, t: int, active: int, sums: list[Sums]) -> None:
        panes = self._families.calendar
        for shift in self._shifts[window]:
            end, begin = season_marks(window, shift)
            after, since = sums[panes.index(end)], sums[panes.index(begin)]
            at_end, at_begin = active - _change(after), active - _change(since)
            moved = since[q.DELTA_MS] - after[q.DELTA_MS]
            flows[_AT["seasonal_churned"]] += since[q.CHURNED] - after[q.CHURNED]
            flows[_AT["seasonal_exposure_ms"]] += end.at(t) * at_end - begin.at(t) * at_begin - moved


def _change(sums: Sums) -> int:
    """CellChange of the active count over a stretch."""
    return sums[q.NEW] + sums[q.REACTIVATED] - sums[q.CHURNED] - sums[q.ERASED]
