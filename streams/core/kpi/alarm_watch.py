"""From the series of all partitions to the state of every stream.

Rules: a slot counts once it is over in every partition; partitions that are not heard of yet make everything
unknown: a part is never shown for the whole. Values without a name of their own join ``other``. Only what has
changed is added up and judged anew; the result is the same as judging all of it at once.

Pure: no I/O, no clock. It takes longer than a tick may, and may run in a thread of its own.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from streams.core.alarms import day as d
from streams.core.alarms.evidence import Direction, Term, listed_log10
from streams.core.alarms.judging import HOLIDAY_TOLERANCE, Judge, Judgement
from streams.core.alarms.tolerance import LEARNING_DAYS, LEAST_TOLERANCE
from streams.core.customer.groups import OTHER
from streams.core.definition.alarms import SHARES, Alarm
from streams.core.definition.definition import SHARED_VALUES, Definition
from streams.core.definition.dimensions import EVENT_DIMENSIONS
from streams.core.kpi.alarm_series import NEVER, GroupSeries
from streams.core.kpi.alarms import Alarms, StreamState, WindowState, threshold_of
from streams.core.totals import OVERALL, Group, Named

Row = tuple[Group, int]
"""A group and a day, or BEFORE."""
BEFORE: Final = -1
QUANTITY: Final = {
    "churned_customers": d.CHURNED,
    "new_customers": d.NEW,
    "orders": d.ORDERS,
    "refunds": d.REFUNDS,
    "detractors": d.DETRACTORS,
    "malformed_records": d.MALFORMED,
}
"""Measure -> what is counted by slots."""


@dataclass(frozen=True, slots=True)
class SeriesPart:
    """What one partition has told."""

    t_ms: int
    """End of the last slot that is over there."""
    rows: Mapping[Row, bytes]
    """Packed days (day.py), and under BEFORE packed counts of customers."""


class AlarmWatch:
    """Holds the series and judges of all streams.

    Args:
        definition: what is watched.
    """

    def __init__(self, definition: Definition) -> None:
        self._alarms = definition.watched
        self._holidays = definition.holiday_days
        self._dimensions = {name for alarm in self._alarms for name in alarm.dimensions or ()}
        self._quantities = {QUANTITY[alarm.measure] for alarm in self._alarms}
        if self._quantities & {QUANTITY[measure] for measure in SHARES}:
            self._quantities.add(d.ANSWERS)
        self._threshold = threshold_of(definition)
        self._every_ms = definition.false_page_every_ms
        self._parts: list[SeriesPart] = []
        self._named: Named = {}
        self._groups: dict[Group, GroupSeries] = {}
        self._members: dict[Group, set[Group]] = {}
        """Published group -> the groups that have rows and share its name."""
        self._judges: dict[tuple[str, Group], Judge] = {}
        self._states: dict[tuple[str, Group], StreamState] = {}

    def judge(self, parts: Sequence[SeriesPart | None], named: Named) -> Alarms | None:
        """The state of all streams; None while a partition has told nothing, or nothing is watched."""
        told = [part for part in parts if part is not None]
        if not self._alarms or not told or len(told) < len(parts):
            return None
        if len(told) != len(self._parts):
            self._parts = [SeriesPart(0, {})] * len(told)
        changed = self._renamed(named, told)
        for old, new in zip(self._parts, told, strict=True):
            for group, day in _differing(old.rows, new.rows):
                self._note(group, day, changed)
        self._parts = told
        end = min(part.t_ms for part in told) // d.SLOT_MS
        whole = NEVER
        for group in sorted(self._members):  # the whole first: it is what reasons are counted against
            first = self._update(group, changed.get(group, set()), end)
            whole = first if group == OVERALL else whole
            self._judge_group(group, min(first, whole) if group[0] in EVENT_DIMENSIONS else first)
        return Alarms(end * d.SLOT_MS, self._threshold, self._every_ms, self._listed())

    def _renamed(self, named: Named, told: Sequence[SeriesPart]) -> dict[Group, set[int]]:
        """Forget the groups whose members are others now; their days, which are to be added up anew."""
        gone: set[Group] = set()
        for dimension in self._dimensions:
            differing = self._named.get(dimension, frozenset()) ^ named.get(dimension, frozenset())
            gone.update((dimension, value) for value in (*differing, OTHER) if differing)
        self._named = named
        changed: dict[Group, set[int]] = {}
        for group in gone:
            self._forget(group)
        if gone:
            for part in told:
                for group, day in part.rows:
                    if self._name(group) in gone:
                        self._note(group, day, changed)
        return changed

    def _forget(self, group: Group) -> None:
        self._groups.pop(group, None)
        self._members.pop(group, None)
        for alarm in self._alarms:
            self._judges.pop((alarm.name, group), None)
            self._states.pop((alarm.name, group), None)

    def _note(self, group: Group, day: int, changed: dict[Group, set[int]]) -> None:
        """Note that a day of a group is another one now, under the name that the group has."""
        if group == OVERALL or group[0] in self._dimensions:
            name = self._name(group)
            changed.setdefault(name, set()).add(day)
            self._members.setdefault(name, set()).add(group)

    def _name(self, group: Group) -> Group:
        """Under which name a group is published."""
        dimension, value = group
        keeps = not dimension or value in SHARED_VALUES or value in self._named.get(dimension, ())
        return group if keeps else (dimension, OTHER)

    def _update(self, group: Group, days: Iterable[int], end: int) -> int:
        """Add up what has changed of a group; the first slot that differs."""
        members = self._members[group]
        rows = [part.rows for part in self._parts]
        counts = [told[member, BEFORE] for told in rows for member in members if (member, BEFORE) in told]
        if not counts:  # nobody has it any more
            self._forget(group)
            return NEVER
        parts = {
            day: [
                d.unpack_day(told[member, day])
                for told in rows
                for member in members
                if (member, day) in told
            ]
            for day in days
            if day != BEFORE
        }
        series = self._groups.get(group)
        if series is None:
            series = self._groups[group] = GroupSeries(self._quantities)
        return series.update(parts, sum(map(d.unpack_count, counts)), end)

    def _judge_group(self, group: Group, first: int) -> None:
        series = self._groups.get(group)
        if first == NEVER or series is None:
            return
        for alarm in self._alarms:
            if group == OVERALL or group[0] in (alarm.dimensions or ()):
                self._judge(alarm, group, series, first)

    def _judge(self, alarm: Alarm, group: Group, series: GroupSeries, first: int) -> None:
        direction, against = _direction(alarm)
        quantity = QUANTITY[alarm.measure]
        key = alarm.name, group
        if not _long_enough(series.days(quantity if against is None else against)):
            self._judges.pop(key, None)
            self._states[key] = StreamState(*_names(alarm, group), "learning")
            return
        judge = self._judges.get(key)
        if judge is None:
            cautious = direction == "down" and not self._holidays
            least = HOLIDAY_TOLERANCE if cautious else LEAST_TOLERANCE
            judge = self._judges[key] = Judge(direction, self._threshold, self._holidays, least)
        past = series.series(quantity, against)
        if group[0] in EVENT_DIMENSIONS:  # a reason has no customers of its own
            past = replace(past, exposures=self._groups[OVERALL].series(quantity, None).exposures)
        judgement = judge.judge(past, first)
        self._states[key] = _state(alarm, group, judgement)

    def _listed(self) -> tuple[StreamState, ...]:
        """All streams, those that stand out together marked."""
        streams = tuple(self._in_order())
        level = listed_log10((one.evidence_log10 for one in streams), self._threshold)
        return tuple(
            one
            if one.evidence_log10 is None or one.evidence_log10 < level
            else msgspec.structs.replace(one, listed=True)
            for one in streams
        )

    def _in_order(self) -> Iterable[StreamState]:
        for alarm in self._alarms:
            mine = [group for name, group in self._states if name == alarm.name]
            order = {dimension: at for at, dimension in enumerate(("", *(alarm.dimensions or ())))}
            for group in sorted(mine, key=lambda one: (order[one[0]], one[1])):
                yield self._states[alarm.name, group]


def _direction(alarm: Alarm) -> tuple[Direction, int | None]:
    """How a measure is judged, and what it is a share of."""
    return ("share", d.ANSWERS) if alarm.measure in SHARES else (alarm.way, None)


def _names(alarm: Alarm, group: Group) -> tuple[str, str, str, str, str]:
    return alarm.name, alarm.measure, alarm.way, group[0], group[1]


def _long_enough(days: Sequence[int]) -> bool:
    """Whether there are five weeks since anything was counted first."""
    return any(days[: len(days) - LEARNING_DAYS + 1])


def _state(alarm: Alarm, group: Group, judged: Judgement) -> StreamState:
    if judged.status == "learning":
        return StreamState(*_names(alarm, group), "learning")
    evidence = judged.evidence
    return StreamState(
        *_names(alarm, group),
        judged.status,
        _finite(evidence.log10),
        evidence.observed,
        evidence.expected,
        evidence.window * d.SLOT_MS,
        judged.tolerance,
        judged.started_ms or None,
        _finite(judged.greatest_log10),
        tuple(map(_window, evidence.windows)) if judged.status == "alarm" else (),
    )


def _window(term: Term) -> WindowState:
    return WindowState(term.window * d.SLOT_MS, term.observed, term.expected, _finite(term.log10))


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _differing(old: Mapping[Row, bytes], new: Mapping[Row, bytes]) -> Iterable[Row]:
    """The rows of which one lacks what the other has."""
    if old is new:
        return ()
    return [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
