"""What a long life contributes: by transitions where it changes, by panes where all of it moves.

Held to ``contributions`` by the laws. Of the transitions in one pane a cell takes the sum: those of somebody
who is gone are worth at most one there, however many they are.
"""

from bisect import bisect_right
from typing import Final

from streams.core.alarms.day import SLOT_MS
from streams.core.counting import quantities as q
from streams.core.counting.event_changes import CellChange
from streams.core.counting.panes import Panes
from streams.core.customer.lifeline import Lifeline

_JOINS: Final = 0
"""Activations have even places in a life, churns odd ones."""


def emit_span(  # noqa: PLR0917 - a span of a line, into two families
    panes: Panes, calendar: Panes, line: Lifeline, first: int, last: int, sign: int
) -> None:
    """Transitions of a life from ``first`` to before ``last``: in the profile, and in causes of churn."""
    for number in range(first, last):
        at_ms = line.times[number]
        if number % 2 == _JOINS:
            step, quantity = sign, q.REACTIVATED if number else q.NEW
        else:
            step, quantity = -sign, q.CHURNED
            for group in (line.reasons[number], line.churn_types[number]):
                panes.add(group, at_ms, [(q.CHURNED, sign)], whole=False)
        changes = [(quantity, sign), (q.DELTA_MS, step * at_ms)]
        panes.add(line.profile, at_ms, changes)
        calendar.add(line.profile, at_ms, changes)


def emit_cost(panes: Panes, calendar: Panes, line: Lifeline, sign: int) -> None:
    """The acquisition cost of who became new, where it is known."""
    if line.times and line.cost_minor is not None:
        changes = [(q.COST, sign * line.cost_minor), (q.WITH_COST, sign)]
        panes.add(line.profile, line.times[0], changes)
        calendar.add(line.profile, line.times[0], changes)


def emit_gone_span(  # noqa: PLR0917 - one caller
    panes: Panes, line: Lifeline, first: int, last: int, group: int, sign: int, *, whole: bool
) -> None:
    """The same transitions as those of somebody who is gone, in one group."""
    times = line.times
    at = bisect_right(times, panes.edges[-1], first, last)
    while at < last:
        behind = bisect_right(times, panes.end_of(times[at]), at, last)
        if (behind - at) % 2:
            step = sign if at % 2 == _JOINS else -sign
            panes.add_one(group, times[at], q.GONE, step, whole=whole)
        at = behind


def move_life(panes: Panes, calendar: Panes, line: Lifeline, profile: int) -> None:
    """Transitions and cost to another profile; cells of the gone stay where they are shown."""
    times, source = line.times, line.profile
    last = len(times)
    at = 0
    behind = bisect_right(times, min(panes.edges[-1], calendar.edges[-1]))
    while at < last:
        if behind > at:
            changes = _sums(line, at, behind)
            panes.move_some(source, profile, times[at], changes)
            calendar.move_some(source, profile, times[at], changes)
        at = behind
        if at < last:
            end = min(panes.end_of(times[at]), times[at] + -times[at] % SLOT_MS)
            behind = bisect_right(times, end, at, last)
    if times and line.cost_minor is not None:
        changes = [(q.COST, line.cost_minor), (q.WITH_COST, 1)]
        panes.move_some(source, profile, times[0], changes)
        calendar.move_some(source, profile, times[0], changes)
    line.profile = profile


def _sums(line: Lifeline, first: int, last: int) -> list[CellChange]:
    """What the transitions of one pane count."""
    begin = first + first % 2
    joins = line.times[begin:last:2]
    leaves = line.times[first + 1 - first % 2 : last : 2]
    new = 0 if first else 1
    found = ((q.NEW, new), (q.REACTIVATED, len(joins) - new), (q.CHURNED, len(leaves)))
    changes: list[CellChange] = [(quantity, n) for quantity, n in found if n]
    changes.append((q.DELTA_MS, sum(joins) - sum(leaves)))
    return changes
